// Phones in tunnels, and a server that is killed: every answer still holds.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { eventually, within } from './inbox.mjs'
import { LONG_ENOUGH_MS, openWorld } from './people.mjs'

test('a client drops and returns during an offer: the booking is in the snapshot and goes on', async (t) => {
  const world = await openWorld(t)
  const ann = await world.employee('ann')
  const carl = await world.client('carl')
  const booking = await carl.book()
  const offer = await ann.offer()
  carl.drop()
  const { booking: open } = await carl.comeBack()
  assert.deepEqual([open.id, open.state], [booking.id, 'offering'])
  const session = await ann.accept(offer)
  assert.equal((await carl.booking('assigned')).session.id, session.id)
})

test('a client who returns after the answer finds the session in the snapshot', async (t) => {
  const world = await openWorld(t)
  const ann = await world.employee('ann')
  const carl = await world.client('carl')
  await carl.book()
  const offer = await ann.offer()
  carl.drop()
  const session = await ann.accept(offer)
  const { booking } = await carl.comeBack()
  assert.deepEqual([booking.state, booking.session.id, booking.employee.id], ['assigned', session.id, 'ann'])
})

test('a client drops and returns during a session: what was said meanwhile is in the snapshot', async (t) => {
  const world = await openWorld(t)
  const { carl, session, his, hers } = await world.meeting()
  assert.deepEqual(await hers.next('peer'), { online: true })
  carl.drop()
  assert.deepEqual(await hers.next('peer'), { online: false })
  const sent = await hers.push('message', { body: 'are you there?' })
  const { booking } = await carl.comeBack()
  assert.equal(booking.session.id, session.id)
  assert.deepEqual(his.joined.messages.map(({ id, body }) => [id, body]), [[sent.id, 'are you there?']])
  assert.deepEqual(await hers.next('peer'), { online: true })
  await his.push('message', { body: 'yes' })
  await hers.next('message', undefined, ({ body }) => body === 'yes')
})

test('an employee back within the grace time keeps the place in the line', async (t) => {
  const world = await openWorld(t)
  const ann = await world.employee('ann')
  const bob = await world.employee('bob')
  const carl = await world.client('carl')
  const before = (await world.http('GET', '/employees/ann')).since
  await goesAway(ann, carl, 1)
  const back = await ann.comeBack()
  assert.deepEqual([back.status, back.intent, back.since], ['idle', 'idle', before])
  const booking = await carl.book()
  assert.equal((await ann.offer()).booking_id, booking.id)
  assert.equal(bob.line.all('offer').length, 0)
})

test('an idle employee who is gone is not asked meanwhile', async (t) => {
  const world = await openWorld(t)
  const ann = await world.employee('ann')
  const bob = await world.employee('bob')
  const [carl, dora] = [await world.client('carl'), await world.client('dora')]
  await goesAway(ann, carl, 1)
  const booking = await carl.book()
  assert.equal((await bob.offer()).booking_id, booking.id)
  await dora.line.refused('no_idle_employee', 'book', { topic: 'billing' })
  assert.equal((await ann.comeBack()).offer, null)
  const second = await dora.book()
  assert.equal((await ann.offer()).booking_id, second.id)
})

test('an employee away longer than the grace time is offline, keeps the intent and returns to the end of the line', async (t) => {
  const world = await openWorld(t, { settings: { employee_grace_ms: 200 } })
  const ann = await world.employee('ann')
  const bob = await world.employee('bob')
  const board = await world.board()
  ann.drop()
  const gone = (payload) => (payload.employee ?? payload).id === 'ann' && (payload.employee ?? payload).status === 'offline'
  await board.next('employee', undefined, gone, 'ann offline')
  assert.deepEqual(await statusAndIntent(world, 'ann'), ['offline', 'idle'])

  const back = await ann.comeBack()
  if (back.status !== 'idle') assert.equal((await ann.status('idle')).cause, 'reconnected')
  assert.deepEqual(await statusAndIntent(world, 'ann'), ['idle', 'idle'])
  const booking = await (await world.client('carl')).book()
  assert.equal((await bob.offer()).booking_id, booking.id)
})

