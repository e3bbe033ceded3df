// A back end's requests over HTTP, and the events that people on their sockets receive from these.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { assertTime, employeeToken, openWorld } from './people.mjs'
import { token } from './server.mjs'

const NOBODY = '01890000-0000-7000-8000-000000000000'
const DEFAULTS = {
  offer_timeout_ms: 15000,
  delivery_timeout_ms: 3000,
  booking_deadline_ms: 120000,
  max_missed: 2,
  employee_grace_ms: 10000,
  intent_lapse_ms: 1800000,
  client_grace_ms: 15000,
  session_grace_ms: 60000,
  wrap_up_ms: 0,
  history_days: 0,
}

test('the server says that it is alive and ready, without a key', async (t) => {
  const { server } = await openWorld(t)
  for (const path of ['/healthz', '/readyz']) {
    assert.equal((await server.http('GET', path, undefined, { key: null })).status, 200, path)
  }
})

test('without an api key or a token everything under /v1 is 401', async (t) => {
  const { server } = await openWorld(t)
  const forged = token({ sub: 'boss', role: 'admin', company: 'acme' }, { secret: 'a secret of somebody else' })
  for (const key of [null, '', 'wrong', forged]) {
    for (const path of ['/v1/companies', '/v1/companies/acme', '/v1/companies/nowhere']) {
      const answer = await server.http('GET', path, undefined, { key })
      assert.equal(answer.status, 401, `${path} with key ${key}`)
      assert.match(answer.type, /^application\/problem\+json/)
      assert.equal(answer.body.reason, 'unauthorized')
    }
  }
})

test('a company is made, read, replaced, changed and removed', async (t) => {
  const { server } = await openWorld(t)
  const path = '/v1/companies/globex'
  const made = await server.http('PUT', path, { name: 'Globex', settings: { offer_timeout_ms: 700 } })
  assert.equal(made.status, 201)
  const { created_at, ...rest } = made.body
  assertTime(created_at)
  const expected = { id: 'globex', name: 'Globex', settings: { ...DEFAULTS, offer_timeout_ms: 700 }, colour: null, logo: null }
  assert.deepEqual(rest, expected)
  assert.deepEqual(await server.ask('GET', path), made.body)

  const replaced = await server.http('PUT', path, { name: 'Globex Ltd', settings: { max_missed: 5 } })
  assert.deepEqual([replaced.status, replaced.body.created_at], [200, created_at])
  assert.deepEqual(replaced.body.settings, { ...DEFAULTS, max_missed: 5 })

  const changed = await server.ask('PATCH', path, { settings: { wrap_up_ms: 50 } })
  assert.deepEqual([changed.name, changed.settings], ['Globex Ltd', { ...DEFAULTS, max_missed: 5, wrap_up_ms: 50 }])

  for (const time of ['first', 'second']) {
    const answer = await server.http('DELETE', path)
    assert.deepEqual([answer.status, answer.body], [204, ''], `${time} time`)
  }
  await server.refused(404, 'unknown_company', 'GET', path)
})

test('settings that contradict each other are refused by name', async (t) => {
  const { server } = await openWorld(t)
  const path = '/v1/companies/globex'
  for (const [settings, first, second] of [
    [{ offer_timeout_ms: 2001, booking_deadline_ms: 2000 }, 'offer_timeout_ms', 'booking_deadline_ms'],
    [{ booking_deadline_ms: 14_999 }, 'offer_timeout_ms', 'booking_deadline_ms'],
    [{ intent_lapse_ms: 1 }, 'employee_grace_ms', 'intent_lapse_ms'],
  ]) {
    for (const [method, at] of [['PUT', path], ['PATCH', '/v1/companies/acme']]) {
      const refused = await server.http(method, at, { settings })
      assert.deepEqual([refused.status, refused.body.reason], [422, 'invalid'], JSON.stringify(settings))
      assert.ok(refused.body.detail.includes(first) && refused.body.detail.includes(second), refused.body.detail)
    }
  }
  assert.equal((await server.http('GET', path)).status, 404)
  const equal = { offer_timeout_ms: 2000, booking_deadline_ms: 2000, employee_grace_ms: 5, intent_lapse_ms: 5 }
  assert.equal((await server.http('PUT', path, { settings: equal })).status, 201)
})

