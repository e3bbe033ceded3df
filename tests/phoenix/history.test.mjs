// Questions to the history: why a booking went as it did, the statistics of a company, and the data left after erasure.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import WebSocket from 'ws'
import { Employee, employeeToken, openWorld } from './people.mjs'
import { API_KEY, refusedUpgrade } from './server.mjs'

/** An employee's device that reports its kind. */
async function deviceOfKind(world, id, device) {
  const params = { token: employeeToken(id, 'acme'), device }
  const employee = new Employee(world, 'acme', id, '', { transport: WebSocket, params })
  employee.joined = await employee.line.join()
  return employee
}

const timeline = async (world, booking) => (await world.http('GET', `/bookings/${booking.id}/timeline`)).steps
const why = ({ employees }) => employees.map(({ employee_id, why }) => [employee_id, why])

test('a timeline says who was asked, who was passed over, and why', async (t) => {
  const world = await openWorld(t)
  await world.employee('lea', { topics: ['law'] })
  const ann = await world.employee('ann', { topics: ['tax'] })
  const bob = await world.employee('bob')
  const eve = await world.employee('eve', { topics: ['tax'] })
  const carl = await world.client('carl')
  eve.drop()
  await carl.line.next('availability', undefined, ({ topics }) => topics.tax?.idle === 2, 'two for tax')
  const booking = await carl.book('tax')
  await ann.reject(await ann.offer(), 'at lunch')
  await bob.accept(await bob.offer())
  await carl.booking('assigned')

  const steps = await timeline(world, booking)
  const told = steps.filter(({ what }) => what !== 'delivered')
  assert.deepEqual(told.map(({ what }) => what), ['opened', 'offered', 'closed', 'offered', 'assigned'])
  const [opened, first, closed, second, assigned] = told
  assert.deepEqual([opened.client_id, opened.topic], ['carl', 'tax'])
  assert.deepEqual([first.employee_id, first.topics, first.behind], ['ann', ['tax'], 1])
  assert.deepEqual(why(first.passed_over), [['lea', 'wrong_topic'], ['eve', 'unreachable']])
  assert.ok(first.idle_since < first.at)
  assert.deepEqual([closed.employee_id, closed.outcome, closed.reason], ['ann', 'rejected', 'at lunch'])
  // Ann, who declined, is idle again behind Bob; only employees in front of Bob are passed over.
  assert.deepEqual([second.employee_id, second.attempt, second.behind], ['bob', 2, 1])
  assert.deepEqual(why(second.passed_over), [['lea', 'wrong_topic'], ['eve', 'unreachable']])
  assert.equal(assigned.employee_id, 'bob')
})

test('a search that finds nobody more says why each of those who are there was not asked', async (t) => {
  const world = await openWorld(t)
  const ann = await world.employee('ann')
  const bob = await world.employee('bob')
  const [carl, dora] = [await world.client('carl'), await world.client('dora')]
  await dora.book()
  const taken = await ann.offer()
  const booking = await carl.book()
  await bob.reject(await bob.offer())
  assert.equal((await carl.booking('unanswered')).reason, 'everyone_declined')
  const ended = (await timeline(world, booking)).at(-1)
  assert.deepEqual([ended.what, ended.state, ended.reason], ['ended', 'unanswered', 'everyone_declined'])
  assert.deepEqual(why(ended.passed_over), [['bob', 'already_asked'], ['ann', 'busy']])
  await ann.reject(taken)
})

test('the kind of the device that has an offer is told in the booking and its timeline', async (t) => {
  const world = await openWorld(t)
  await world.http('PUT', '/employees/ann', { name: 'Ann' })
  const ann = await deviceOfKind(world, 'ann', 'ios')
  await ann.setStatus('idle')
  const carl = await world.client('carl')
  const booking = await carl.book()
  const offer = await ann.offer()
  // The first answer comes after the ping, so that the second request is sent after the pong.
  for (const time of ['first', 'second']) assert.equal((await ann.setStatus('idle')).status, 'init', time)
  assert.equal((await world.booking(booking.id)).offers[0].delivered_to, 'ios')
  const delivered = (await timeline(world, booking)).find(({ what }) => what === 'delivered')
  assert.deepEqual([delivered.attempt, delivered.employee_id, delivered.device], [1, 'ann', 'ios'])
  const session = await ann.accept(offer)
  await (await ann.session(session)).push('end', { reason: 'answered' })
  const ended = (await timeline(world, booking)).at(-1)
  assert.deepEqual([ended.what, ended.ended_by, ended.reason], ['session_ended', 'employee', 'answered'])
})

test('a kind of device that is no word is refused before the upgrade', async (t) => {
  const world = await openWorld(t)
  for (const bad of ['iOS', '', 'x'.repeat(33), 'a b']) {
    const query = { device: bad }
    assert.equal(await refusedUpgrade(world.server, employeeToken('ann', 'acme'), { query }), 403, bad)
  }
})