test('an employee with a second device is not gone when one device drops', async (t) => {
  const world = await openWorld(t)
  const phone = await world.employee('ann')
  const desk = await world.device('ann')
  const carl = await world.client('carl')
  await carl.book()
  const offer = await desk.offer()
  phone.drop()
  await desk.accept(offer)
  assert.equal((await carl.booking('assigned')).employee.id, 'ann')
})

test('the last device gone during an offer: undelivered after the delivery time, the next employee is asked', async (t) => {
  const world = await openWorld(t, { settings: { delivery_timeout_ms: 300 } })
  const ann = await world.employee('ann')
  const bob = await world.employee('bob')
  const booking = await (await world.client('carl')).book()
  await ann.offer()
  ann.drop()
  const second = await bob.offer()
  assert.deepEqual([second.booking_id, second.attempt], [booking.id, 2])
  assert.equal((await world.booking(booking.id)).offers[0].outcome, 'undelivered')
})

test('all lines break for a moment: every search goes on with who comes back, and nobody has missed anything', async (t) => {
  const world = await openWorld(t, { settings: { delivery_timeout_ms: LONG_ENOUGH_MS, max_missed: 1 } })
  const people = [await world.employee('ann'), await world.employee('bob'), await world.employee('cay')]
  const clients = [await world.client('carl'), await world.client('dora')]
  const bookings = []
  for (const client of clients) bookings.push(await client.book())
  const [ann, bob, cay] = people
  await ann.offer()
  await bob.offer()
  for (const one of people) one.drop()
  const board = await world.board()
  const asked = board.joined.employees.filter(({ status }) => status === 'init')
  assert.deepEqual(asked.map(({ id }) => id), ['ann', 'bob'])
  // Cay is back first and takes the offer of one employee whose device is overdue; the other offer stays.
  await cay.comeBack()
  const session = await cay.accept(await cay.offer())
  const [taken, kept] = session.booking_id === bookings[0].id ? [0, 1] : [1, 0]
  assert.equal(session.booking_id, bookings[taken].id)
  const { offer } = await people[kept].comeBack()
  assert.equal((await people[kept].accept(offer)).booking_id, bookings[kept].id)
  const back = await people[taken].comeBack()
  assert.deepEqual([back.status, back.intent], ['idle', 'idle'])
  const { offers } = await world.booking(bookings[taken].id)
  const became = offers.map(({ employee_id, outcome }) => [employee_id, outcome])
  assert.deepEqual(became, [[people[taken].id, 'undelivered'], ['cay', 'accepted']])
})

test('a search that waits for who lost their line stays offering, and its timeline says for whom', async (t) => {
  const world = await openWorld(t)
  const [ann, bob] = [await world.employee('ann'), await world.employee('bob')]
  const [carl, dora] = [await world.client('carl'), await world.client('dora')]
  await goesAway(bob, carl, 1)
  const booking = await carl.book()
  await ann.reject(await ann.offer())
  const board = await world.board()
  assert.deepEqual(board.joined.bookings.map(({ id, state, offers }) => [id, state, offers]), [[booking.id, 'offering', 1]])
  await ann.setStatus('offline')
  await dora.line.refused('no_idle_employee', 'book', { topic: 'billing' })
  const { steps } = await world.http('GET', `/bookings/${booking.id}/timeline`)
  const waited = steps.at(-1)
  assert.deepEqual([waited.what, waited.passed_over.employees.map(({ employee_id, why }) => [employee_id, why])],
    ['waited', [['ann', 'already_asked'], ['bob', 'unreachable']]])
  await bob.comeBack()
  assert.equal((await bob.offer()).booking_id, booking.id)
})

test('a search ends when nobody of those whom it waited for is back in time', async (t) => {
  const world = await openWorld(t, { settings: { employee_grace_ms: 500 } })
  const [ann, bob] = [await world.employee('ann'), await world.employee('bob')]
  const carl = await world.client('carl')
  await goesAway(bob, carl, 1)
  await carl.book()
  await ann.reject(await ann.offer())
  assert.equal((await carl.booking('unanswered')).reason, 'everyone_declined')
})