test('an employee is made, read, replaced, changed and removed', async (t) => {
  const { server } = await openWorld(t)
  const path = '/v1/companies/acme/employees/ann'
  const made = await server.http('PUT', path, { name: 'Ann', topics: ['tax'] })
  assert.equal(made.status, 201)
  const { since, ...rest } = made.body
  assertTime(since)
  assert.deepEqual(rest, { id: 'ann', name: 'Ann', topics: ['tax'], status: 'offline', intent: 'offline' })
  assert.deepEqual(await server.ask('GET', path), made.body)

  const replaced = await server.http('PUT', path, { name: 'Ann B.', topics: [] })
  assert.deepEqual([replaced.status, replaced.body.name, replaced.body.topics], [200, 'Ann B.', []])
  const changed = await server.ask('PATCH', path, { topics: ['law'] })
  assert.deepEqual([changed.name, changed.topics], ['Ann B.', ['law']])

  assert.equal((await server.http('DELETE', path)).status, 204)
  assert.equal((await server.http('DELETE', path)).status, 204)
  await server.refused(404, 'unknown_employee', 'GET', path)
  await server.refused(404, 'unknown_company', 'PUT', '/v1/companies/nowhere/employees/ann', { name: 'Ann', topics: [] })
})

test('an unknown or bad field is 422 and named', async (t) => {
  const { server } = await openWorld(t)
  const company = '/v1/companies/acme'
  const employee = `${company}/employees/ann`
  await server.ask('PUT', employee, { name: 'Ann', topics: [] })
  const bad = [
    ['PUT', company, { name: 'A', settings: { offer_timeout: 5 } }, 'offer_timeout'],
    ['PUT', company, { name: 'A', settings: { offer_timeout_ms: 'soon' } }, 'offer_timeout_ms'],
    ['PUT', company, { name: 'A', settings: { max_missed: -1 } }, 'max_missed'],
    ['PUT', company, { name: 'A', settings: { session_grace_ms: 1.5 } }, 'session_grace_ms'],
    ['PUT', company, { name: 7, settings: {} }, 'name'],
    ['PUT', company, { name: 'A', settings: {}, colour: 'red' }, 'colour'],
    ['PATCH', company, { settings: { wrap_up_ms: 'long' } }, 'wrap_up_ms'],
    ['PUT', employee, { name: 'Ann', topics: 'tax' }, 'topics'],
    ['PUT', employee, { name: 'Ann', topics: ['x'.repeat(129)] }, 'topics'],
    ['PUT', employee, { name: 'Ann', topics: [], status: 'idle' }, 'status'],
    ['POST', `${employee}/status`, { status: 'busy' }, 'status'],
    ['POST', `${employee}/status`, {}, 'status'],
  ]
  for (const [method, path, body, field] of bad) {
    const problem = await server.refused(422, 'invalid', method, path, body)
    assert.ok(problem.detail.includes(field), `"${problem.detail}" names ${field}`)
  }
  assert.equal((await server.ask('GET', company)).name, 'acme', 'nothing was changed')
})

test('what is not there is 404 with its reason', async (t) => {
  const { server } = await openWorld(t)
  const company = '/v1/companies/acme'
  await server.refused(404, 'unknown_company', 'GET', '/v1/companies/nowhere')
  await server.refused(404, 'unknown_company', 'GET', '/v1/companies/nowhere/availability')
  await server.refused(404, 'unknown_employee', 'POST', `${company}/employees/ann/status`, { status: 'idle' })
  await server.refused(404, 'unknown_booking', 'GET', `${company}/bookings/${NOBODY}`)
  await server.refused(404, 'unknown_booking', 'POST', `${company}/bookings/${NOBODY}/cancel`, {})
  await server.refused(404, 'unknown_session', 'GET', `${company}/sessions/${NOBODY}/messages`)
  await server.refused(404, 'unknown_session', 'POST', `${company}/sessions/${NOBODY}/end`, {})
})

test('lists are paged by a cursor until next is null', async (t) => {
  const { server } = await openWorld(t)
  const ids = ['e1', 'e2', 'e3', 'e4', 'e5']
  for (const id of ids) await server.ask('PUT', `/v1/companies/acme/employees/${id}`, { name: id, topics: [] })
  for (const id of ids) await server.ask('PUT', `/v1/companies/${id}`, { name: id, settings: {} })
  assert.deepEqual(await pages(server, '/v1/companies/acme/employees', 2), [['e1', 'e2'], ['e3', 'e4'], ['e5']])
  assert.deepEqual(await pages(server, '/v1/companies', 4), [['acme', 'e1', 'e2', 'e3'], ['e4', 'e5']])
  await server.refused(422, 'invalid', 'GET', '/v1/companies?limit=many')
})

