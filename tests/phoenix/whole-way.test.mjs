// From the booking to the end of the session, as both apps see it.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { assertId, assertTime, openWorld } from './people.mjs'

test('a client books, an employee accepts, both talk, one ends it and the employee is idle again', async (t) => {
  const world = await openWorld(t)
  const ann = await world.employee('ann')
  const carl = await world.client('carl')
  const company = { id: 'acme', name: 'acme', colour: null, logo: null }
  assert.deepEqual(carl.joined, { company, availability: { available: true, idle: 1, topics: {} }, booking: null })

  const booking = await carl.book('billing', { note: { page: '/invoice/7' } })
  assertId(booking.id)
  assertTime(booking.created_at)
  assert.equal(booking.state, 'offering')
  assert.deepEqual(
    [booking.company_id, booking.client_id, booking.topic, booking.note, booking.reason, booking.session, booking.employee],
    ['acme', 'carl', 'billing', { page: '/invoice/7' }, null, null, null],
  )

  const offer = await ann.offer()
  assertId(offer.booking_id)
  assertTime(offer.expires_at)
  assert.ok(offer.expires_in_ms > 0 && offer.expires_in_ms <= 15_000, `expires_in_ms is ${offer.expires_in_ms}`)
  assert.deepEqual(
    [offer.booking_id, offer.client_id, offer.topic, offer.note, offer.attempt],
    [booking.id, 'carl', 'billing', { page: '/invoice/7' }, 1],
  )
  assert.equal((await ann.status('init')).cause, 'offer')

  const session = await ann.accept(offer)
  assertId(session.id)
  assertTime(session.started_at)
  assert.deepEqual(
    [session.booking_id, session.company_id, session.client_id, session.employee_id, session.topic],
    [booking.id, 'acme', 'carl', 'ann', 'billing'],
  )
  assert.deepEqual([session.ended_at, session.ended_by, session.reason], [null, null, null])
  assert.equal(await ann.outcome(offer), 'accepted')
  assert.equal((await ann.status('busy')).cause, 'session_started')

  const assigned = await carl.booking('assigned')
  assert.deepEqual(assigned.session, session)
  assert.deepEqual(assigned.employee, { id: 'ann', name: 'Ann' })
  assert.equal(assigned.offers, 1)

  const hers = await ann.session(session)
  const note = { page: '/invoice/7' }
  assert.deepEqual(hers.joined, { session, note, peer: { online: false }, messages: [], notes: null })
  const his = await carl.session(session)
  assert.equal(his.joined.peer.online, true)
  assert.deepEqual(await hers.next('peer'), { online: true })

  const sent = await his.push('message', { body: 'hello' })
  const arrived = await hers.next('message')
  assert.deepEqual(arrived, { id: sent.id, from: 'client', body: 'hello', at: sent.at })

  const ended = (await hers.push('end', { reason: 'solved' })).session
  assertTime(ended.ended_at)
  assert.deepEqual([ended.id, ended.ended_by, ended.reason], [session.id, 'employee', 'solved'])
  assert.deepEqual((await his.next('ended')).session, ended)
  const idle = await ann.status('idle')
  assert.equal(idle.cause, 'session_ended')

  const again = await carl.book('billing')
  assert.notEqual(again.id, booking.id)
  assert.equal((await ann.offer()).booking_id, again.id)
})

test('messages reach both in one order and stand in the snapshot', async (t) => {
  const world = await openWorld(t)
  const { ann, session, his, hers } = await world.meeting()
  const both = Array.from({ length: 10 }, (_, i) => [his.push('message', { body: `c${i}` }), hers.push('message', { body: `e${i}` })])
  const ids = (await Promise.all(both.flat())).map(({ id }) => id)
  assert.equal(new Set(ids).size, 20)
  for (let i = 0; i < 20; i++) await Promise.all([his.next('message'), hers.next('message')])
  assert.deepEqual(his.all('message'), hers.all('message'))
  assert.deepEqual(his.all('message').filter(({ from }) => from === 'client').map(({ body }) => body), range('c'))
  assert.deepEqual(his.all('message').filter(({ from }) => from === 'employee').map(({ body }) => body), range('e'))

  const second = await world.device('ann')
  assert.equal(second.joined.session.id, session.id)
  assert.deepEqual((await second.session(session)).joined.messages, hers.all('message'))
  assert.equal(ann.line.all('session').every((event) => event.session.id === session.id), true)
})