test('a booking that is not there has no timeline', async (t) => {
  const world = await openWorld(t)
  await world.server.refused(404, 'unknown_booking', 'GET', '/v1/companies/acme/bookings/no/timeline')
  const nobody = '01890000-0000-7000-8000-000000000000'
  await world.server.refused(404, 'unknown_booking', 'GET', `/v1/companies/acme/bookings/${nobody}/timeline`)
})

/** A day at acme: Ann takes one booking and ends its session, then declines another one, which Bob takes. */
async function workingDay(world) {
  const ann = await world.employee('ann')
  const carl = await world.client('carl')
  await carl.book()
  const first = await ann.accept(await ann.offer())
  const room = await ann.session(first)
  await room.push('message', { body: 'hello' })
  await room.push('end', { reason: 'answered' })
  await ann.status('idle')
  const bob = await world.employee('bob')
  const dora = await world.client('dora')
  const booking = await dora.book('tax', { note: { from: 'dora' } })
  await ann.reject(await ann.offer(), 'at lunch')
  const second = await bob.accept(await bob.offer())
  return { ann, bob, carl, dora, first, second, booking }
}

test('statistics count what began in the time, and show what goes on now', async (t) => {
  const world = await openWorld(t)
  await workingDay(world)
  const day = await world.http('GET', '/statistics?within_s=5')
  assert.deepEqual([day.bookings.total, day.bookings.assigned, day.bookings.offering], [2, 2, 0])
  assert.deepEqual([day.within_s, day.bookings.assigned_within, day.bookings.service_level], [5, 2, 1])
  assert.equal(day.bookings.time_to_first_offer.max_ms, 0)
  assert.equal(day.bookings.time_to_answer.count, 2)
  const { made, accepted, rejected, acceptance_rate } = day.offers
  assert.deepEqual([made, accepted, rejected, acceptance_rate], [3, 2, 1, 0.6667])
  const { started, running, ended_by_employee, length } = day.sessions
  assert.deepEqual([started, running, ended_by_employee, length.count], [2, 1, 1, 1])
  const { idle, busy, offline, can_be_asked, open_bookings, running_sessions } = day.now
  assert.deepEqual([idle, busy, offline, can_be_asked, open_bookings, running_sessions], [1, 1, 0, 1, 0, 1])
  const spent = Object.values(day.time).reduce((sum, ms) => sum + ms)
  assert.ok(spent > 0 && day.time.busy_ms > 0, JSON.stringify(day.time))

  const before = await world.http('GET', '/statistics?from=2020-01-01T00:00:00Z&to=2020-02-01T00:00:00Z')
  assert.deepEqual([before.bookings.total, before.offers.made, before.sessions.started], [0, 0, 0])
  assert.equal(before.bookings.service_level, null)
  assert.deepEqual(before.time, { offline_ms: 0, idle_ms: 0, init_ms: 0, busy_ms: 0 })
})

test('each employee has statistics, page by page, and one alone has the same', async (t) => {
  const world = await openWorld(t)
  await workingDay(world)
  await world.http('PUT', '/employees/lea', { name: 'Lea' })
  const { items, next } = await world.http('GET', '/statistics/employees?limit=2')
  assert.deepEqual(items.map(({ id, offers }) => [id, offers.made, offers.accepted]), [['ann', 2, 1], ['bob', 1, 1]])
  const rest = await world.http('GET', `/statistics/employees?limit=2&after=${next}`)
  assert.deepEqual([rest.items.map(({ id }) => id), rest.next], [['lea'], null])
  assert.equal(rest.items[0].time.busy_ms, 0)
  const to = encodeURIComponent(new Date(Date.now() + 60000).toISOString())
  const ann = await world.http('GET', `/employees/ann/statistics?to=${to}`)
  assert.deepEqual(ann.offers, items[0].offers)
  assert.ok(ann.time.busy_ms > 0)
  // A removed employee's offers stay in the statistics, without a name and a status.
  await world.http('DELETE', '/employees/ann')
  const removed = await world.http('GET', '/employees/ann/statistics')
  assert.deepEqual([removed.name, removed.time, removed.offers.made], [null, null, 2])
  await world.server.refused(404, 'unknown_employee', 'GET', '/v1/companies/acme/employees/nobody/statistics')
})