test('employees are listed by status and topic', async (t) => {
  const world = await openWorld(t)
  await world.employee('ann', { topics: ['tax'] })
  await world.employee('bob', { topics: ['law'] })
  await world.employee('cid', { topics: ['tax'], idle: false })
  const ids = async (query) => (await world.http('GET', `/employees?${query}`)).items.map(({ id }) => id)
  assert.deepEqual(await ids('status=idle'), ['ann', 'bob'])
  assert.deepEqual(await ids('topic=tax'), ['ann', 'cid'])
  assert.deepEqual(await ids('status=idle&topic=tax'), ['ann'])
  await world.server.refused(422, 'invalid', 'GET', '/v1/companies/acme/employees?status=asleep')
})

test('employees and companies are listed by how their ids begin', async (t) => {
  const { server } = await openWorld(t)
  const all = ['a', 'ab', 'ab-c', 'abz', 'ac', 'b']
  for (const id of all) await server.ask('PUT', `/v1/companies/acme/employees/${id}`, {})
  for (const id of all) await server.ask('PUT', `/v1/companies/${id}`, {})
  for (const path of ['/v1/companies/acme/employees', '/v1/companies']) {
    assert.deepEqual(await pages(server, `${path}?prefix=ab`, 2), [['ab', 'ab-c'], ['abz']])
    assert.deepEqual(await pages(server, `${path}?prefix=b`, 2), [['b']])
    assert.deepEqual(await pages(server, `${path}?prefix=abc`, 2), [[]])
    assert.deepEqual((await pages(server, `${path}?prefix=`, 2)).flat().filter((id) => id !== 'acme'), all)
  }
})

test('availability names who is idle in the order in which they would be asked', async (t) => {
  const world = await openWorld(t)
  await world.employee('zoe', { topics: ['tax'] })
  await world.employee('ann')
  await world.employee('mia', { topics: ['law'] })
  await world.employee('off', { idle: false })
  const all = await world.http('GET', '/availability')
  assert.deepEqual([all.available, all.idle, all.items.map(({ id }) => id)], [true, 3, ['zoe', 'ann', 'mia']])
  assert.deepEqual(Object.keys(all.items[0]).sort(), ['id', 'name', 'since', 'topics'])
  const since = all.items.map((employee) => employee.since)
  assert.deepEqual(since, [...since].sort())
  const tax = await world.http('GET', '/availability?topic=tax')
  assert.deepEqual([tax.available, tax.idle, tax.items.map(({ id }) => id)], [true, 2, ['zoe', 'ann']])
})

test('an admin sets the status of an employee', async (t) => {
  const world = await openWorld(t)
  const ann = await world.employee('ann', { idle: false })
  const idle = await world.http('POST', '/employees/ann/status', { status: 'idle' })
  assert.deepEqual([idle.id, idle.status, idle.intent], ['ann', 'idle', 'idle'])
  assert.equal((await ann.status('idle')).cause, 'set_by_admin')
  const carl = await world.client('carl')
  await carl.book()
  const offer = await ann.offer()
  const off = await world.http('POST', '/employees/ann/status', { status: 'offline' })
  assert.deepEqual([off.status, off.intent], ['offline', 'offline'])
  assert.equal(await ann.outcome(offer), 'went_offline')
})

test('an admin cancels a booking: everyone is told', async (t) => {
  const world = await openWorld(t)
  const ann = await world.employee('ann')
  const carl = await world.client('carl')
  const booking = await carl.book()
  const offer = await ann.offer()
  const cancelled = await world.http('POST', `/bookings/${booking.id}/cancel`, {})
  assert.deepEqual([cancelled.id, cancelled.state, cancelled.reason], [booking.id, 'cancelled', 'closed_by_admin'])
  assert.equal((await carl.booking('cancelled')).reason, 'closed_by_admin')
  assert.equal(await ann.outcome(offer), 'withdrawn_by_admin')
  await carl.line.refused('booking_closed', 'cancel', { booking_id: booking.id })
})

test('an admin ends a session: both are told', async (t) => {
  const world = await openWorld(t)
  const { session, his, hers } = await world.meeting()
  const ended = await world.http('POST', `/sessions/${session.id}/end`, {})
  assert.deepEqual([ended.id, ended.ended_by], [session.id, 'admin'])
  for (const line of [his, hers]) assert.deepEqual((await line.next('ended')).session, ended)
  assert.deepEqual(await world.http('POST', `/sessions/${session.id}/end`, {}), ended, 'the same answer again')
})

