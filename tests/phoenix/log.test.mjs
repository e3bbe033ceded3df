// The log tells how every booking ended, and nothing about its people or their messages.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { openWorld } from './people.mjs'
import { API_KEY, SECRET, refusedUpgrade, runSwitchboard, token } from './server.mjs'

test('each booking and session has a line with its end, and nobody is named in it', async (t) => {
  // The most that our own code can log.
  const env = { SWITCHBOARD_LOG: 'info,switchboard=trace', SWITCHBOARD_LOG_FORMAT: 'json' }
  const world = await openWorld(t, { env })
  const people = { client: 'carl-personal-id', employee: 'ann-personal-id' }
  const { ann, carl, booking, session, hers, his } = await world.meeting({ ...people, topic: 'topic-of-a-patient' })
  await his.push('message', { body: 'words-that-were-said' })
  await hers.push('end', { reason: 'words-about-the-end' })
  await ann.status('idle')
  await carl.booking('assigned')
  const second = await carl.book('topic-of-a-patient', { note: 'words-in-the-note' })
  await ann.reject(await ann.offer(), 'words-with-the-no')
  await carl.booking('unanswered')
  assert.equal(await refusedUpgrade(world.server, 'a-bad-token'), 401)
  await world.server.stop()

  const lines = world.server.log.trim().split('\n').map((line) => JSON.parse(line))
  const about = (id, message) => lines.find((line) => line.booking === id && line.message === message)
  const found = about(booking.id, 'a booking found an employee')
  assert.deepEqual([found.level, found.company, found.session, found.offers], ['DEBUG', 'acme', session.id, 1])
  assert.ok(found.searched_ms >= 0)
  assert.equal(about(booking.id, 'a session ended').by, 'employee')
  const ended = about(second.id, 'a booking found no employee')
  assert.deepEqual([ended.reason, ended.offers], ['everyone_declined', 1])

  const secrets = [SECRET, API_KEY, 'a-bad-token', 'eyJ', 'personal-id', 'words-', 'topic-of-a-patient', 'Ann']
  for (const secret of secrets) assert.ok(!world.server.log.includes(secret), `the log holds ${secret}`)
})

test('the log tells of the start, of each refusal and of how much went on, every line in one form', async (t) => {
  const world = await openWorld(t, { env: { SWITCHBOARD_LOG_FORMAT: 'json', SWITCHBOARD_URL: 'ws://elsewhere' } })
  const { server } = world
  const carl = 'carl-personal-id'
  const expired = token({ sub: carl, role: 'client', company: 'acme' }, { lifeSeconds: -60 })
  assert.equal(await refusedUpgrade(server, expired), 401)
  assert.equal(await refusedUpgrade(server, undefined), 401)
  await server.refused(404, 'unknown_employee', 'GET', `/v1/companies/acme/employees/${carl}`)
  await server.refused(401, 'unauthorized', 'GET', '/v1/companies', undefined, { key: 'a-key-of-nobody' })
  const { hers } = await world.meeting({ client: carl, employee: 'ann-personal-id', topic: 'topic-of-a-patient' })
  await hers.push('end', { reason: 'words-about-the-end' })
  await server.stop()

  for (const line of server.run.stdout.trim().split('\n')) JSON.parse(line)
  const lines = server.log.trim().split('\n').map((line) => JSON.parse(line))
  const [first] = lines
  assert.deepEqual([first.level, first.message], ['INFO', 'switchboard starts'])
  assert.match(first.version, /^\d+\.\d+\.\d+/)
  assert.ok(first.data === server.data && first.settings.includes('SWITCHBOARD_JWT_SECRET'), first)
  // Clients that reconnect while the server stops are refused too.
  const of = (message) => lines.filter((line) => line.message === message && line.reason !== 'draining')
  const [serves] = of('switchboard serves')
  assert.deepEqual([serves.url, serves.tls, serves.api_keys, serves.token_keys], [server.url, false, 1, 'jwt_secret'])
  assert.ok(lines.some(({ level, message }) => level === 'WARN' && message.includes('SWITCHBOARD_URL')))
  assert.deepEqual(
    of('a socket was refused').map(({ level, status, reason, why }) => [level, status, reason, why]),
    [
      ['INFO', 401, 'unauthorized', 'the token has expired (`exp`)'],
      ['INFO', 401, 'unauthorized', 'a token is required: `token=` or `authToken`'],
    ],
  )
  assert.deepEqual(
    of('a request was refused').map(({ method, route, status, reason }) => [method, route, status, reason]),
    [
      ['GET', '/v1/companies/{company}/employees/{employee}', 404, 'unknown_employee'],
      ['GET', '/v1/companies', 401, 'unauthorized'],
    ],
  )
  const [wentOn] = of('what went on since the last such line')
  assert.deepEqual([wentOn.level, wentOn.assigned, wentOn.without, wentOn.sessions_ended], ['INFO', 1, 0, 1])
  assert.ok(!lines.some(({ booking }) => booking), 'no line for each booking at `info`')
  for (const secret of [SECRET, API_KEY, 'eyJ', 'personal-id', 'words-', 'topic-of-a-patient', 'a-key-of-nobody', '127.0.0.1 ']) {
    assert.ok(!server.log.includes(secret), `the log holds ${secret}`)
  }
})

test('why a server could not start is said in the form of the log', async (t) => {
  const { server } = await openWorld(t)
  const settings = { SWITCHBOARD_JWT_SECRET: SECRET, SWITCHBOARD_API_KEY: API_KEY }
  for (const [form, line] of [
    ['json', (said) => JSON.parse(said)],
    ['text', (said) => ({ level: /^\S+Z (\w+) switchboard: /.exec(said)?.[1], message: said })],
  ]) {
    const second = runSwitchboard(['serve', '--data', server.data, '--log-format', form], settings)
    assert.deepEqual(await second.exited, { code: 1, signal: null })
    const { level, message } = line(second.stderr.trim().split('\n').at(-1))
    assert.equal(level, 'ERROR', second.stderr)
    assert.match(message, /another switchboard is running on the data directory/)
  }
  const bad = runSwitchboard(['serve', '--max-sockets', '0', '--log-format', 'json'], settings)
  assert.deepEqual(await bad.exited, { code: 2, signal: null })
  assert.match(JSON.parse(bad.stderr).message, /`max_sockets` \(flag/)
})
