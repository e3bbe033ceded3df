// A client's bookings: the availability, the limits, and a rush of many clients.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { openWorld } from './people.mjs'
import { API_KEY, token } from './server.mjs'

test('with nobody idle a booking is refused, and the client is told when that changes', async (t) => {
  const world = await openWorld(t)
  const ann = await world.employee('ann', { idle: false })
  assert.deepEqual([ann.joined.status, ann.joined.intent], ['offline', 'offline'])
  const carl = await world.client('carl')
  assert.deepEqual(carl.joined.availability, { available: false, idle: 0, topics: {} })
  await carl.line.refused('no_idle_employee', 'book', { topic: 'billing' })

  await ann.setStatus('idle')
  const now = await carl.line.next('availability', undefined, ({ available }) => available, 'available')
  assert.deepEqual(now, { available: true, idle: 1, topics: {} })
  await carl.book()
  await carl.line.next('availability', undefined, ({ available }) => !available, 'not available')
})

test('availability counts per topic that employees name', async (t) => {
  const world = await openWorld(t)
  await world.employee('bill', { topics: ['billing'] })
  await world.employee('tom', { topics: ['tax', 'billing'] })
  await world.employee('lee', { topics: ['law'], idle: false })
  const { joined } = await world.client('carl')
  assert.deepEqual(joined.availability, {
    available: true,
    idle: 2,
    topics: {
      billing: { available: true, idle: 2 },
      law: { available: false, idle: 0 },
      tax: { available: true, idle: 1 },
    },
  })
})

test('a client with an open booking, or a running session, is already_booked', async (t) => {
  const world = await openWorld(t)
  const [ann] = [await world.employee('ann'), await world.employee('bob')]
  const carl = await world.client('carl')
  const booking = await carl.book()
  const first = await carl.line.refused('already_booked', 'book', { topic: 'billing' })
  assert.deepEqual([first.booking.id, first.booking.state], [booking.id, 'offering'])

  const session = await ann.accept(await ann.offer())
  await carl.booking('assigned')
  const second = await carl.line.refused('already_booked', 'book', { topic: 'billing' })
  assert.deepEqual([second.booking.id, second.booking.session.id], [booking.id, session.id])
  assert.equal((await world.client('carl')).joined.booking.id, booking.id)
})

test('the same key from the same client gives the same booking again, also after its end', async (t) => {
  const world = await openWorld(t)
  const ann = await world.employee('ann')
  await world.employee('bob')
  const [carl, dora] = [await world.client('carl'), await world.client('dora')]
  const booking = await carl.book('billing', { key: 'k-1' })
  assert.equal((await carl.book('billing', { key: 'k-1' })).id, booking.id)
  assert.notEqual((await dora.book('billing', { key: 'k-1' })).id, booking.id)
  await carl.cancel(booking)
  const again = await carl.book('billing', { key: 'k-1' })
  assert.deepEqual([again.id, again.state], [booking.id, 'cancelled'])
  assert.equal(ann.line.all('offer').length, 1)
})

test('two books with one key at the same time make one booking', async (t) => {
  const world = await openWorld(t)
  await world.employee('ann')
  await world.employee('bob')
  const [phone, laptop] = [await world.client('carl'), await world.client('carl')]
  const [one, other] = await Promise.all([phone.book('billing', { key: 'k' }), laptop.book('billing', { key: 'k' })])
  assert.equal(one.id, other.id)
})

test('a cancel repeated gives the same booking; of an assigned or ended one it is booking_closed', async (t) => {
  const world = await openWorld(t)
  const ann = await world.employee('ann')
  const carl = await world.client('carl')
  const cancelled = await carl.cancel(await carl.book())
  assert.equal(cancelled.state, 'cancelled')
  assert.deepEqual(await carl.cancel(cancelled), cancelled)
  await ann.outcome(await ann.offer())

  const booking = await carl.book()
  const session = await ann.accept(await ann.offer())
  await carl.booking('assigned')
  await carl.line.refused('booking_closed', 'cancel', { booking_id: booking.id })
  await (await carl.session(session)).push('end')
  await carl.line.refused('booking_closed', 'cancel', { booking_id: booking.id })

  const declined = await carl.book()
  await ann.reject(await ann.offer())
  await carl.booking('unanswered')
  await carl.line.refused('booking_closed', 'cancel', { booking_id: declined.id })
  await carl.line.refused('unknown_booking', 'cancel', { booking_id: '01890000-0000-7000-8000-000000000000' })
})

