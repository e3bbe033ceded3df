// History that answers questions: why a booking went as it did, what a company did over a time, and what is left of it.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import WebSocket from 'ws'
import { Employee, employeeToken, openWorld } from './people.mjs'
import { refusedUpgrade } from './server.mjs'

/** An employee's device that says of which kind it is. */
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
  // Ann, who said no, is idle again behind Bob: only who stands before him is passed over.
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
  await world.employee('ann', { idle: false })
  const ann = await deviceOfKind(world, 'ann', 'ios')
  await ann.setStatus('idle')
  const carl = await world.client('carl')
  const booking = await carl.book()
  const offer = await ann.offer()
  // The first answer comes behind the ping, so what is sent after it comes behind the pong.
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