test('killed during an offer: nobody has missed it who could not come back in time to answer', async (t) => {
  const world = await openWorld(t, { settings: { delivery_timeout_ms: LONG_ENOUGH_MS, max_missed: 1 } })
  const ann = await world.employee('ann')
  const carl = await world.client('carl')
  const booking = await carl.book()
  const offer = await ann.offer()
  await crash(world)
  await Promise.all([ann.rejoined(), carl.rejoined()])
  assert.equal(ann.line.joined.offer.id, offer.id)
  assert.equal((await ann.accept(offer)).booking_id, booking.id)
})

test('a client gone past the grace time loses the booking: client_lost', async (t) => {
  const world = await openWorld(t, { settings: { client_grace_ms: 300 } })
  const ann = await world.employee('ann')
  const carl = await world.client('carl')
  const booking = await carl.book()
  const offer = await ann.offer()
  carl.drop()
  assert.equal(await ann.outcome(offer), 'client_lost')
  await ann.status('idle')
  assert.equal((await world.booking(booking.id)).reason, 'client_lost')
  assert.equal((await carl.comeBack()).booking, null)
})

test('a client whose line is dead without a word is lost, and one that answers again is there', async (t) => {
  const world = await openWorld(t, { settings: { delivery_timeout_ms: 1500, client_grace_ms: 300 } })
  const ann = await world.employee('ann')
  const carl = await world.client('carl')
  const booking = await carl.book()
  const offer = await ann.offer()
  carl.socket.conn._socket.pause()
  assert.equal(await ann.outcome(offer), 'client_lost')
  carl.socket.conn._socket.resume()
  assert.equal((await carl.booking('cancelled')).reason, 'client_lost', 'it is told what it missed')

  await world.company('acme', { delivery_timeout_ms: 1500, client_grace_ms: 60_000, max_missed: 0 })
  const again = await carl.book()
  assert.notEqual(again.id, booking.id)
  const second = await ann.offer()
  const steps = async () => (await world.http('GET', `/bookings/${again.id}/timeline`)).steps.map(({ what }) => what)
  carl.socket.conn._socket.pause()
  await eventually('client_left in the timeline', async () => (await steps()).includes('client_left'))
  carl.socket.conn._socket.resume()
  await eventually('client_returned in the timeline', async () => (await steps()).includes('client_returned'))
  await ann.accept(second)
  assert.equal((await carl.booking('assigned')).employee.id, 'ann')
})

test('a client with a second device that answers is not gone, and 0 asks nobody', async (t) => {
  const world = await openWorld(t, { settings: { delivery_timeout_ms: 1000, client_grace_ms: 0 } })
  const ann = await world.employee('ann')
  const carl = await world.client('carl')
  const other = await world.client('carl')
  const pings = pingsOf(other)
  await carl.book()
  const offer = await ann.offer()
  carl.socket.conn._socket.pause()
  await pings.heard(3)
  await ann.accept(offer)
  assert.equal((await other.booking('assigned')).employee.id, 'ann')

  await world.company('bolt', { delivery_timeout_ms: 0, client_grace_ms: 0 })
  const bob = await world.employee('bob', { company: 'bolt' })
  const dora = await world.client('dora', { company: 'bolt' })
  const erik = await world.client('erik', { company: 'acme' })
  const [none, some] = [pingsOf(dora), pingsOf(erik)]
  await world.employee('eve')
  await dora.book()
  const quiet = await bob.offer()
  await erik.book()
  dora.socket.conn._socket.pause()
  await some.heard(2)
  assert.equal(none.count, 0)
  await bob.accept(quiet)
})

for (const lost of ['client', 'employee']) {
  test(`a session whose ${lost} is gone past the grace time is ended by lost`, async (t) => {
    const world = await openWorld(t, { settings: { session_grace_ms: 300, employee_grace_ms: 300 } })
    const { ann, carl, session, his, hers } = await world.meeting()
    const [away, stays] = lost === 'client' ? [carl, hers] : [ann, his]
    away.drop()
    const ended = (await stays.next('ended')).session
    assert.deepEqual([ended.id, ended.ended_by], [session.id, 'lost'])
    await stays.refused('session_ended', 'message', { body: 'hello?' })
    const back = await away.comeBack()
    assert.equal(lost === 'client' ? back.booking : back.session, null)
  })
}