test('one client begins twenty searches at once and then one a second; repeats and refusals count for nothing', async (t) => {
  const world = await openWorld(t)
  const [carl, dora] = [await world.client('carl'), await world.client('dora')]
  for (let i = 0; i < 30; i++) await carl.line.refused('no_idle_employee', 'book', { topic: 'billing' })
  const ann = await world.employee('ann')
  const began = Date.now()
  let [last, begun, answer] = [undefined, 0, undefined]
  for (; begun < 100; begun++) {
    answer = await carl.line.ask('book', { topic: 'billing', key: `key ${begun}` })
    if (answer.status === 'error') break
    last = answer.response.booking
    // A few repeats, which must not count. More of them would keep a slow machine from ever meeting the limit.
    if (begun < 5) assert.equal((await carl.book('billing', { key: `key ${begun}` })).id, last.id)
    await carl.cancel(last)
  }
  assert.ok(begun >= 20 && begun <= 21 + (Date.now() - began) / 1000, `${begun} searches in ${Date.now() - began} ms`)
  const limited = answer.response
  assert.equal(limited.reason, 'rate_limited', JSON.stringify(answer))
  assert.ok(limited.retry_in_ms > 0 && limited.retry_in_ms <= 1000, JSON.stringify(limited))
  assert.equal((await carl.book('billing', { key: `key ${begun - 1}` })).id, last.id, 'a repeat is answered all the same')
  await ann.line.next('offer', undefined, ({ offer }) => offer.booking_id === last.id)
  assert.equal(ann.line.all('offer').length, begun, 'nobody was asked for what was refused')
  await dora.cancel(await dora.book())
  await new Promise((done) => setTimeout(done, limited.retry_in_ms))
  await carl.book()
})

test('a bad field of a booking is invalid and named', async (t) => {
  const world = await openWorld(t)
  await world.employee('ann')
  const carl = await world.client('carl')
  const bad = {
    topic: [{}, { topic: '' }, { topic: 7 }, { topic: 'x'.repeat(129) }],
    note: [{ topic: 'billing', note: 'x'.repeat(4 * 1024) }],
    key: [{ topic: 'billing', key: 'x'.repeat(65) }, { topic: 'billing', key: 7 }],
  }
  for (const [field, payloads] of Object.entries(bad)) {
    for (const payload of payloads) {
      const { message } = await carl.line.refused('invalid', 'book', payload)
      assert.ok(message.includes(field), `"${message}" names ${field}`)
    }
  }
  await carl.book('x'.repeat(128), { note: 'x'.repeat(4 * 1024 - 2), key: 'x'.repeat(64) })
})

test('600 clients on 40 idle employees: 40 sessions, 560 clear refusals, nobody twice', async (t) => {
  // All people run in one process, which is slow to receive its own offers.
  const world = await openWorld(t, { settings: { offer_timeout_ms: 60_000, booking_deadline_ms: 120_000 } })
  const employees = await inGroups(numbered('employee', 40), (id) => world.employee(id))
  const clients = await inGroups(numbered('client', 600), (id) => world.client(id))

  const [sessions, answers] = await Promise.all([
    Promise.all(employees.map(async (employee) => employee.accept(await employee.offer()))),
    Promise.all(clients.map((client) => client.line.ask('book', { topic: 'billing' }))),
  ])

  const booked = answers.filter(({ status }) => status === 'ok')
  const refused = answers.filter(({ status }) => status === 'error')
  assert.deepEqual([booked.length, refused.length], [40, 560])
  assert.deepEqual([...new Set(refused.map(({ response }) => response.reason))], ['no_idle_employee'])
  for (const who of ['id', 'client_id', 'employee_id', 'booking_id']) {
    assert.equal(new Set(sessions.map((session) => session[who])).size, 40, `40 different ${who}`)
  }
  assert.deepEqual(
    sessions.map((session) => session.booking_id).sort(),
    booked.map(({ response }) => response.booking.id).sort(),
  )
  assert.ok(employees.every((employee) => employee.line.all('offer').length === 1), 'one offer each')
  const lucky = clients.filter((client, i) => answers[i].status === 'ok')
  await Promise.all(lucky.map((client) => client.booking('assigned')))
})

function numbered(name, count) {
  return Array.from({ length: count }, (_, i) => `${name}-${i}`)
}

/** Works in groups, because connecting is not under test here. */
async function inGroups(items, act, size = 50) {
  const done = []
  for (let at = 0; at < items.length; at += size) {
    done.push(...(await Promise.all(items.slice(at, at + size).map(act))))
  }
  return done
}

