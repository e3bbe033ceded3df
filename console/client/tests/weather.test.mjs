// Bad connections and a killed server: each request happens once, and every state recovers.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { PATIENCE_MS } from '../../../tests/phoenix/inbox.mjs'
import { bodies, line, open, refused, seen, until } from './people.mjs'

test('messages that are written while the line is cut arrive once and in order when it heals', async (t) => {
  const house = await open(t)
  const relay = await house.relay()
  const { carl, his, hers } = await house.meeting({ carl: { url: relay.socketUrl } })
  his.send('before')
  await until(his, (state) => bodies(state).length === 1)
  relay.cut()
  await line(carl, 'lost')
  assert.equal(his.live, false)
  for (const body of ['one', 'two', 'three']) his.send(body)
  assert.deepEqual(his.state.outgoing.map(({ body }) => body), ['one', 'two', 'three'])
  hers.send('hers')
  await until(hers, (state) => bodies(state).length === 2)
  relay.mend()
  await until(hers, (state) => bodies(state).length === 5)
  await until(his, (state) => bodies(state).length === 5 && state.outgoing.length === 0)
  assert.deepEqual(bodies(his.state), ['before', 'hers', 'one', 'two', 'three'])
  assert.deepEqual(his.state.messages, hers.state.messages)
})

test('a message whose reply was lost is there once', async (t) => {
  const house = await open(t)
  const relay = await house.relay()
  const { his, hers } = await house.meeting({ carl: { url: relay.socketUrl } })
  const lost = relay.loseReplies()
  his.send('one')
  his.send('two')
  await until(hers, (state) => bodies(state).length === 1)
  await lost
  relay.mend()
  await until(hers, (state) => bodies(state).length === 2)
  await until(his, ({ outgoing }) => outgoing.length === 0)
  hers.send('last')
  for (const side of [his, hers]) await until(side, (state) => bodies(state).includes('last'))
  assert.deepEqual(bodies(his.state), ['one', 'two', 'last'])
  assert.deepEqual(his.state.messages, hers.state.messages)
})

test('a booking whose reply was lost is one booking', async (t) => {
  const house = await open(t)
  const relay = await house.relay()
  const desk = await house.idleDesk()
  const page = house.carl({ url: relay.socketUrl }).company('acme')
  await until(page, ({ availability }) => availability.available)
  const lost = relay.loseReplies()
  const asked = page.book({ topic: 'tax' })
  const { offer } = await until(desk, ({ offer }) => offer)
  await lost
  relay.mend()
  assert.equal((await asked).id, offer.booking_id)
  const { items } = await house.server.ask('GET', '/v1/companies/acme/bookings')
  assert.equal(items.length, 1)
})

test('a booking that ended while the line was lost says how', async (t) => {
  const house = await open(t)
  const relay = await house.relay()
  const desk = await house.idleDesk()
  const carl = house.carl({ url: relay.socketUrl })
  const page = carl.company('acme')
  const booked = await page.book({ topic: 'tax' })
  const { offer } = await until(desk, ({ offer }) => offer)
  relay.cut()
  await line(carl, 'lost')
  await desk.reject(offer.id)
  relay.mend()
  const { booking } = await until(page, ({ booking }) => booking?.state !== 'offering')
  assert.deepEqual([booking.id, booking.state, booking.reason], [booked.id, 'unanswered', 'everyone_declined'])
  relay.cut()
  await line(carl, 'lost')
  relay.mend()
  await seen(page, () => page.live)
  assert.deepEqual(page.state.booking, booking, 'it stays over another lost line')
})

test('everybody comes back to a server that was killed', async (t) => {
  const house = await open(t)
  const { carl, ann, desk, page, his, hers } = await house.meeting()
  const board = house.boss().board('acme')
  await until(board, ({ sessions }) => sessions.size === 1)
  his.send('before')
  await until(hers, (state) => bodies(state).length === 1)
  await house.server.kill()
  await Promise.all([line(carl, 'lost'), line(ann, 'lost')])
  his.send('while it was away')
  await house.server.restart()
  // The connection is still lost: the request is sent on its return, if that is within the patience.
  const status = desk.setStatus('offline')
  await Promise.all([his, hers].map((side) => until(side, (state) => bodies(state).length === 2)).concat(status))
  assert.deepEqual(await status, { status: 'busy', intent: 'offline' })
  for (const topic of [desk, page, his, hers, board]) await seen(topic, () => topic.live)
  assert.deepEqual(bodies(his.state), ['before', 'while it was away'])
  assert.equal(board.state.sessions.size, 1)
})

test('a silent line is noticed by who asks for something, and the answer comes on the next one', async (t) => {
  const house = await open(t)
  const relay = await house.relay()
  const desk = await house.idleDesk({ url: relay.socketUrl })
  relay.silence()
  const lost = line(house.people[0], 'lost').then(() => relay.mend())
  assert.equal((await desk.setStatus('offline')).intent, 'offline')
  await lost
})

test('a request that gets no answer is refused when its patience is over', async (t) => {
  const house = await open(t)
  const relay = await house.relay()
  const desk = await house.idleDesk({ url: relay.socketUrl })
  relay.cut()
  const startedAt = performance.now()
  await refused(desk.setStatus('offline'), 'no_answer')
  const waitedMs = performance.now() - startedAt
  assert.ok(waitedMs > 14_000 && waitedMs < 25_000, `after ${waitedMs} ms`)
})

test('a rejoin adds the messages that were missed to those that are there', async (t) => {
  const house = await open(t)
  const relay = await house.relay()
  const { carl, his, hers } = await house.meeting({ carl: { url: relay.socketUrl } })
  for (let n = 0; n < 120; n += 1) hers.send(`early ${n}`)
  // One at a time: each message waits for the answer to the one before.
  await until(his, ({ messages }) => messages.length === 120, 4 * PATIENCE_MS)
  relay.cut()
  await line(carl, 'lost')
  for (let n = 0; n < 30; n += 1) hers.send(`late ${n}`)
  await until(hers, ({ messages }) => messages.length === 150)
  relay.mend()
  await until(his, ({ messages }) => messages.length === 150)
  assert.deepEqual(his.state.messages, hers.state.messages)
})
