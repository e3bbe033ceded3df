// One spelling of names, topics and ids, wherever they enter.
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { request } from 'node:http'
import { test } from 'node:test'
import { openWorld } from './people.mjs'
import { API_KEY, SECRET, refusedUpgrade, runSwitchboard, token } from './server.mjs'

const TOPICS = ['tax', 'übung']
/** The same topics, as people write them. */
const WRITTEN = [' tax', 'u\u0308bung\u00a0', 'tax ']
/** Texts that are refused everywhere. */
const NO_WORDS = ['', '   ', '\u2003', 'a\nb', 'a\u0007']

test('by each door a topic and a name come in one spelling', async (t) => {
  const world = await openWorld(t, { env: { SWITCHBOARD_AUTO_PROVISION: 'true' } })
  const { server } = world
  await world.http('PUT', '/employees/put', { name: ' Ann ', topics: WRITTEN })
  await world.http('PUT', '/employees/patch', {})
  await world.http('PATCH', '/employees/patch', { name: ' Ann ', topics: WRITTEN })
  await imported(server, 'application/x-ndjson', JSON.stringify({ id: 'ndjson', name: ' Ann ', topics: WRITTEN }))
  await imported(server, 'text/csv', `id,name,topics\ncsv, Ann ,${WRITTEN.join('; ')}\n`)
  const claims = { role: 'employee', company: 'acme', name: ' Ann ', topics: WRITTEN }
  await world.person('claims', claims).on('employee:acme:claims').join()
  const args = ['token', '--role', 'employee', '--sub', 'command', '--company', 'acme', '--name', ' Ann ', '--topics', 'tax, u\u0308bung']
  const run = runSwitchboard(args, { SWITCHBOARD_JWT_SECRET: SECRET })
  assert.deepEqual(await run.exited, { code: 0, signal: null }, run.stderr)
  const raw = await world.raw(run.stdout.trim())
  assert.equal((await raw.ask(['1', '1', 'employee:acme:command', 'phx_join', {}]))[4].status, 'ok')
  for (const id of ['put', 'patch', 'ndjson', 'csv', 'claims', 'command']) {
    const { name, topics } = await world.http('GET', `/employees/${id}`)
    assert.deepEqual([id, name, topics], [id, 'Ann', TOPICS])
  }
  assert.equal((await world.http('PATCH', '', { name: ' Acme\u00a0' })).name, 'Acme')
  const listed = await world.http('GET', `/employees?topic=${encodeURIComponent(' u\u0308bung ')}`)
  assert.equal(listed.items.length, 6)
  await world.http('POST', '/employees/put/status', { status: 'idle' })
  const put = await world.device('put')
  const line = await world.http('GET', '/availability?topic=%20tax%20')
  assert.deepEqual([line.idle, line.items[0].id], [1, 'put'])
  const carl = await world.client('carl')
  const booking = await carl.book(' u\u0308bung ')
  assert.equal(booking.topic, 'übung')
  assert.equal((await put.offer()).topic, 'übung')
})

test('what nobody could read is no name and no topic', async (t) => {
  const world = await openWorld(t, { env: { SWITCHBOARD_AUTO_PROVISION: 'true' } })
  const { server } = world
  await world.employee('ann')
  const carl = await world.client('carl')
  const acme = '/v1/companies/acme'
  for (const text of NO_WORDS) {
    await server.refused(422, 'invalid', 'PUT', `${acme}/employees/bob`, { name: text })
    await server.refused(422, 'invalid', 'PUT', `${acme}/employees/bob`, { topics: ['tax', text] })
    await server.refused(422, 'invalid', 'PATCH', `${acme}/employees/ann`, { topics: [text] })
    await server.refused(422, 'invalid', 'PUT', acme, { name: text })
    await server.refused(422, 'invalid', 'GET', `${acme}/employees?topic=${encodeURIComponent(text)}`)
    await server.refused(422, 'invalid', 'GET', `${acme}/availability?topic=${encodeURIComponent(text)}`)
    await carl.line.refused('invalid', 'book', { topic: text })
    const bearer = token({ sub: 'bob', role: 'employee', company: 'acme', topics: [text] })
    assert.equal(await refusedUpgrade(server, bearer), 401, JSON.stringify(text))
  }
})

test('a misspelt topic is told from one for which nobody is idle', async (t) => {
  const world = await openWorld(t)
  const ann = await world.employee('ann', { topics: ['tax'] })
  const carl = await world.client('carl')
  const refused = async (topic) => {
    const { known_topic: known, message } = await carl.line.refused('no_idle_employee', 'book', { topic })
    return [known, /no employee of this company can take this topic/.test(message)]
  }
  assert.deepEqual(await refused('taks'), [false, true])
  await ann.setStatus('offline')
  assert.deepEqual(await refused('tax'), [undefined, false])
  const any = await world.employee('any', { idle: false })
  const { message } = await carl.line.refused('no_idle_employee', 'book', { topic: 'taks' })
  assert.match(message, /none who takes any topic is idle/)
  await any.setStatus('idle')
  assert.equal((await carl.book('taks')).topic, 'taks')
})

test('an id of dots is refused at each door', async (t) => {
  const world = await openWorld(t, { env: { SWITCHBOARD_SIGN_IN_URL: 'https://app.example/sign-in' } })
  const { server } = world
  const carl = await world.client('carl')
  for (const dots of ['.', '..', '...']) {
    assert.equal(await asked(server, 'PUT', `/v1/companies/${dots}`), 422, dots)
    assert.equal(await asked(server, 'PUT', `/v1/companies/acme/employees/${dots}`), 422, dots)
    assert.equal(await asked(server, 'GET', `/sign-in?to=/book/${dots}`), 422, dots)
    assert.equal(await refusedUpgrade(server, token({ sub: dots, role: 'client', company: 'acme' })), 401)
    assert.equal(await refusedUpgrade(server, token({ sub: 'ann', role: 'employee', company: dots })), 401)
    assert.equal((await carl.on(`company:${dots}`).refusedJoin()).reason, 'unknown_topic')
    await assert.rejects(imported(server, 'application/x-ndjson', JSON.stringify({ id: dots })), /dots alone/)
  }
})

test('a session is joined by its id in capitals too, and tells what happens under that name', async (t) => {
  const world = await openWorld(t)
  const { carl, session } = await world.meeting()
  const room = carl.on(`session:${session.id.toUpperCase()}`)
  assert.equal((await room.join()).session.id, session.id)
  await room.push('message', { body: 'hello' })
  assert.equal((await room.next('message')).body, 'hello')
  assert.equal((await carl.line.refused('booking_closed', 'cancel', { booking_id: session.booking_id.toUpperCase() })).booking.id, session.booking_id)
})

async function imported(server, type, text) {
  const answer = await fetch(`${server.url}/v1/companies/acme/employees/import`, {
    method: 'POST', headers: { authorization: `Bearer ${API_KEY}`, 'content-type': type }, body: text,
  })
  assert.equal(answer.status, 200, await answer.text())
}

/** The status of an answer to a path sent as given, because `fetch` normalizes a path with dots. */
async function asked(server, method, path) {
  const sent = request(server.url, { method, path, headers: { authorization: `Bearer ${API_KEY}`, 'content-type': 'application/json' } })
  sent.end(method === 'PUT' ? '{}' : undefined)
  const [answer] = await once(sent, 'response')
  answer.resume()
  return answer.statusCode
}
