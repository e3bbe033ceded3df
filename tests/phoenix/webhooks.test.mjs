// Webhooks as a receiver sees them: signed, at least once, a booking's events in order, whatever fails.
import assert from 'node:assert/strict'
import { setTimeout as sleep } from 'node:timers/promises'
import { test } from 'node:test'
import { Webhook } from 'standardwebhooks'
import { eventually } from './inbox.mjs'
import { openWorld } from './people.mjs'
import { Receiver } from './receiver.mjs'

/** The time that the server gives an endpoint to answer. */
const WAITS_MS = 15_000
const ALLOWED = { SWITCHBOARD_WEBHOOKS_ALLOW_PRIVATE: 'true' }

async function open(t, { env = {}, ...more } = {}) {
  return openWorld(t, { env: { ...ALLOWED, ...env }, ...more })
}

async function endpoint(world, receiver, more = {}) {
  const made = await world.http('POST', '/webhooks', { url: receiver.url, ...more })
  receiver.secrets = [made.secret]
  return made
}

/** All events of the feed. */
async function told(world) {
  const all = []
  for (let after = 0; ;) {
    const { items, next } = await world.http('GET', `/events?after=${after}&limit=500`)
    all.push(...items)
    if (next === after) return all
    after = next
  }
}

/** Several employees and clients, each pair with a whole booking. */
async function bookings(world, pairs, round) {
  await Promise.all(pairs.map(async ({ client, employee }) => {
    await client.book(`topic-${employee.id}`)
    const session = await employee.accept(await employee.offer())
    await client.booking('assigned')
    await world.http('POST', `/sessions/${session.id}/end`, { reason: `round ${round}` })
    await employee.status('idle')
  }))
}

async function pairsOf(world, count) {
  return Promise.all(Array.from({ length: count }, async (_, i) => {
    const employee = await world.employee(`ann${i}`, { topics: [`topic-ann${i}`] })
    return { employee, client: await world.client(`carl${i}`) }
  }))
}

/** Answers so many deliveries with 204, and keeps the others waiting until `let` allows more. */
class Gate {
  #left = 0
  #waiting = []

