// Which employee is asked, in which order, and every way in which an offer ends.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { LONG_ENOUGH_MS, openWorld } from './people.mjs'

test('a rejected offer goes to the next employee at once', async (t) => {
  const world = await openWorld(t)
  const [ann, bob] = [await world.employee('ann'), await world.employee('bob')]
  const carl = await world.client('carl')
  const booking = await carl.book()
  const first = await ann.offer()
  assert.deepEqual(await ann.reject(first, 'at lunch'), { status: 'idle' })
  assert.equal(await ann.outcome(first), 'rejected')
  const second = await bob.offer()
  assert.deepEqual([second.booking_id, second.attempt], [booking.id, 2])
  await bob.accept(second)

  const assigned = await carl.booking('assigned')
  assert.deepEqual([assigned.employee.id, assigned.offers], ['bob', 2])
  const { offers } = await world.booking(booking.id)
  assert.deepEqual(
    offers.map((offer) => [offer.id, offer.attempt, offer.employee_id, offer.outcome, offer.reason]),
    [[first.id, 1, 'ann', 'rejected', 'at lunch'], [second.id, 2, 'bob', 'accepted', null]],
  )
  for (const offer of offers) assert.ok(offer.made_at <= offer.closed_at, JSON.stringify(offer))
})

test('the employee who has been idle longest is asked first', async (t) => {
  const world = await openWorld(t)
  const people = []
  for (const id of ['zoe', 'ann', 'mia']) people.push(await world.employee(id))
  for (const [i, employee] of people.entries()) {
    const client = await world.client(`client-${i}`)
    const booking = await client.book()
    assert.equal((await employee.offer()).booking_id, booking.id, `booking ${i} goes to ${employee.id}`)
  }
})

test('setting idle again while idle does not lose the place in the line', async (t) => {
  const world = await openWorld(t)
  const [zoe, ann] = [await world.employee('zoe'), await world.employee('ann')]
  await zoe.setStatus('idle')
  const booking = await (await world.client('carl')).book()
  assert.equal((await zoe.offer()).booking_id, booking.id)
  assert.equal(ann.line.all('offer').length, 0)
})

test('only an employee who can take the topic is asked; who names no topics takes any', async (t) => {
  const world = await openWorld(t)
  const billing = await world.employee('bill', { topics: ['billing'] })
  const tax = await world.employee('tom', { topics: ['tax', 'law'] })
  const [carl, dora, emil] = [await world.client('carl'), await world.client('dora'), await world.client('emil')]
  const taxBooking = await carl.book('tax')
  assert.equal((await tax.offer()).booking_id, taxBooking.id)
  await dora.line.refused('no_idle_employee', 'book', { topic: 'gardening' })
  await dora.line.refused('no_idle_employee', 'book', { topic: 'law' })

  const any = await world.employee('amy')
  const gardening = await dora.book('gardening')
  assert.equal((await any.offer()).booking_id, gardening.id)
  const bills = await emil.book('billing')
  assert.equal((await billing.offer()).booking_id, bills.id)
})

test('a booking that everyone declined ends unanswered, and asks nobody twice', async (t) => {
  const world = await openWorld(t)
  const [ann, bob] = [await world.employee('ann'), await world.employee('bob')]
  const carl = await world.client('carl')
  await carl.book()
  for (const employee of [ann, bob]) await employee.reject(await employee.offer())
  const over = await carl.booking('unanswered')
  assert.deepEqual([over.reason, over.offers, over.session], ['everyone_declined', 2, null])
  assert.deepEqual([ann, bob].map((one) => one.line.all('offer').length), [1, 1])
  const next = await carl.book()
  assert.equal((await ann.offer()).booking_id, next.id)
})

test('an unanswered offer times out and the next employee is asked', async (t) => {
  const world = await openWorld(t, { settings: { offer_timeout_ms: 300 } })
  const [ann, bob] = [await world.employee('ann'), await world.employee('bob')]
  const carl = await world.client('carl')
  const booking = await carl.book()
  const first = await ann.offer()
  assert.equal(await ann.outcome(first), 'timed_out')
  const second = await bob.offer()
  assert.deepEqual([second.booking_id, second.attempt], [booking.id, 2])
})