test('statistics come as CSV by format or by Accept', async (t) => {
  const world = await openWorld(t)
  await workingDay(world)
  await world.http('PATCH', '/employees/ann', { name: '=SUM(A1)' })
  const path = '/v1/companies/acme/statistics/employees?limit=1'
  const answer = await world.server.http('GET', `${path}&format=csv`)
  assert.match(answer.type, /^text\/csv/)
  const [head, row, end] = answer.body.split('\n')
  assert.ok(head.startsWith('id,name,offers.made,offers.open,offers.accepted,'), head)
  assert.ok(row.startsWith("ann,'=SUM(A1),2,0,1,"), row)
  assert.equal(end, '')
  const asked = await fetch(world.server.url + path, {
    headers: { authorization: `Bearer ${API_KEY}`, accept: 'text/csv' },
  })
  assert.equal(asked.headers.get('link'), '<?limit=1&after=ann>; rel="next"')
  assert.equal((await asked.text()).split('\n')[0], head)
  assert.equal((await world.server.http('GET', '/v1/companies/acme/statistics?format=csv')).body.split('\n').length, 3)
})

test('a bad question for statistics names what is wrong', async (t) => {
  const world = await openWorld(t)
  for (const query of [
    'from=2026-01-02T00:00:00Z&to=2026-01-01T00:00:00Z',
    'from=2020-01-01T00:00:00Z&to=2026-01-01T00:00:00Z',
    'from=yesterday',
    'within_s=86401',
    'format=xml',
    'other=1',
  ]) {
    await world.server.refused(422, 'invalid', 'GET', `/v1/companies/acme/statistics?${query}`)
  }
  await world.server.refused(404, 'unknown_company', 'GET', '/v1/companies/nowhere/statistics')
})

const lines = (text) => text.trimEnd().split('\n').map((line) => JSON.parse(line))
const ofKind = (all, kind) => all.filter((line) => line.kind === kind)

test('an export has all of a company, line by line, and says at its end how much it was', async (t) => {
  const world = await openWorld(t)
  await world.company('other')
  const { first, booking } = await workingDay(world)
  const answer = await world.server.http('GET', '/v1/companies/acme/export')
  assert.deepEqual([answer.status, answer.type], [200, 'application/x-ndjson'])
  const all = lines(answer.body)
  const counts = { companies: 1, employees: 2, bookings: 2, offers: 3, sessions: 2, messages: 1, notes: 0, events: 0 }
  assert.deepEqual(all.at(-1), { kind: 'end', ...counts })
  assert.deepEqual(ofKind(all, 'company').map(({ id }) => id), ['acme'])
  assert.deepEqual(ofKind(all, 'employee').map(({ id, name }) => [id, name]), [['ann', 'Ann'], ['bob', 'Bob']])
  const exported = ofKind(all, 'booking').find(({ id }) => id === booking.id)
  assert.deepEqual([exported.client_id, exported.note, exported.offers], ['dora', { from: 'dora' }, 2])
  assert.deepEqual(exported.asked.map(({ employee_id, outcome }) => [employee_id, outcome]), [
    ['ann', 'rejected'],
    ['bob', 'accepted'],
  ])
  const [message] = ofKind(all, 'message')
  assert.deepEqual([message.session_id, message.from, message.body], [first.id, 'employee', 'hello'])

  const events = ofKind(lines((await world.server.http('GET', '/v1/companies/acme/export?events=true')).body), 'event')
  assert.deepEqual(events.map(({ seq }) => seq), events.map((_, n) => n + 1))
  assert.ok(events.some(({ event }) => event.booking_opened?.client === 'dora'))
  await world.server.refused(404, 'unknown_company', 'GET', '/v1/companies/nowhere/export')
  await world.server.refused(422, 'invalid', 'GET', '/v1/companies/acme/export?events=maybe')
})

test('a client and an employee are erased when nothing of them is open', async (t) => {
  const world = await openWorld(t)
  const { ann, dora, second } = await workingDay(world)
  const acme = '/v1/companies/acme'
  await world.server.refused(409, 'still_open', 'DELETE', `${acme}/clients/dora/data`)
  await world.server.refused(409, 'still_open', 'DELETE', `${acme}/employees/ann/data`)
  for (const time of ['first', 'second']) {
    assert.equal((await world.server.http('DELETE', `${acme}/clients/carl/data`)).status, 204, time)
  }
  // A client in a session stays there, and all people can continue.
  assert.equal((await dora.session(second)).joined.session.ended_at, null)
  await ann.setStatus('offline')
  await world.http('DELETE', '/employees/ann')
  assert.equal((await world.server.http('DELETE', `${acme}/employees/ann/data`)).status, 204)
  const all = (await world.server.http('GET', `${acme}/export?events=true`)).body
  for (const word of ['carl', 'hello', 'answered', '"ann"', '"Ann"', 'at lunch']) assert.ok(!all.includes(word), word)
  for (const word of ['dora', 'bob', 'erased-']) assert.ok(all.includes(word), word)
  assert.equal((await world.server.http('DELETE', '/v1/companies/nowhere/clients/carl/data')).status, 204)
})
