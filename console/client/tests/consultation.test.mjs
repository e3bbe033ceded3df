// From the booking to the end of the session, as the topics' states show it.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import WebSocket from 'ws'
import { bodies, line, open, refused, seen, until } from './people.mjs'

test('a client books, an employee accepts, both write, one ends it', async (t) => {
  const house = await open(t)
  const desk = await house.idleDesk()
  const page = house.carl().company('acme')
  await until(page, ({ availability }) => availability.available)
  assert.equal(page.state.booking, null)

  const booked = await page.book({ topic: 'tax', note: { page: '/invoice/7' } })
  assert.equal(booked.state, 'offering')
  const { offer, status } = await until(desk, ({ offer, status }) => offer && status === 'init')
  assert.deepEqual([offer.booking_id, offer.note, status], [booked.id, { page: '/invoice/7' }, 'init'])
  const leftMs = offer.ends_at - performance.now()
  assert.ok(leftMs > 0 && leftMs <= 15_000, `${leftMs} ms are left`)

  const session = await desk.accept(offer.id)
  assert.deepEqual(desk.state.session, session)
  const { closed, cause } = await until(desk, ({ status }) => status === 'busy')
  assert.deepEqual([closed.offer.id, closed.outcome, cause], [offer.id, 'accepted', 'session_started'])
  const { booking } = await until(page, ({ booking }) => booking.state === 'assigned')
  assert.deepEqual([booking.session.id, booking.employee.name], [session.id, 'Ann'])

  const [ann, carl] = house.people
  const [his, hers] = [carl.session(session.id), ann.session(session.id)]
  for (const body of ['one', 'two', 'three']) his.send(body)
  await until(hers, (state) => bodies(state).length === 3)
  hers.send('four')
  const { outgoing } = await until(his, (state) => bodies(state).length === 4)
  assert.deepEqual([bodies(his.state), outgoing], [['one', 'two', 'three', 'four'], []])
  assert.deepEqual(his.state.messages.map(({ from }) => from), ['client', 'client', 'client', 'employee'])

  const ended = await hers.end('solved')
  assert.deepEqual([ended.ended_by, ended.reason, hers.state.session], ['employee', 'solved', ended])
  assert.deepEqual((await until(his, ({ session }) => session.ended_at)).session, ended)
  await until(desk, ({ session, status }) => session === null && status === 'idle')
  assert.deepEqual((await until(page, ({ booking }) => booking.session.ended_at)).booking.session, ended)
  page.forget()
  assert.equal(page.state.booking, null)
})

test('a booking that was put away stays away, whatever comes of it later', async (t) => {
  const house = await open(t)
  await house.idleDesk()
  const page = house.carl().company('acme')
  const { id } = await page.book({ topic: 'tax', key: 'first' })
  await page.cancel(id)
  page.forget()
  assert.equal((await page.cancel(id)).state, 'cancelled')
  assert.equal(page.state.booking, null, 'an answer that came late')
  assert.equal((await page.book({ topic: 'tax', key: 'first' })).id, id)
  assert.equal(page.state.booking?.id, id, 'its own key has it back')
})

test('a signal reaches the other side alone', async (t) => {
  const { his, hers } = await (await open(t)).meeting()
  const heard = []
  his.onSignal((data) => heard.push(data))
  const arrived = new Promise((resolve) => hers.onSignal(resolve))
  his.signal({ sdp: 'offer' })
  assert.deepEqual(await arrived, { sdp: 'offer' })
  assert.deepEqual(heard, [])
})

test('both sides get the servers for a call, and nobody does after its end', async (t) => {
  const env = {
    SWITCHBOARD_STUN_URLS: 'stun:stun.example.com:3478',
    SWITCHBOARD_TURN_URLS: 'turn:turn.example.com:3478',
    SWITCHBOARD_TURN_SECRET: 'a-secret-that-the-turn-server-shares-0123456789',
  }
  const { his, hers } = await (await open(t, { env })).meeting()
  for (const [side, role] of [[his, 'client'], [hers, 'employee']]) {
    const { ice_servers: [stun, turn, ...others], expires_in_ms: expiresInMs } = await side.ice()
    assert.deepEqual([stun, others], [{ urls: ['stun:stun.example.com:3478'] }, []])
    assert.deepEqual([turn.urls, turn.username.split(':')[1]], [['turn:turn.example.com:3478'], role])
    assert.ok(turn.credential.length > 0 && expiresInMs > 60_000, `for ${expiresInMs} ms`)
  }
  await his.end()
  for (const side of [his, hers]) await refused(side.ice(), 'session_ended')
})