test('bookings, sessions and messages can be read back', async (t) => {
  const world = await openWorld(t)
  const { ann, carl, booking, session, his, hers } = await world.meeting()
  for (const body of ['one', 'two', 'three']) await his.push('message', { body })
  await hers.push('end')
  await ann.status('idle')
  const second = await (await world.client('dora')).book()
  await ann.reject(await ann.offer())

  const ids = async (path) => (await world.http('GET', path)).items.map(({ id }) => id)
  assert.deepEqual((await ids('/bookings')).sort(), [booking.id, second.id].sort())
  assert.deepEqual(await ids('/bookings?state=assigned'), [booking.id])
  assert.deepEqual(await ids('/bookings?state=unanswered'), [second.id])
  assert.deepEqual(await ids('/bookings?client=dora'), [second.id])
  assert.deepEqual((await ids('/bookings?employee=ann')).includes(booking.id), true)
  assert.deepEqual(await ids(`/bookings?from=${encodeURIComponent(second.created_at)}`), [second.id])
  assert.deepEqual(await ids('/bookings?to=2001-01-01T00:00:00.000Z'), [])
  assert.deepEqual(await ids('/sessions'), [session.id])

  const read = await world.booking(booking.id)
  assert.deepEqual([read.session.id, read.employee.id, read.offers.length], [session.id, 'ann', 1])
  const messages = await world.http('GET', `/sessions/${session.id}/messages`)
  assert.deepEqual(messages.items.map(({ from, body }) => [from, body]), [['client', 'one'], ['client', 'two'], ['client', 'three']])
  assert.equal(messages.next, null)
  const [, saidNext] = messages.items
  const since = await world.http('GET', `/sessions/${session.id}/messages?from=${encodeURIComponent(saidNext.at)}`)
  assert.ok(since.items.some(({ id }) => id === saidNext.id))
  assert.deepEqual((await world.http('GET', `/sessions/${session.id}/messages?to=2001-01-01T00:00:00Z`)).items, [])
  const first = await world.http('GET', `/sessions/${session.id}/messages?limit=2`)
  const rest = await world.http('GET', `/sessions/${session.id}/messages?limit=2&after=${encodeURIComponent(first.next)}`)
  assert.deepEqual([...first.items, ...rest.items], messages.items)
  // A cursor is a position: before the newest item, where nothing is, and behind the oldest.
  const afterId = (start) => ids(`/bookings?after=${start}-0000-7000-8000-000000000000`)
  assert.deepEqual(await afterId('ffffffff'), await ids('/bookings'))
  assert.deepEqual(await afterId('00000000'), [])
  assert.equal(carl.line.all('booking').at(-1).booking.id, booking.id)
})

test('new settings count for the next booking', async (t) => {
  const world = await openWorld(t)
  const ann = await world.employee('ann')
  await world.server.ask('PATCH', '/v1/companies/acme', { settings: { offer_timeout_ms: 300 } })
  await (await world.client('carl')).book()
  assert.equal(await ann.outcome(await ann.offer()), 'timed_out')
})

test('with auto_provision the first valid token makes its company and employee', async (t) => {
  const world = await openWorld(t, { env: { SWITCHBOARD_AUTO_PROVISION: 'true' } })
  const ann = world.person('ann', { role: 'employee', company: 'newco', name: 'Ann Lee', topics: ['tax'] })
  const line = ann.on('employee:newco:ann')
  const snapshot = await line.join()
  assert.deepEqual([snapshot.status, snapshot.intent, snapshot.offer, snapshot.session], ['offline', 'offline', null, null])
  const made = await world.server.ask('GET', '/v1/companies/newco/employees/ann')
  assert.deepEqual([made.name, made.topics], ['Ann Lee', ['tax']])
})

test('without auto_provision a token makes nothing', async (t) => {
  const world = await openWorld(t)
  const raw = await world.raw(employeeToken('ann', 'newco'))
  const reply = await raw.ask(['1', '1', 'employee:newco:ann', 'phx_join', {}])
  assert.deepEqual([reply[4].status, reply[4].response.reason], ['error', 'unknown_company'])
  await world.server.refused(404, 'unknown_company', 'GET', '/v1/companies/newco')
})

async function pages(server, path, limit) {
  const found = []
  for (let after; after !== null; ) {
    const page = await server.ask('GET', `${path}${path.includes('?') ? '&' : '?'}limit=${limit}${after ? `&after=${encodeURIComponent(after)}` : ''}`)
    assert.deepEqual(Object.keys(page).sort(), ['items', 'next'])
    found.push(page.items.map(({ id }) => id))
    after = page.next
  }
  return found
}