test('a late accept is offer_closed with the outcome', async (t) => {
  const world = await openWorld(t, { settings: { offer_timeout_ms: 300 } })
  const ann = await world.employee('ann')
  const carl = await world.client('carl')
  await carl.book()
  const offer = await ann.offer()
  assert.equal(await ann.outcome(offer), 'timed_out')
  for (const push of ['accept', 'reject']) {
    const error = await ann.line.refused('offer_closed', push, { offer_id: offer.id })
    assert.equal(error.outcome, 'timed_out')
  }
  const over = await carl.booking('unanswered')
  assert.equal(over.reason, 'nobody_left')
})

test('who misses max_missed offers in a row is set offline with the cause missed', async (t) => {
  const world = await openWorld(t, { settings: { offer_timeout_ms: 300, max_missed: 2 } })
  const ann = await world.employee('ann')
  const carl = await world.client('carl')
  await carl.book()
  assert.equal(await ann.outcome(await ann.offer()), 'timed_out')
  await carl.booking('unanswered')
  await carl.book()
  assert.equal(await ann.outcome(await ann.offer()), 'timed_out')
  const status = await ann.status('offline')
  assert.deepEqual([status.intent, status.cause], ['offline', 'missed'])
  await carl.booking('unanswered')
  await carl.line.refused('no_idle_employee', 'book', { topic: 'billing' })
})

test('a declined offer in between starts the count of missed offers anew', async (t) => {
  const world = await openWorld(t, { settings: { offer_timeout_ms: LONG_ENOUGH_MS, max_missed: 2 } })
  const ann = await world.employee('ann')
  const carl = await world.client('carl')
  for (const answer of ['none', 'reject', 'none']) {
    await carl.book()
    const offer = await ann.offer()
    if (answer === 'reject') await ann.reject(offer)
    else assert.equal(await ann.outcome(offer), 'timed_out')
    await carl.booking('unanswered')
  }
  const booking = await carl.book()
  assert.equal((await ann.offer()).booking_id, booking.id)
})

test('a device that stops reading gets no offer: undelivered, and the next employee is asked', async (t) => {
  const world = await openWorld(t, { settings: { delivery_timeout_ms: 300 } })
  await world.http('PUT', '/employees/ann', { name: 'Ann', topics: [] })
  const ann = await world.rawDevice('ann')
  await ann.ask(['1', 'idle', 'employee:acme:ann', 'set_status', { status: 'idle' }])
  const bob = await world.employee('bob')
  const carl = await world.client('carl')
  ann.stopReading()
  const booking = await carl.book()
  const second = await bob.offer()
  assert.deepEqual([second.booking_id, second.attempt], [booking.id, 2])
  const { offers } = await world.booking(booking.id)
  assert.deepEqual([offers[0].employee_id, offers[0].outcome, offers[0].delivered_at], ['ann', 'undelivered', null])

  ann.readAgain()
  const [, , , , { offer }] = await ann.next('offer')
  const [, , , , closed] = await ann.next('offer_closed')
  assert.deepEqual(closed, { offer_id: offer.id, outcome: 'undelivered' })
  await bob.accept(second)
  const accepted = (await world.booking(booking.id)).offers[1]
  assert.ok(accepted.delivered_at >= accepted.made_at, JSON.stringify(accepted))
})

test('a delivered offer is not taken away by the delivery time-out', async (t) => {
  const settings = { delivery_timeout_ms: LONG_ENOUGH_MS, offer_timeout_ms: 1.5 * LONG_ENOUGH_MS }
  const world = await openWorld(t, { settings })
  const ann = await world.employee('ann')
  const carl = await world.client('carl')
  await carl.book()
  assert.equal(await ann.outcome(await ann.offer()), 'timed_out')
})

test('going offline during an offer declines it', async (t) => {
  const world = await openWorld(t)
  const [ann, bob] = [await world.employee('ann'), await world.employee('bob')]
  const carl = await world.client('carl')
  await carl.book()
  const offer = await ann.offer()
  assert.deepEqual(await ann.setStatus('offline'), { status: 'offline', intent: 'offline' })
  assert.equal(await ann.outcome(offer), 'went_offline')
  await bob.setStatus('offline')
  assert.equal(await bob.outcome(await bob.offer()), 'went_offline')
  assert.equal((await carl.booking('unanswered')).reason, 'everyone_declined')
})

