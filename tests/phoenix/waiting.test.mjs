// The line: waiting, places, priority, wanted employees; and room for several sessions, with channels.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { assertTime, LONG_ENOUGH_MS, openWorld } from './people.mjs'
import { token } from './server.mjs'

/** A time that no test waits for. */
const LATER_MS = 3_600_000
/** Places are told anew at most this often, and a place that was told a moment ago one time later. */
const PLACES_EVERY_MS = 5_000
const TWO_WALKS_MS = 3 * PLACES_EVERY_MS
const LINE = { routes: [{ steps: [{}], wait: { max_ms: LATER_MS } }] }

/** A world whose company has this routing, with Ann in a session with Carl. */
async function busy(t, routing = LINE, { ann: more = {}, ...options } = {}) {
  const world = await openWorld(t, options)
  await world.http('PUT', '/routing', routing)
  const ann = await world.employee('ann', more)
  const carl = await world.client('carl')
  await carl.book()
  const session = await ann.accept(await ann.offer())
  await ann.status('busy')
  return { world, ann, carl, session, end: async () => (await carl.session(session)).push('end') }
}

const ended = (session) => session.ended_at !== null

test('who finds nobody idle waits, and is served in the order in which they came', async (t) => {
  const { world, ann, end } = await busy(t)
  const [dora, emil] = [await world.client('dora'), await world.client('emil')]
  const first = await dora.book()
  const { since, until, ...line } = first.waiting
  assert.deepEqual(line, { place: 1, estimate: null, on_duty: 1, step: 1 })
  assert.ok(Date.parse(until) - Date.parse(since) > LATER_MS - LONG_ENOUGH_MS, JSON.stringify(first.waiting))
  assert.deepEqual([first.state, first.reason, first.offers], ['waiting', null, 0])
  const second = await emil.book()
  assert.equal(second.waiting.place, 2)
  for (const field of ['priority', 'channel', 'wanted', 'waited_ms', 'told']) assert.equal(field in second, false, field)

  await end()
  const offer = await ann.offer()
  assert.deepEqual([offer.booking_id, 'wanted' in offer, 'channel' in offer], [first.id, false, false])
  assert.ok(offer.waited_ms >= 0, JSON.stringify(offer))
  assert.equal('waiting' in (await dora.booking('offering')), false)
  const session = await ann.accept(offer)
  const assigned = await world.booking(first.id)
  assert.deepEqual([assigned.state, assigned.told, 'waiting' in assigned], ['assigned', { place: 1, estimate: null }, false])
  assert.ok(assigned.waited_ms >= 0)
  await (await dora.session(session)).push('end')
  assert.equal((await ann.offer()).booking_id, second.id)
})

test('a new place is told within a few seconds, and to nobody whose place is the same', async (t) => {
  const { world } = await busy(t)
  const people = []
  for (const id of ['dora', 'emil', 'fred']) people.push(await world.client(id))
  const [dora, emil, fred] = people
  for (const one of people) one.booked = await one.book()
  await emil.cancel(emil.booked)
  assert.equal((await emil.booking('cancelled')).reason, 'client_cancelled')
  const moved = ({ booking }) => booking.waiting?.place === 2
  assert.equal((await fred.line.next('booking', TWO_WALKS_MS, moved)).booking.id, fred.booked.id)
  const places = dora.line.all('booking').map(({ booking }) => booking.waiting.place)
  assert.deepEqual([...new Set(places)], [1])
  assert.ok(places.length <= 1, 'only with the booking itself')
})

test('a wait is estimated once enough sessions and waits were seen', async (t) => {
  const { world, ann, carl, session: first } = await busy(t)
  let [there, next, session] = [carl, await world.client('dora'), first]
  let waiting
  for (let round = 0; round < 12; round += 1) {
    ;({ waiting } = await next.book())
    const talk = await there.session(session)
    await talk.push('end')
    talk.channel.leave()
    session = await ann.accept(await ann.offer())
    ;[there, next] = [next, there]
    await next.line.next('booking', undefined, ({ booking }) => booking.session?.ended_at)
  }
  const { from_ms: from, to_ms: to } = waiting.estimate
  assert.ok(from > 0 && from <= to && from % 15_000 === 0 && to % 15_000 === 0, JSON.stringify(waiting))
  const emil = await world.client('emil')
  const { id, waiting: his } = await emil.book()
  assert.deepEqual((await world.booking(id)).told, { place: 1, estimate: his.estimate })
  emil.drop()
  const gone = await world.http('GET', '/line')
  assert.deepEqual([gone.items.length, gone.items[0].place], [1, 1])
})