test('an event of availability has only the topics that changed, and null for one that is gone', async (t) => {
  const world = await openWorld(t)
  const tom = await world.employee('tom', { topics: ['tax', 'billing'] })
  await world.employee('lee', { topics: ['law'] })
  const carl = await world.client('carl')
  assert.deepEqual(Object.keys(carl.joined.availability.topics), ['billing', 'law', 'tax'])
  const heard = () => carl.line.next('availability')
  await tom.setStatus('offline')
  const none = { available: false, idle: 0 }
  assert.deepEqual(await heard(), { available: true, idle: 1, topics: { billing: none, tax: none } })
  await world.http('PUT', '/employees/tom', { name: 'Tom', topics: ['tax', 'art'] })
  assert.deepEqual(await heard(), { available: true, idle: 1, topics: { art: none, billing: null } })
  await world.http('DELETE', '/employees/lee')
  assert.deepEqual(await heard(), { available: false, idle: 0, topics: { law: null } })
})

test('a client who names topics hears of these alone', async (t) => {
  const world = await openWorld(t)
  const tom = await world.employee('tom', { topics: ['tax'] })
  const lee = await world.employee('lee', { topics: ['law'] })
  const narrow = async (topics) => {
    const raw = await world.raw(token({ sub: 'zoe', role: 'client', company: 'acme' }))
    const reply = await raw.ask(['1', '1', 'company:acme', 'phx_join', { topics }])
    return { raw, ...reply[4] }
  }
  const { raw, response } = await narrow([' tax ', 'unheard of'])
  const one = { available: true, idle: 1 }
  assert.deepEqual(response.availability, { available: true, idle: 2, topics: { tax: one } })
  const heard = async () => (await raw.inbox.take((frame) => frame[3] === 'availability', 'availability'))[4]
  await lee.setStatus('offline')
  assert.deepEqual(await heard(), { available: true, idle: 1, topics: {} })
  // Neither the total nor `tax` changes here, so that the next event is about Tom.
  await world.http('PUT', '/employees/lee', { name: 'Lee', topics: ['art'] })
  await tom.setStatus('offline')
  assert.deepEqual(await heard(), { available: false, idle: 0, topics: { tax: { available: false, idle: 0 } } })
  assert.deepEqual((await narrow([])).response.availability, { available: false, idle: 0, topics: {} })
  assert.deepEqual((await narrow(null)).response.availability.topics, { art: { available: false, idle: 0 }, tax: { available: false, idle: 0 } })
  for (const topics of ['tax', [7], [' '], ['a\nb'], Array.from({ length: 65 }, (_, n) => `t${n}`)]) {
    const refused = await narrow(topics)
    assert.deepEqual([refused.status, refused.response.reason], ['error', 'invalid'], JSON.stringify(topics))
  }
})

test('a company has at most 2,000 topics, by whichever door they come', async (t) => {
  const world = await openWorld(t, { env: { SWITCHBOARD_AUTO_PROVISION: 'true' } })
  const { server } = world
  const topics = (from, count) => Array.from({ length: count }, (_, n) => `topic ${from + n}`)
  const send = async (lines) => {
    const body = lines.map((line) => JSON.stringify(line)).join('\n')
    const headers = { authorization: `Bearer ${API_KEY}`, 'content-type': 'application/x-ndjson' }
    const answer = await fetch(`${server.url}/v1/companies/acme/employees/import`, { method: 'POST', headers, body })
    return [answer.status, (await answer.json()).detail]
  }
  const all = Array.from({ length: 40 }, (_, n) => ({ id: `e${n}`, topics: topics(n * 50, 50) }))
  const [status, detail] = await send([...all, { id: 'more', topics: ['one more'] }])
  assert.equal(status, 422)
  assert.match(detail, /at most 2000/)
  assert.deepEqual((await world.http('GET', '/employees')).items, [], 'nothing of the file is taken')
  assert.equal((await send(all))[0], 200)
  const employee = '/v1/companies/acme/employees/new'
  assert.match((await server.refused(422, 'invalid', 'PUT', employee, { topics: ['one more'] })).detail, /`topics` .* at most 2000/)
  await server.ask('PUT', employee, { topics: topics(0, 3) })
  await server.refused(422, 'invalid', 'PATCH', employee, { topics: ['one more'] })
  const bob = world.person('bob', { role: 'employee', company: 'acme', topics: ['one more'] })
  assert.equal((await bob.on('employee:acme:bob').refusedJoin()).reason, 'invalid')
})