test('without such settings there are no servers for a call, and nothing expires', async (t) => {
  const { his } = await (await open(t)).meeting()
  assert.deepEqual(await his.ice(), { ice_servers: [], expires_in_ms: null })
})

test('notes are the same on all devices of the employee, and the client never hears of them', async (t) => {
  const house = await open(t)
  const { his, hers } = await house.meeting()
  const phone = house.ann().session(his.state.session.id)
  await until(phone, ({ notes }) => notes === null)
  const heard = []
  his.on('notes', (notes) => heard.push(notes))
  const { at } = await hers.writeNotes('wants a refund')
  const written = { body: 'wants a refund', at }
  assert.deepEqual(hers.state.notes, written, 'there with the answer')
  assert.deepEqual((await until(phone, ({ notes }) => notes)).notes, written)
  const later = await phone.writeNotes('got the refund')
  const { notes } = await until(hers, ({ notes }) => notes.body !== written.body)
  assert.deepEqual(notes, { body: 'got the refund', ...later })
  await refused(his.writeNotes('mine'), 'forbidden')
  await hers.end()
  await until(his, ({ session }) => session.ended_at)
  assert.deepEqual([heard, his.state.notes], [[], null])
})

test('notes may be finished after the end, and outlive a lost line and a server that was killed', async (t) => {
  const house = await open(t)
  const relay = await house.relay()
  const { ann, his, hers } = await house.meeting({ ann: { url: relay.socketUrl } })
  const phone = house.ann().session(his.state.session.id)
  await until(phone, () => true)
  relay.cut()
  await line(ann, 'lost')
  await phone.writeNotes('while the desk was away')
  relay.mend()
  await until(hers, ({ notes }) => notes?.body === 'while the desk was away')
  await his.end()
  await house.server.kill()
  await line(ann, 'lost')
  await house.server.restart()
  const { at } = await hers.writeNotes('call back')
  assert.deepEqual((await until(phone, ({ notes }) => notes.body === 'call back')).notes, { body: 'call back', at })
})

test('two devices of an employee stay in step', async (t) => {
  const house = await open(t)
  const one = await house.idleDesk()
  const two = house.ann().employee('acme', 'ann')
  await until(two, ({ status }) => status === 'idle')
  const booked = await house.carl().company('acme').book({ topic: 'tax' })
  const [{ offer }] = await Promise.all([until(one, ({ offer }) => offer), until(two, ({ offer }) => offer)])
  const second = await house.carl().company('acme')
  assert.equal((await until(second, ({ booking }) => booking)).booking.id, booked.id)
  await one.reject(offer.id, 'at lunch')
  const { closed } = await until(two, ({ closed, offer }) => closed && offer === null)
  assert.deepEqual([closed.offer.id, closed.outcome], [offer.id, 'rejected'])
  const { booking } = await until(second, ({ booking }) => booking.state === 'unanswered')
  assert.equal(booking.reason, 'everyone_declined')
  const late = await refused(two.accept(offer.id), 'offer_closed')
  assert.equal(late.details.outcome, 'rejected')
})

test('a join that is refused for good says why and is not tried again', async (t) => {
  const house = await open(t)
  const carl = house.carl()
  const board = carl.board('acme')
  const refusal = await seen(board, () => board.refusal)
  assert.deepEqual([refusal.reason, board.live, board.state], ['forbidden', false, undefined])
  const desk = house.ann().employee('acme', 'bob')
  assert.equal((await seen(desk, () => desk.refusal)).reason, 'forbidden')
  await refused(desk.setStatus('idle'), 'forbidden')
  const session = carl.session('018f0000-0000-7000-8000-000000000000')
  session.send('is anybody there?')
  assert.equal((await seen(session, () => session.refusal)).reason, 'unknown_session')
  assert.equal(carl.board('acme'), board, 'until it was left')
})

test('a topic that was left is asked for anew, and what it waited for is refused', async (t) => {
  const house = await open(t)
  const carl = house.carl()
  const page = carl.company('acme')
  assert.equal(carl.company('acme'), page)
  await until(page, () => true)
  const waiting = page.book({ topic: 'tax' })
  page.leave()
  await refused(waiting, 'left')
  await refused(page.book({ topic: 'tax' }), 'left')
  let told = 0
  page.subscribe(() => (told += 1))
  const again = carl.company('acme')
  assert.notEqual(again, page)
  await house.idleDesk()
  await until(again, ({ availability }) => availability.available)
  assert.deepEqual([told, page.live], [0, false])
})

test('a topic that the server closes says so', async (t) => {
  const house = await open(t)
  const desk = await house.idleDesk()
  await house.server.http('DELETE', '/v1/companies/acme/employees/ann')
  assert.equal((await seen(desk, () => desk.refusal)).reason, 'closed')
})