test('a cancel during an offer takes it back and the employee is idle', async (t) => {
  const world = await openWorld(t)
  const ann = await world.employee('ann')
  const carl = await world.client('carl')
  const booking = await carl.book()
  const offer = await ann.offer()
  await ann.status('init')
  const cancelled = await carl.cancel(booking)
  assert.deepEqual([cancelled.id, cancelled.state, cancelled.reason], [booking.id, 'cancelled', 'client_cancelled'])
  assert.deepEqual(await carl.booking('cancelled'), cancelled)
  assert.equal(await ann.outcome(offer), 'client_cancelled')
  await ann.status('idle')
  const error = await ann.line.refused('offer_closed', 'accept', { offer_id: offer.id })
  assert.equal(error.outcome, 'client_cancelled')
})

test('a booking whose deadline passes is expired, whoever is being asked', async (t) => {
  const settings = { offer_timeout_ms: LONG_ENOUGH_MS, booking_deadline_ms: 1.5 * LONG_ENOUGH_MS }
  const world = await openWorld(t, { settings })
  const [ann, bob] = [await world.employee('ann'), await world.employee('bob')]
  const carl = await world.client('carl')
  await carl.book()
  assert.equal(await ann.outcome(await ann.offer()), 'timed_out')
  assert.equal(await bob.outcome(await bob.offer()), 'booking_expired')
  assert.equal((await carl.booking('expired')).reason, 'deadline')
  assert.equal((await bob.status('idle')).cause, 'missed')
})

test('who lets an offer pass with the whole search has missed it, as the last one asked too', async (t) => {
  const settings = { offer_timeout_ms: 300, booking_deadline_ms: 300, max_missed: 1 }
  const world = await openWorld(t, { settings })
  const ann = await world.employee('ann')
  const carl = await world.client('carl')
  await carl.book()
  assert.equal(await ann.outcome(await ann.offer()), 'booking_expired')
  const status = await ann.status('offline')
  assert.deepEqual([status.intent, status.cause], ['offline', 'missed'])
})

test('two devices of one employee both see the offer and its end, and either may answer', async (t) => {
  const world = await openWorld(t)
  const phone = await world.employee('ann')
  const desk = await world.device('ann')
  assert.equal(desk.joined.status, 'idle')
  const carl = await world.client('carl')
  await carl.book()
  const offer = await phone.offer()
  assert.equal((await desk.offer()).id, offer.id)
  const session = await phone.accept(offer)
  assert.equal(await phone.outcome(offer), 'accepted')
  assert.equal(await desk.outcome(offer), 'accepted')
  assert.equal((await desk.line.next('session')).session.id, session.id)
  assert.deepEqual(await desk.accept(offer), session, 'the same person again: the same answer')
  const error = await desk.line.refused('offer_closed', 'reject', { offer_id: offer.id })
  assert.equal(error.outcome, 'accepted')
})

test('a device that joins during an offer finds it in its snapshot', async (t) => {
  const world = await openWorld(t)
  const phone = await world.employee('ann')
  await (await world.client('carl')).book()
  const offer = await phone.offer()
  const { joined } = await world.device('ann')
  assert.equal(joined.offer.id, offer.id)
  assert.deepEqual([joined.status, joined.intent, joined.session], ['init', 'idle', null])
})

test('a reject, repeated, gives the same answer again', async (t) => {
  const world = await openWorld(t)
  const ann = await world.employee('ann')
  const carl = await world.client('carl')
  await carl.book()
  const offer = await ann.offer()
  const answer = await ann.reject(offer)
  await carl.booking('unanswered')
  assert.deepEqual(await ann.reject(offer), answer)
})

test('an offer that never was is unknown_offer', async (t) => {
  const ann = await (await openWorld(t)).employee('ann')
  const offer_id = '01890000-0000-7000-8000-000000000000'
  for (const push of ['accept', 'reject']) await ann.line.refused('unknown_offer', push, { offer_id })
})