test('a line that is full says how many wait, and who will not wait is refused or unanswered', async (t) => {
  const { world } = await busy(t, { routes: [{ steps: [{}], wait: { max_ms: LATER_MS, max_length: 1 } }] })
  const [dora, emil] = [await world.client('dora'), await world.client('emil')]
  await emil.line.refused('no_idle_employee', 'book', { topic: 'billing', wait_ms: 0 })
  await dora.book()
  const full = await emil.line.refused('line_full', 'book', { topic: 'billing' })
  assert.equal(full.waiting, 1)
  assert.match(full.message, /the line is full/)
})

test('whoever has waited for as long as they wished hears so', async (t) => {
  const { world } = await busy(t)
  const dora = await world.client('dora')
  await dora.book('billing', { wait_ms: 300 })
  const { reason, id } = await dora.booking('expired')
  assert.equal(reason, 'waited_too_long')
  assert.deepEqual([(await world.booking(id)).state, (await world.booking(id)).reason], ['expired', reason])
})

test('availability says how many wait, in all and by topic, and that a booking can succeed', async (t) => {
  const { world } = await busy(t, LINE, { ann: { topics: ['billing', 'law'] } })
  const gina = await world.client('gina')
  const { availability } = gina.joined
  assert.deepEqual([availability.available, availability.idle, 'waiting' in availability], [true, 0, false])
  const dora = await world.client('dora')
  const booking = await dora.book()
  const told = await gina.line.next('availability', undefined, ({ waiting }) => waiting === 1)
  assert.deepEqual(told.topics.billing, { available: true, idle: 0, waiting: 1 })
  assert.deepEqual((await world.client('hugo')).joined.availability.topics, {
    billing: { available: true, idle: 0, waiting: 1 }, law: { available: true, idle: 0 },
  })
  for (const [query, available, waiting] of [['', true, 1], ['?topic=billing', true, 1], ['?topic=law', true, undefined]]) {
    const seen = await world.http('GET', `/availability${query}`)
    assert.deepEqual([seen.available, seen.idle, seen.waiting], [available, 0, waiting], query)
  }
  await dora.cancel(booking)
  await gina.line.next('availability', undefined, (event) => !('waiting' in event) && !('waiting' in event.topics.billing))
})

test('a client who drops keeps the place and is asked for when back', async (t) => {
  const { world, ann, end } = await busy(t, LINE, { settings: { client_grace_ms: 60_000 } })
  const [dora, emil] = [await world.client('dora'), await world.client('emil')]
  const [first, second] = [await dora.book(), await emil.book()]
  dora.drop()
  await end()
  assert.equal((await ann.offer()).booking_id, second.id, 'nobody is kept for a client who is away')
  const { booking } = await dora.comeBack()
  assert.deepEqual([booking.id, booking.state, booking.waiting.place], [first.id, 'waiting', 1])
  await emil.line.push('cancel', { booking_id: second.id })
  assert.equal((await ann.offer()).booking_id, first.id)
})

test('killed while clients wait: all wait on, and the first in line is asked for first', async (t) => {
  const { world, ann, session } = await busy(t, LINE, { settings: { client_grace_ms: 60_000, employee_grace_ms: 60_000 } })
  const [dora, emil] = [await world.client('dora'), await world.client('emil')]
  const [first, second] = [await dora.book(), await emil.book()]
  await world.server.kill()
  await world.server.restart()
  const [late, early] = [await emil.rejoined(), await dora.rejoined()]
  await ann.rejoined()
  assert.deepEqual([early.booking.id, early.booking.state, early.booking.waiting.place], [first.id, 'waiting', 1])
  assert.deepEqual([late.booking.id, late.booking.waiting.place], [second.id, 2])
  await world.http('POST', `/sessions/${session.id}/end`, {})
  assert.equal((await ann.offer()).booking_id, first.id)
})

