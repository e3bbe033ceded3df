// A company with a routing: the line for a client; pauses, wrap-ups, codes and several sessions for an employee.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isOpen } from '../dist/index.js'
import { open, refused, until } from './people.mjs'

const MINUTE_MS = 60_000
/** The server's times and this device's clock may differ by so much of waiting and rounding. */
const ABOUT_MS = 5_000

async function routed(t, routing, options) {
  const house = await open(t, options)
  await house.server.ask('PUT', '/v1/companies/acme/routing', routing)
  return house
}

function isAbout(moment, inMs) {
  const left = moment - performance.now()
  assert.ok(Math.abs(left - inMs) < ABOUT_MS, `${left} ms are left, not ${inMs}`)
}

test('a client who waits is told the place, and is served in turn', async (t) => {
  const house = await routed(t, { routes: [{ steps: [{}], wait: { max_ms: 30 * MINUTE_MS } }] })
  const desk = await house.idleDesk()
  const [carl, dora] = ['carl', 'dora'].map((sub) => house.person({ sub, role: 'client' }).company('acme'))
  await carl.book({ topic: 'tax' })
  const session = await desk.accept((await until(desk, ({ offer }) => offer)).offer.id)
  const waits = await dora.book({ topic: 'tax' })
  assert.deepEqual([waits.state, waits.waiting.place, waits.waiting.on_duty, isOpen(waits)], ['waiting', 1, 1, true])
  await until(carl, ({ availability }) => availability.waiting === 1)
  const board = house.boss().board('acme')
  await until(board, ({ bookings }) => bookings.get(waits.id)?.waiting)
  await house.server.ask('POST', `/v1/companies/acme/sessions/${session.id}/end`, {})
  const { offer } = await until(desk, ({ offer }) => offer)
  assert.ok(offer.waited_ms >= 0, JSON.stringify(offer))
  const { booking } = await until(dora, ({ booking }) => booking.state === 'offering')
  assert.equal(booking.waiting, undefined)
  await until(carl, ({ availability }) => availability.waiting === undefined)
})

test('a pause has a reason and an end, also for a device that comes later', async (t) => {
  const house = await routed(t, { pause_reasons: ['lunch'] })
  const desk = await house.idleDesk()
  await refused(desk.pause({ reason: 'sleep' }), 'invalid')
  await desk.pause({ reason: 'lunch', for_ms: 20 * MINUTE_MS })
  const told = await until(desk, ({ pause }) => pause)
  assert.deepEqual([told.intent, told.pause.reason], ['offline', 'lunch'])
  isAbout(told.pause_ends_at, 20 * MINUTE_MS)
  const other = await until(house.ann().employee('acme', 'ann'), () => true)
  assert.deepEqual([other.pause, other.pause_reasons], [told.pause, ['lunch']])
  isAbout(other.pause_ends_at, 20 * MINUTE_MS)
  await desk.setStatus('idle')
  await until(desk, ({ pause, pause_ends_at }) => pause === null && pause_ends_at === null)
})

test('several sessions run at once, and each wrap-up is extended, coded and finished', async (t) => {
  const routing = { wrap_up: { max_ms: 10 * MINUTE_MS, codes: ['solved'] }, rest: { rejected_ms: MINUTE_MS } }
  const house = await routed(t, routing, { settings: { wrap_up_ms: 2 * MINUTE_MS } })
  await house.server.ask('PATCH', '/v1/companies/acme/employees/ann', { capacity: 3 })
  const desk = await house.idleDesk()
  const sessions = []
  for (const sub of ['carl', 'dora']) {
    const { id } = await house.person({ sub, role: 'client' }).company('acme').book({ topic: 'tax' })
    sessions.unshift(await desk.accept((await until(desk, ({ offer }) => offer?.booking_id === id)).offer.id))
  }
  const both = await until(desk, ({ sessions }) => sessions.length === 2)
  assert.deepEqual(both.sessions.map(({ id }) => id), sessions.map(({ id }) => id))
  assert.equal(both.session.id, sessions[0].id)
  const { room } = await until(desk, ({ room }) => room?.used === 2)
  assert.deepEqual(room, { capacity: 3, used: 2 })
  const [{ id }] = sessions
  await house.server.ask('POST', `/v1/companies/acme/sessions/${id}/end`, {})
  const { wrap_ups, codes } = await until(desk, ({ sessions, wrap_ups }) => sessions.length === 1 && wrap_ups.length === 1)
  assert.deepEqual([wrap_ups[0].session_id, codes], [id, ['solved']])
  isAbout(wrap_ups[0].ends_at, 2 * MINUTE_MS)
  isAbout(wrap_ups[0].max_ends_at, 10 * MINUTE_MS)
  await desk.extend(id, 4 * MINUTE_MS)
  const extended = await until(desk, ({ wrap_ups: [one] }) => one.until !== wrap_ups[0].until)
  isAbout(extended.wrap_ups[0].ends_at, 4 * MINUTE_MS)
  await refused(desk.extend(id, 20 * MINUTE_MS), 'invalid')
  assert.equal((await desk.code(id, 'solved')).code, 'solved')
  await desk.finish(id)
  await until(desk, ({ wrap_ups }) => wrap_ups.length === 0)

  await house.person({ sub: 'emil', role: 'client' }).company('acme').book({ topic: 'tax' })
  await desk.reject((await until(desk, ({ offer }) => offer)).offer.id)
  isAbout((await until(desk, ({ rest_ends_at }) => rest_ends_at !== null)).rest_ends_at, MINUTE_MS)
  await desk.finish()
  await until(desk, ({ rest_ends_at }) => rest_ends_at === null)
})
