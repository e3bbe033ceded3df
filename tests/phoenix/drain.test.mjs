// How the server stops, and its messages when it cannot start.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { PATIENCE_MS, within } from './inbox.mjs'
import { employeeToken, openWorld } from './people.mjs'
import { API_KEY, runSwitchboard, SECRET, token } from './server.mjs'

test('on SIGTERM every socket is closed with 1012, no new one is let in, and the exit code is 0', async (t) => {
  const world = await openWorld(t)
  const { server } = world
  const sockets = []
  for (let i = 0; i < 20; i++) {
    const raw = await world.raw(token({ sub: `client-${i}`, role: 'client', company: 'acme' }))
    await raw.ask(['1', '1', 'company:acme', 'phx_join', {}])
    sockets.push(raw)
  }
  server.signal('SIGTERM')
  await Promise.race(sockets.map((raw) => raw.closed(10_000)))
  const readyz = await server.http('GET', '/readyz').then(({ status }) => status, () => 'refused')
  assert.ok(readyz === 503 || readyz === 'refused', `/readyz is ${readyz} while draining`)
  assert.deepEqual(await server.exit(), { code: 0, signal: null })
  await within(PATIENCE_MS, () => `sockets still open: ${sockets.filter((raw) => !raw.close).length}`, (resolve) => {
    for (const raw of sockets) raw.ws.on('close', () => sockets.every((one) => one.close) && resolve())
    if (sockets.every((raw) => raw.close)) resolve()
  })
  assert.deepEqual([...new Set(sockets.map((raw) => raw.close.code))], [1012])
})

test('a stop in the middle of a session ends nothing: after the start it goes on', async (t) => {
  const world = await openWorld(t)
  const { ann, carl, session, his, hers } = await world.meeting()
  const sent = await his.push('message', { body: 'before' })
  world.server.signal('SIGTERM')
  assert.deepEqual(await world.server.exit(), { code: 0, signal: null })
  await world.server.restart()
  await Promise.all([ann.rejoined(), carl.rejoined()])
  assert.deepEqual([his.joined.session, his.joined.messages.map(({ id }) => id)], [session, [sent.id]])
  await hers.push('message', { body: 'after' })
  await his.next('message', undefined, ({ body }) => body === 'after')
})

test('a second SIGTERM does not turn a clean stop into a failure', async (t) => {
  const world = await openWorld(t)
  const raw = await world.raw(employeeToken('ann', 'acme'))
  world.server.signal('SIGTERM')
  await raw.closed(10_000)
  world.server.signal('SIGTERM')
  assert.equal((await world.server.exit()).code, 0)
})

test('without a secret or with a bad setting it exits with 2 and names what is wrong', async (t) => {
  const { server } = await openWorld(t)
  const listen = ['serve', '--listen', '127.0.0.1:0', '--data', `${server.data}/other`]
  const both = { SWITCHBOARD_JWT_SECRET: SECRET, SWITCHBOARD_API_KEY: API_KEY }
  const cases = [
    [listen, { SWITCHBOARD_API_KEY: API_KEY }, 'SWITCHBOARD_JWT_SECRET'],
    [listen, { SWITCHBOARD_JWT_SECRET: SECRET }, 'SWITCHBOARD_API_KEY'],
    [listen, { ...both, SWITCHBOARD_AUTO_PROVISION: 'perhaps' }, 'SWITCHBOARD_AUTO_PROVISION'],
    [['serve', '--listen', 'nowhere', '--data', `${server.data}/other`], both, 'listen'],
    [['serve', '--dev', '--listen', '0.0.0.0:0', '--data', `${server.data}/other`], both, 'listen'],
  ]
  for (const [args, settings, named] of cases) {
    const run = runSwitchboard(args, settings)
    const said = () => `it did not exit; ${named} is wrong; stderr: ${run.stderr}`
    const exit = await within(PATIENCE_MS, said, (resolve) => {
      run.exited.then(resolve)
      return () => run.child.kill('SIGKILL')
    })
    assert.deepEqual([exit.code, run.stderr.includes(named)], [2, true], `${named}: ${run.stderr}`)
    assert.ok(!run.stderr.includes(SECRET) && !run.stderr.includes(API_KEY), 'no secret is printed')
  }
})