test('priority is a head start of the token, of the route or of an admin, and never of the push', async (t) => {
  const { world, ann, end } = await busy(t, { ...LINE, priority_ms: LATER_MS })
  const dora = await world.client('dora')
  const first = await dora.book('billing', { priority: 10 })
  assert.equal('priority' in (await world.booking(first.id)), false)
  const emil = await world.client('emil', { claims: { priority: 2 } })
  const second = await emil.book()
  assert.equal(second.waiting.place, 1)
  assert.equal((await world.booking(second.id)).priority, 2)
  const line = async (query = '') => (await world.http('GET', `/line${query}`))
  const listed = await line()
  assert.deepEqual(listed.items.map((item) => [item.booking_id, item.client_id, item.place, item.priority]), [
    [second.id, 'emil', 1, 2], [first.id, 'dora', 2, 0],
  ])
  const [item] = listed.items
  assert.deepEqual(Object.keys(item), [
    'booking_id', 'client_id', 'client_name', 'topic', 'priority', 'since', 'until', 'place', 'estimate', 'on_duty', 'step',
  ])
  assertTime(item.since)
  const pages = await line('?limit=1')
  assert.deepEqual((await line(`?limit=1&after=${pages.next}`)).items.map(({ booking_id: id }) => id), [first.id])
  assert.deepEqual(await line('?topic=law'), { items: [], next: null })

  const path = `/v1/companies/acme/bookings/${first.id}`
  assert.equal((await world.http('PATCH', `/bookings/${first.id}`, { priority: 3 })).priority, 3)
  assert.equal((await dora.line.next('booking', undefined, ({ booking }) => booking.waiting?.place === 1)).booking.id, first.id)
  for (const body of [{ priority: 11 }, { priority: -1 }, { priority: null }, { priority: '3' }, {}, { topic: 'law' }]) {
    await world.server.refused(422, 'invalid', 'PATCH', path, body)
  }
  await world.server.refused(404, 'unknown_booking', 'PATCH', `${path.slice(0, -4)}0000`, { priority: 1 })
  const { items } = await world.server.ask('GET', '/v1/audit?company=acme')
  assert.ok(items.some((one) => one.method === 'PATCH' && one.status === 200 && one.target === path), JSON.stringify(items))
  await end()
  assert.equal((await ann.offer()).booking_id, first.id)
  await dora.cancel(first)
  await world.server.refused(409, 'booking_closed', 'PATCH', path, { priority: 1 })
})

test('a wanted employee is asked first, alone for a while, and nobody else where only they will do', async (t) => {
  const routing = { ...LINE, hold_ms: LATER_MS, clients: { employee: true } }
  const { world, ann, end } = await busy(t, routing)
  const bob = await world.employee('bob')
  const [dora, emil, fred] = [await world.client('dora'), await world.client('emil'), await world.client('fred')]
  const held = await dora.book('billing', { employee: 'ann' })
  assert.deepEqual([held.state, held.waiting.step, held.waiting.on_duty], ['waiting', 0, 1])
  assert.deepEqual((await world.booking(held.id)).wanted, ['ann'])
  const short = await emil.book('billing', { employee: 'ann', hold_ms: 300 })
  assert.equal(short.state, 'waiting')
  const other = await bob.offer()
  assert.deepEqual([other.booking_id, 'wanted' in other], [short.id, false], 'the hold is over')
  const only = await fred.book('billing', { employee: 'ann', only: true })
  assert.deepEqual([(await world.booking(only.id)).only, only.state], [true, 'waiting'])
  await end()
  const offer = await ann.offer()
  assert.deepEqual([offer.booking_id, offer.wanted], [held.id, true])
  await ann.reject(offer)
  assert.deepEqual([(await ann.offer()).booking_id], [only.id])

  const gina = await world.client('gina')
  await gina.line.refused('unknown_employee', 'book', { topic: 'billing', employee: 'nobody' })
  for (const bad of [{ only: true }, { only: 'yes' }, { again: 1 }, { hold_ms: -1 }, { wait_ms: '5' }, { employee: '' }]) {
    const { message } = await gina.line.refused('invalid', 'book', { topic: 'billing', ...bad })
    assert.match(message, new RegExp(`\`${Object.keys(bad)[0]}\``))
  }
  await world.http('PUT', '/routing', LINE)
  await gina.line.refused('forbidden', 'book', { topic: 'billing', employee: 'ann' })
})