test('killed during an offer: after the restart the offer stands and can be accepted', async (t) => {
  const world = await openWorld(t, { settings: { delivery_timeout_ms: 0 } })
  const ann = await world.employee('ann')
  const carl = await world.client('carl')
  const booking = await carl.book('billing', { note: 'n', key: 'k' })
  const offer = await ann.offer()
  await crash(world)
  await Promise.all([ann.rejoined(), carl.rejoined()])
  assert.deepEqual([carl.line.joined.booking.id, carl.line.joined.booking.state], [booking.id, 'offering'])
  assert.deepEqual([ann.line.joined.offer.id, ann.line.joined.offer.note], [offer.id, 'n'])
  assert.equal((await carl.book('billing', { key: 'k' })).id, booking.id)
  const session = await ann.accept(offer)
  assert.equal((await carl.booking('assigned')).session.id, session.id)
})

test('killed during a session: it goes on, with every message that was acknowledged', async (t) => {
  const world = await openWorld(t)
  const { ann, carl, session, his, hers } = await world.meeting()
  const acknowledged = []
  for (let i = 0; i < 200; i++) {
    his.push('message', { body: `m${i}` }).then(({ id }) => acknowledged.push(id), () => {})
  }
  for (let i = 0; i < 20; i++) await hers.next('message')
  await crash(world)
  const promised = [...new Set([...acknowledged, ...hers.all('message').map(({ id }) => id)])]

  await Promise.all([ann.rejoined(), carl.rejoined()])
  assert.deepEqual([his.joined.session, hers.joined.session], [session, session])
  const kept = new Set((await allMessages(world, session)).map(({ id }) => id))
  assert.deepEqual(promised.filter((id) => !kept.has(id)), [], 'acknowledged and then forgotten')

  const sent = await his.push('message', { body: 'still here' })
  await hers.next('message', undefined, ({ id }) => id === sent.id)
  await hers.push('end')
  assert.equal((await his.next('ended')).session.ended_by, 'employee')
})

test('killed right after the replies: every acknowledged booking and intent is still there', async (t) => {
  const world = await openWorld(t)
  const ids = [0, 1, 2, 3, 4]
  const employees = await Promise.all(ids.map((i) => world.employee(`employee-${i}`)))
  const clients = await Promise.all(ids.map((i) => world.client(`client-${i}`)))
  const bookings = await Promise.all(clients.map((client) => client.book()))
  await crash(world)
  await Promise.all([...employees, ...clients].map((one) => one.rejoined()))
  const found = clients.map((client) => client.line.joined.booking?.id)
  assert.deepEqual(found, bookings.map(({ id }) => id))
  assert.deepEqual([...new Set(employees.map((one) => one.line.joined.intent))], ['idle'])
  const rows = (await world.http('GET', '/bookings?limit=100')).items
  assert.deepEqual(rows.map(({ id }) => id).sort(), bookings.map(({ id }) => id).sort())
})

async function crash(world) {
  await world.server.kill()
  await world.server.restart()
}

/** Counts the pings that a device receives from now on. */
function pingsOf(person) {
  const pings = { count: 0 }
  const missing = (many) => () => `${pings.count} pings came where ${many} were expected`
  pings.heard = (many) => within(20_000, missing(many), (done) => (pings.wait = () => pings.count >= many && done()))
  person.socket.conn.on('ping', () => {
    pings.count++
    pings.wait?.()
  })
  return pings
}

async function goesAway(employee, client, idleLeft) {
  employee.drop()
  await client.line.next('availability', undefined, ({ idle }) => idle === idleLeft, `${idleLeft} idle`)
}

async function statusAndIntent(world, id) {
  const { status, intent } = await world.http('GET', `/employees/${id}`)
  return [status, intent]
}

async function allMessages(world, session) {
  const found = []
  for (let after; after !== null; ) {
    const page = await world.http('GET', `/sessions/${session.id}/messages?limit=50${after ? `&after=${encodeURIComponent(after)}` : ''}`)
    found.push(...page.items)
    after = page.next
  }
  return found
}
