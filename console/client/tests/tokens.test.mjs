// Tokens: renewed when they end, given up when refused.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { token } from '../../../tests/phoenix/server.mjs'
import { line, open, refused, seen, until } from './people.mjs'

const CARL = { sub: 'carl', role: 'client', company: 'acme' }

test('an expired token is renewed, and the line is back at once', async (t) => {
  const house = await open(t, { env: { SWITCHBOARD_JWT_LEEWAY_S: '0' } })
  let asked = 0
  const give = () => token(CARL, { lifeSeconds: (asked += 1) === 1 ? 5 : 3600 })
  const carl = house.carl({ token: give })
  const page = carl.company('acme')
  await seen(page, () => page.live)
  await line(carl, 'lost')
  assert.ok(page.state, 'the state is kept')
  await line(carl, 'open')
  await seen(page, () => page.live)
  assert.equal(asked, 2)
})

test('a token is renewed before it ends', async (t) => {
  const house = await open(t)
  let asked = 0
  const carl = house.carl({ token: () => token(CARL, { lifeSeconds: (asked += 1) === 1 ? 6 : 3600 }) })
  const lines = []
  carl.onLine((state) => lines.push([state, asked]))
  await line(carl, 'open')
  await line(carl, 'lost')
  await line(carl, 'open')
  assert.deepEqual(lines.slice(-2), [['lost', 2], ['open', 2]], 'it was there before the first ended')
})

test('a token that is never taken ends as refused, and connect begins anew', async (t) => {
  const house = await open(t)
  let secret = 'another-secret-that-this-server-does-not-know'
  const bad = token(CARL, { secret })
  let asked = 0
  const carl = house.carl({ token: () => ((asked += 1), secret ? bad : token(CARL)) })
  const page = carl.company('acme')
  await line(carl, 'refused')
  assert.ok(asked === 2, `asked ${asked} times`)
  secret = undefined
  carl.connect()
  await until(page, () => true)
  assert.equal(carl.line, 'open')
})

test('a server that is away refuses no token', async (t) => {
  const house = await open(t)
  const relay = await house.relay()
  relay.cut()
  const carl = house.carl({ url: relay.socketUrl })
  const lines = []
  carl.onLine((state) => lines.push(state))
  await line(carl, 'lost')
  // After ten tries the library has made every request for a fresh token.
  await relay.called(10)
  relay.mend()
  await line(carl, 'open')
  assert.deepEqual(lines, ['lost', 'open'])
})

test('a token that cannot be had is asked for again', async (t) => {
  const house = await open(t)
  let asked = 0
  const carl = house.carl({
    token: async () => {
      asked += 1
      if (asked === 1) throw new Error('not yet')
      return token(CARL)
    },
  })
  await line(carl, 'open')
  assert.equal(asked, 2)
})

test('who hangs up is idle, and what waits ends with its patience', async (t) => {
  const house = await open(t)
  const carl = house.carl()
  const page = carl.company('acme')
  await seen(page, () => page.live)
  carl.disconnect()
  assert.deepEqual([carl.line, page.live], ['idle', false])
  assert.ok(page.state)
  carl.connect()
  await seen(page, () => page.live)
  await refused(page.book({ topic: 'tax' }), 'no_idle_employee')
})