test('again is the one of last time', async (t) => {
  const routing = { ...LINE, clients: { employee: true } }
  const { world, ann, carl, end } = await busy(t, routing)
  await world.employee('bob')
  await end()
  await ann.status('idle')
  // Bob has been idle for longer.
  const booking = await carl.book('billing', { again: true })
  const offer = await ann.offer()
  assert.deepEqual([offer.booking_id, offer.wanted], [booking.id, true])
  await carl.cancel(booking)
  const dora = await world.client('dora')
  await dora.line.refused('no_idle_employee', 'book', { topic: 'billing', again: true, only: true })
})

test('an employee with room for two has two sessions side by side, and one offer at a time', async (t) => {
  const { world, ann, carl, session } = await busy(t, LINE, { ann: { capacity: 2 } })
  const board = await world.board()
  assert.equal(board.joined.employees[0].capacity, 2)
  const [dora, emil] = [await world.client('dora'), await world.client('emil')]
  await dora.book()
  const offer = await ann.offer()
  const during = await ann.status('init')
  assert.deepEqual([during.room, during.sessions.map(({ id }) => id)], [{ capacity: 2, used: 1 }, [session.id]])
  const joined = (await world.device('ann')).joined
  assert.deepEqual([joined.offer.id, joined.session.id, joined.room], [offer.id, session.id, during.room])
  const second = await ann.accept(offer)
  const full = await ann.status('busy')
  assert.deepEqual([full.room, full.sessions.map(({ id }) => id)], [{ capacity: 2, used: 2 }, [second.id, session.id]])
  assert.deepEqual((await world.device('ann')).joined.sessions.map(({ id }) => id), [second.id, session.id])
  assert.equal((await emil.book()).state, 'waiting')
  const his = await carl.session(session)
  await his.push('message', { body: 'still here' })
  await his.push('end')
  const told = await ann.line.next('session', undefined, (event) => ended(event.session))
  assert.equal(told.session.id, session.id)
  assert.equal((await ann.offer()).attempt, 1)
})

test('a channel takes room and needs skills', async (t) => {
  const channels = { call: { weight: 3, skills: { phone: 1 } }, chat: {} }
  const world = await openWorld(t)
  await world.http('PUT', '/routing', { ...LINE, channels })
  const ann = await world.employee('ann', { capacity: 3, skills: { phone: 1 } })
  const bob = await world.employee('bob', { capacity: 3 })
  const [carl, dora, emil] = [await world.client('carl'), await world.client('dora'), await world.client('emil')]
  const call = await carl.book('billing', { channel: 'call' })
  const offer = await ann.offer()
  assert.deepEqual([offer.booking_id, offer.channel], [call.id, 'call'])
  assert.equal((await world.booking(call.id)).channel, 'call')
  await ann.accept(offer)
  assert.deepEqual((await ann.status('busy')).room, { capacity: 3, used: 3 })
  const { message } = await dora.line.refused('invalid', 'book', { topic: 'billing', channel: 'letter' })
  assert.match(message, /`channel`/)
  assert.equal((await dora.book('billing', { channel: 'call' })).state, 'waiting')
  await emil.book('billing', { channel: 'chat' })
  assert.equal((await bob.offer()).channel, 'chat')
})

test('who carries less goes first, and a page of the availability goes on by load and place', async (t) => {
  const { world } = await busy(t, LINE, { ann: { capacity: 2 } })
  await world.employee('bob')
  await world.employee('cay')
  const ids = []
  let after = ''
  do {
    const page = await world.http('GET', `/availability?limit=1${after}`)
    assert.equal(page.idle, 3)
    ids.push(...page.items.map(({ id }) => id))
    after = page.next && `&after=${page.next}`
  } while (after)
  assert.deepEqual(ids, ['bob', 'cay', 'ann'])
})

test('a priority in a token is 0 to 10', async (t) => {
  const { world } = await busy(t)
  for (const priority of [11, -1, '5', 1.5]) {
    const answer = await fetch(`${world.server.url}/v1/companies/acme`, {
      headers: { authorization: `Bearer ${token({ sub: 'dora', role: 'client', company: 'acme', priority })}` },
    })
    assert.equal(answer.status, 401, String(priority))
    assert.match((await answer.json()).detail, /`priority`/)
  }
})