test('a message with the same key is kept once', async (t) => {
  const { his, hers } = await (await openWorld(t)).meeting()
  const first = await his.push('message', { body: 'once', key: 'm-1' })
  assert.deepEqual(await his.push('message', { body: 'once', key: 'm-1' }), first)
  await his.push('message', { body: 'after' })
  await hers.next('message', undefined, ({ body }) => body === 'after')
  assert.deepEqual(hers.all('message').map(({ body }) => body), ['once', 'after'])
})

test('a message without a body, or with more than 8 KiB, is invalid', async (t) => {
  const { his } = await (await openWorld(t)).meeting()
  for (const body of [undefined, '', 7, 'x'.repeat(8 * 1024 + 1)]) {
    assert.match((await his.refused('invalid', 'message', { body })).message, /body/)
  }
  await his.push('message', { body: 'x'.repeat(8 * 1024) })
})

test('a signal reaches the other party only and is not kept', async (t) => {
  const world = await openWorld(t)
  const { carl, session, his, hers } = await world.meeting()
  assert.deepEqual(await hers.next('peer'), { online: true })
  await his.push('signal', { data: { sdp: 'offer' } })
  assert.deepEqual(await hers.next('signal'), { from: 'client', data: { sdp: 'offer' } })
  await hers.push('signal', { data: { sdp: 'answer' } })
  assert.deepEqual(await his.next('signal'), { from: 'employee', data: { sdp: 'answer' } })
  assert.deepEqual([his.all('signal').length, hers.all('signal').length], [1, 1])

  carl.drop()
  assert.deepEqual(await hers.next('peer', undefined, ({ online }) => !online), { online: false })
  await carl.comeBack()
  assert.deepEqual(his.joined.messages, [])
  assert.deepEqual(await hers.next('peer', undefined, ({ online }) => online, 'online'), { online: true })
})

test('an ended session answers its ender the same again, the other with session_ended, and can still be read', async (t) => {
  const world = await openWorld(t)
  const { ann, carl, session, his, hers } = await world.meeting()
  await his.push('message', { body: 'goodbye' })
  const { session: ended } = await his.push('end')
  assert.equal(ended.ended_by, 'client')
  assert.deepEqual((await hers.next('ended')).session, ended)
  assert.deepEqual((await his.push('end')).session, ended)
  await hers.refused('session_ended', 'end')
  await his.refused('session_ended', 'message', { body: 'too late' })

  const later = await world.client('carl')
  assert.equal(later.joined.booking, null, 'the booking is over with its session')
  const { joined } = await later.session(session)
  assert.deepEqual(joined.session, ended)
  assert.deepEqual(joined.messages.map(({ body }) => body), ['goodbye'])
  await ann.status('idle')
  await carl.book('billing')
})

test('an intent set during a session counts when it ends', async (t) => {
  const { ann, his } = await (await openWorld(t)).meeting()
  assert.deepEqual(await ann.setStatus('offline'), { status: 'busy', intent: 'offline' })
  await his.push('end')
  const after = await ann.status('offline')
  assert.equal(after.intent, 'offline')
})

test('an employee stays busy for the wrap-up time', async (t) => {
  const world = await openWorld(t, { settings: { wrap_up_ms: 1000 } })
  const { ann, carl, his } = await world.meeting()
  // Sent together, because a later booking might find her idle again.
  const [{ session }] = await Promise.all([
    his.push('end'),
    carl.line.refused('no_idle_employee', 'book', { topic: 'billing' }),
  ])
  const idle = await ann.status('idle')
  const busyMs = Date.parse(idle.since) - Date.parse(session.ended_at)
  assert.ok(busyMs >= 1000, `idle again ${busyMs} ms after the end`)
})

function range(prefix) {
  return Array.from({ length: 10 }, (_, i) => `${prefix}${i}`)
}