test('a listener that throws stops no other', async (t) => {
  const house = await open(t)
  const page = house.carl().company('acme')
  const reported = t.mock.method(console, 'error', () => {})
  page.subscribe(() => { throw new Error('mine') })
  const state = await until(page, () => true)
  assert.equal(state.availability.available, false)
  assert.equal(reported.mock.calls[0].arguments[0].message, 'mine')
})

test('a message that the server refuses stays with its refusal, and can be taken away', async (t) => {
  const { his, hers } = await (await open(t)).meeting()
  his.send('x'.repeat(9000), 'long')
  his.send('short')
  await until(hers, (state) => bodies(state).includes('short'))
  const { outgoing } = await until(his, (state) => bodies(state).includes('short'))
  assert.deepEqual(outgoing.map(({ key, refusal }) => [key, refusal.reason]), [['long', 'invalid']])
  his.resend('long')
  assert.equal(his.state.outgoing[0].refusal, null)
  await until(his, ({ outgoing }) => outgoing[0].refusal?.reason === 'invalid')
  assert.equal(his.discard('long').length, 9000)
  assert.deepEqual(his.state.outgoing, [])
  await hers.end()
  his.send('too late')
  await until(his, ({ outgoing }) => outgoing[0]?.refusal?.reason === 'session_ended')
})

test('more messages than one may send at once wait their time and keep their order', async (t) => {
  const house = await open(t, { env: { SWITCHBOARD_MESSAGES_PER_PERSON_PER_S: '2' } })
  const { his, hers } = await house.meeting()
  const written = Array.from({ length: 45 }, (_, n) => `message ${n}`)
  for (const body of written) his.send(body)
  const twice = []
  his.subscribe(() => {
    const [said, waiting] = [bodies(his.state), his.state.outgoing.map(({ body }) => body)]
    twice.push(...waiting.filter((body) => said.includes(body)))
  })
  await until(hers, ({ messages }) => messages.length === 45)
  assert.deepEqual(bodies(hers.state), written)
  await until(his, ({ outgoing, messages }) => outgoing.length === 0 && messages.length === 45)
  assert.deepEqual(twice, [], 'none stands in both lists')
})

test('at most 500 messages wait for the line', async (t) => {
  const { carl, his } = await (await open(t)).meeting()
  carl.disconnect()
  for (let n = 0; n < 500; n += 1) his.send(`message ${n}`)
  assert.throws(() => his.send('one more'), { name: 'Refusal', reason: 'overloaded' })
  assert.equal(his.state.outgoing.length, 500)
})

test('a reply is taken before the event that came in the same read', async (t) => {
  const house = await open(t)
  const desk = await house.idleDesk()
  let held
  let assigned
  /** Delivers all held frames at once, as a socket does after it has read several. */
  class Bursting extends WebSocket {
    set onmessage(take) {
      super.onmessage = (event) => {
        if (!held) return take(event)
        held.push(() => take(event))
        if (event.data.includes('"assigned"')) assigned()
      }
    }
  }
  const page = house.carl({ transport: Bursting }).company('acme')
  await until(page, ({ availability }) => availability.available)
  const allHeld = new Promise((resolve) => (assigned = resolve))
  held = []
  const asked = page.book({ topic: 'tax' })
  await desk.accept((await until(desk, ({ offer }) => offer)).offer.id)
  await allHeld
  for (const say of held.splice(0)) say()
  held = undefined
  assert.equal((await asked).state, 'offering')
  assert.equal(page.state.booking.state, 'assigned')
})

test('what can be booked is kept whole, though only changes are told', async (t) => {
  const house = await open(t)
  await house.server.ask('PUT', '/v1/companies/acme/employees/ann', { topics: ['tax', 'law'] })
  await house.server.ask('PUT', '/v1/companies/acme/employees/bob', { topics: ['fun'] })
  const desk = await house.idleDesk()
  const page = house.carl().company('acme')
  const one = { available: true, idle: 1 }
  const none = { available: false, idle: 0 }
  const first = await until(page, ({ availability }) => availability.available)
  assert.deepEqual(first.availability, { available: true, idle: 1, topics: { fun: none, law: one, tax: one } })
  await house.server.ask('PUT', '/v1/companies/acme/employees/bob', { topics: ['art'] })
  const then = await until(page, ({ availability }) => 'art' in availability.topics)
  assert.deepEqual(Object.entries(then.availability.topics), [['art', none], ['law', one], ['tax', one]])
  await desk.setStatus('offline')
  const last = await until(page, ({ availability }) => !availability.available)
  assert.deepEqual(last.availability, { available: false, idle: 0, topics: { art: none, law: none, tax: none } })
})