  let(count) {
    this.#left = count
    for (const go of this.#waiting.splice(0)) go(204)
  }

  pass() {
    this.#left -= 1
    return this.#left >= 0 ? 204 : new Promise((resolve) => this.#waiting.push(resolve))
  }
}

const bookingOf = (event) => event.data.booking_id ?? null

function assertInOrder(events) {
  const last = new Map()
  const seen = new Set()
  for (const event of events) {
    if (seen.has(event.id)) continue
    seen.add(event.id)
    const booking = bookingOf(event)
    if (booking === null) continue
    assert.ok((last.get(booking) ?? 0) < event.seq, `${event.id} of booking ${booking} came after ${last.get(booking)}`)
    last.set(booking, event.seq)
  }
}

test('an endpoint is told of an offer with all that wakes a phone, signed', async (t) => {
  const world = await open(t)
  const receiver = await Receiver.start(t)
  const made = await endpoint(world, receiver, { types: ['offer.made'], description: 'push' })
  assert.match(made.secret, /^whsec_[A-Za-z0-9+/]{43}=$/)
  const ann = await world.employee('ann')
  const carl = await world.client('carl', { claims: { name: 'Carl Berg' } })
  const booking = await carl.book('billing', { note: { plan: 'gold' } })
  const offer = await ann.offer()
  const { event, headers } = await receiver.next('offer.made')
  const { made_at, expires_at, ...data } = event.data
  assert.deepEqual(data, {
    offer_id: offer.id, booking_id: booking.id, attempt: 1, employee_id: 'ann', employee_name: 'Ann',
    client_id: 'carl', client_name: 'Carl Berg', topic: 'billing', note: { plan: 'gold' },
  })
  assert.equal(expires_at, offer.expires_at)
  assert.ok(made_at < expires_at)
  assert.deepEqual([event.company_id, event.id], ['acme', `acme:${event.seq}`])
  assert.equal(headers['webhook-id'], event.id)
  assert.match(headers['user-agent'], /^Switchboard\//)
  assert.deepEqual(receiver.refused, [], 'the reference library takes every signature')
  assert.deepEqual([...new Set(receiver.heard.map((heard) => heard.event.type))], ['offer.made'])
  const { secret: _, ...shown } = made
  const now = await world.http('GET', `/webhooks/${made.id}`)
  assert.equal(now.secret, undefined, 'a secret is shown once')
  assert.deepEqual([now.url, now.description, now.state], [shown.url, 'push', 'on'])
})

test('a server killed in the middle of deliveries brings each event at least once and in order', async (t) => {
  const world = await open(t)
  const gate = new Gate()
  const receiver = await Receiver.start(t, () => gate.pass())
  await endpoint(world, receiver)
  const first = (await world.http('GET', '/events?after=latest')).next
  const pairs = await pairsOf(world, 6)
  for (const round of [1, 2]) await bookings(world, pairs, round)
  const all = (await told(world)).filter(({ seq }) => seq > first).length
  for (const part of [20, 50]) {
    gate.let(part)
    await eventually('a part is heard', () => receiver.ids().size >= part)
    assert.ok(receiver.ids().size < all, 'it is killed in the middle')
    await world.server.kill()
    await world.server.restart()
  }
  gate.let(Infinity)
  await eventually('all are back', async () => (await world.http('GET', '/availability')).idle === pairs.length)
  await bookings(world, pairs, 3)
  const expected = (await told(world)).filter(({ seq }) => seq > first)
  await eventually('all is heard', () => expected.every(({ id }) => receiver.ids().has(id)))
  const byId = new Map(expected.map((event) => [event.id, event]))
  for (const { event } of receiver.heard) assert.deepEqual(event, byId.get(event.id), 'it is what the feed tells')
  assertInOrder(receiver.heard.map(({ event }) => event))
  assert.deepEqual(receiver.refused, [])
  assert.ok(expected.length > 80, `${expected.length} events`)
  t.diagnostic(`${expected.length} events, ${receiver.heard.length} deliveries, 2 kills`)
})

test('a stopped server brings what is left after the next start, and little twice', async (t) => {
  const world = await open(t)
  const receiver = await Receiver.start(t, () => sleep(10).then(() => 204))
  await endpoint(world, receiver)
  const pairs = await pairsOf(world, 2)
  await bookings(world, pairs, 1)
  world.server.signal('SIGTERM')
  await world.server.exit()
  await world.server.restart()
  const all = (await told(world)).filter(({ type }) => type !== 'company.set')
  await eventually('all is heard', () => all.every(({ id }) => receiver.ids().has(id)))
  assert.ok(receiver.heard.length <= all.length + 8, 'at most what was on its way comes twice')
})

test('a rotated secret leaves no gap: for a while both sign', async (t) => {
  const world = await open(t)
  const receiver = await Receiver.start(t)
  const { id, secret: old } = await endpoint(world, receiver)
  const rotated = await world.http('POST', `/webhooks/${id}/rotate`, {})
  assert.notEqual(rotated.secret, old)
  assert.ok(rotated.old_secret_until > new Date().toISOString())
  receiver.secrets = [old, rotated.secret]
  await world.http('PUT', '/employees/ann', {})
  const { headers } = await receiver.next('employee.set')
  assert.deepEqual(receiver.refused, [], 'who still has the old one, and who has the new one, can check it')
  assert.equal(headers['webhook-signature'].split(' ').length, 2)

  const again = await world.http('POST', `/webhooks/${id}/rotate`, { keep_old_for_s: 0 })
  receiver.secrets = [again.secret]
  await world.http('PUT', '/employees/bob', {})
  const later = await receiver.next('employee.set', undefined, ({ data }) => data.employee_id === 'bob')
  assert.deepEqual(receiver.refused, [])
  assert.equal(later.headers['webhook-signature'].split(' ').length, 1)
  assert.throws(() => new Webhook(rotated.secret).verify(JSON.stringify(later.event), later.headers))
})

test('what fails is tried again, what stands behind it waits, and other bookings go on', async (t) => {
  const world = await open(t)
  let fails = true
  const answer = ({ type, data }) => (type === 'booking.opened' && data.client_id === 'carl0' && fails ? 500 : 204)
  const receiver = await Receiver.start(t, answer)
  const { id } = await endpoint(world, receiver)
  const pairs = await pairsOf(world, 2)
  await bookings(world, pairs, 1)
  const ended = (client) => receiver.next('session.ended', undefined, ({ data }) => data.client_id === client)
  await ended('carl1')
  const failing = receiver.heard.find(({ event }) => event.data.client_id === 'carl0').event
  const of = receiver.heard.filter(({ event }) => bookingOf(event) === bookingOf(failing))
  assert.deepEqual(of.map(({ event }) => event.type), ['booking.opened'], 'the rest of the booking waits')
  await eventually('it is listed', async () => (await world.http('GET', `/webhooks/${id}`)).pending > 1)
  const { items } = await world.http('GET', `/webhooks/${id}/deliveries?state=pending`)
  assert.deepEqual([items[0].event_id, items[0].attempts], [failing.id, 1])
  assert.equal(items[0].last_error, 'the receiver answered 500')
  fails = false
  await ended('carl0')
  const [one, two] = receiver.heard.filter(({ event }) => event.id === failing.id)
  assert.equal(two.headers['webhook-id'], one.headers['webhook-id'], 'a second try has the same id')
  assert.ok(two.at - one.at > 4000, 'after about 5 s')
  const dueInMs = Date.parse(items[0].due_at) - one.at
  assert.ok(dueInMs > 4000 && dueInMs < WAITS_MS, `it was due after ${dueInMs} ms`)
  assertInOrder(receiver.heard.map(({ event }) => event))
  await eventually('nothing waits', async () => (await world.http('GET', `/webhooks/${id}`)).pending === 0)
})

test('a dead one is listed, outlives a restart, and is brought when somebody wants it', async (t) => {
  const world = await open(t, { env: { SWITCHBOARD_WEBHOOKS_ATTEMPTS: '1' } })
  let status = 503
  const receiver = await Receiver.start(t, () => status)
  const { id } = await endpoint(world, receiver, { types: ['employee.set'] })
  await world.http('PUT', '/employees/ann', {})
  const { event } = await receiver.next('employee.set')
  const dead = async () => (await world.http('GET', `/webhooks/${id}/deliveries?state=dead`)).items
  await eventually('it is dead', async () => (await dead()).length === 1)
  const [listed] = await dead()
  assert.deepEqual([listed.event_id, listed.attempts, listed.due_at], [event.id, 1, null])
  await world.server.kill()
  await world.server.restart()
  assert.deepEqual(await dead(), [listed])
  status = 204
  const begun = await world.http('POST', `/webhooks/${id}/deliveries/${listed.seq}/redeliver`)
  assert.deepEqual([begun.state, begun.attempts], ['pending', 0])
  assert.equal((await receiver.next('employee.set')).event.id, event.id)
  await eventually('it is gone', async () => (await world.http('GET', `/webhooks/${id}/deliveries`)).items.length === 0)
  const path = `/v1/companies/acme/webhooks/${id}/deliveries/${listed.seq}/redeliver`
  await world.server.refused(404, 'unknown_delivery', 'POST', path)
})

test('a receiver that answers 410 is turned off, and gets everything when it is turned on again', async (t) => {
  const world = await open(t)
  let status = 410
  const receiver = await Receiver.start(t, () => status)
  const { id } = await endpoint(world, receiver, { types: ['employee.set'] })
  await world.http('PUT', '/employees/ann', {})
  const shown = () => world.http('GET', `/webhooks/${id}`)
  await eventually('it is off', async () => (await shown()).state === 'off')
  assert.deepEqual([(await shown()).reason, (await shown()).pending], ['gone', 1])
  await world.server.logged(/WARN .*a webhook was disabled.*gone/)
  await world.http('PUT', '/employees/bob', {})
  status = 204
  await world.http('PATCH', `/webhooks/${id}`, { state: 'on' })
  const of = (employee) => receiver.next('employee.set', undefined, ({ data }) => data.employee_id === employee)
  await of('bob')
  await eventually('both came', async () => (await shown()).pending === 0 && (await shown()).unread === 0)
  assert.equal(receiver.heard.filter(({ event }) => event.data.employee_id === 'ann').length, 2)
})

test('receivers that never answer, or are not there, keep nobody waiting', async (t) => {
  const world = await open(t)
  const silent = await Receiver.start(t, () => new Promise(() => {}))
  for (let i = 0; i < 4; i++) await endpoint(world, silent)
  for (let i = 0; i < 4; i++) await world.http('POST', '/webhooks', { url: 'http://127.0.0.1:9/nobody' })
  const receiver = await Receiver.start(t)
  await endpoint(world, receiver)
  const pairs = await pairsOf(world, 3)
  const start = Date.now()
  await bookings(world, pairs, 1)
  for (const { client } of pairs) {
    const name = client.name
    await receiver.next('session.ended', undefined, ({ data }) => data.client_id === name)
  }
  assert.ok(Date.now() - start < WAITS_MS, 'they all came before the silent ones were given up')
})

test('a company has at most 16 endpoints, which are changed and removed', async (t) => {
  const world = await open(t)
  const url = 'https://example.com/hook'
  const made = []
  for (let i = 0; i < 16; i++) made.push(await world.http('POST', '/webhooks', { url, types: ['booking.opened'] }))
  const base = '/v1/companies/acme/webhooks'
  await world.server.refused(409, 'too_many', 'POST', base, { url })
  const { items, next } = await world.http('GET', '/webhooks?limit=10')
  const rest = await world.http('GET', `/webhooks?limit=10&after=${next}`)
  assert.deepEqual([...items, ...rest.items].map(({ id }) => id), made.map(({ id }) => id))
  assert.equal(rest.next, null)
  const [{ id }] = made
  const changed = await world.http('PATCH', `/webhooks/${id}`, { types: null, description: 'all', state: 'off' })
  assert.deepEqual([changed.types, changed.description, changed.state, changed.reason], [[], 'all', 'off', 'set'])
  for (let i = 0; i < 2; i++) assert.equal((await world.server.http('DELETE', `${base}/${id}`)).status, 204)
  for (const [method, path, body] of [
    ['GET', '', undefined], ['PATCH', '', {}], ['POST', '/rotate', {}], ['GET', '/deliveries', undefined],
    ['POST', '/deliveries/1/redeliver', undefined],
  ]) await world.server.refused(404, 'unknown_webhook', method, `${base}/${id}${path}`, body)
  for (const body of [{}, { url: 'nowhere' }, { url, types: ['offer.lost'] }, { url, state: 'on' }, { url, x: 1 }]) {
    await world.server.refused(422, 'invalid', 'POST', base, body)
  }
  await world.server.refused(404, 'unknown_company', 'POST', '/v1/companies/nowhere/webhooks', { url })
})

test('private addresses are refused unless the setting allows them', async (t) => {
  const world = await openWorld(t)
  const receiver = await Receiver.start(t)
  const base = '/v1/companies/acme/webhooks'
  const here = `https://localhost:${new URL(receiver.url).port}/`
  const isPrivate = [receiver.url, here, 'https://127.0.0.1/', 'https://[::1]/', 'https://169.254.169.254/']
  for (const url of [...isPrivate, 'http://example.com/']) {
    const problem = await world.server.refused(422, 'invalid', 'POST', base, { url })
    assert.match(problem.detail, /^`url` /)
  }
  await world.http('PUT', '/employees/ann', {})
  assert.deepEqual(receiver.heard, [])
})
