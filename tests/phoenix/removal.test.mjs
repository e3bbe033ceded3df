// A removed or revoked person is out everywhere at once, and the next person with the same id gets nothing of theirs.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { listed } from './audit.mjs'
import { employeeToken, openWorld } from './people.mjs'
import { Receiver } from './receiver.mjs'
import { refusedUpgrade, runSwitchboard, token } from './server.mjs'

const SHUT_OUT = 4403
/** An issue time in the past, because a token of the very millisecond of a revocation still counts. */
const earlier = () => ({ iat: Date.now() / 1000 - 1 })

test('a removed employee hears what they lose, and is out of session, notes and API at once', async (t) => {
  const world = await openWorld(t)
  const { carl, session, hers, his } = await world.meeting()
  await hers.push('notes', { body: 'what the company needs to know' })
  await his.push('message', { body: 'my diagnosis' })
  const old = employeeToken('ann', 'acme')
  const device = await joined(world, old, 'employee:acme:ann', `session:${session.id}`)
  await world.http('DELETE', '/employees/ann')
  await heard(device, 'ended', 'session', 'phx_close', 'phx_close')
  assert.equal((await device.closed()).code, SHUT_OUT)
  assert.equal((await his.next('ended')).session.ended_by, 'admin')
  assert.equal((await carl.booking('assigned')).session.ended_by, 'admin')
  const again = await world.raw(old)
  assert.equal((await join(again, 'employee:acme:ann')).reason, 'unknown_employee')
  assert.equal((await join(again, `session:${session.id}`)).reason, 'unauthorized')
  for (const path of ['/employees/ann', '/employees/ann/statistics', '/sessions?employee=ann']) {
    const { status, body } = await asked(world, old, 'GET', path)
    assert.deepEqual([status, body.reason], [401, 'unauthorized'], path)
    assert.match(body.detail, /revoked/)
  }
  assert.equal((await world.http('GET', `/sessions/${session.id}/notes`)).body, 'what the company needs to know')
})

test('an employee who is removed while they are asked hears how the offer closed, on every device', async (t) => {
  const world = await openWorld(t)
  await world.employee('ann')
  const devices = [await joined(world, employeeToken('ann', 'acme'), 'employee:acme:ann')]
  devices.push(await joined(world, employeeToken('ann', 'acme'), 'employee:acme:ann'))
  const board = await world.board()
  const carl = await world.client('carl')
  await carl.book()
  for (const device of devices) await device.next('offer')
  await world.http('DELETE', '/employees/ann')
  for (const device of devices) {
    const [, , , , closed] = await device.next('offer_closed')
    assert.equal(closed.outcome, 'withdrawn_by_admin')
    await heard(device, 'offer_closed', 'phx_close')
    assert.equal((await device.closed()).code, SHUT_OUT)
  }
  assert.equal((await carl.booking('unanswered')).reason, 'nobody_left')
  await board.next('employee', undefined, ({ employee }) => employee.removed)
})

test('a new employee with the id of a removed one is somebody else', async (t) => {
  const world = await openWorld(t)
  const { booking, session, hers } = await world.meeting()
  await hers.push('notes', { body: 'a diagnosis' })
  const old = employeeToken('ann', 'acme', earlier())
  await world.http('DELETE', '/employees/ann')
  const ann = await world.employee('ann')
  assert.equal((await ann.on(`session:${session.id}`).refusedJoin()).reason, 'forbidden')
  await ann.line.refused('unknown_offer', 'accept', { offer_id: `${booking.id}.1` })
  const own = employeeToken('ann', 'acme')
  assert.deepEqual((await asked(world, own, 'GET', '/sessions?employee=ann')).body.items, [])
  const figures = (await asked(world, own, 'GET', '/employees/ann/statistics')).body
  assert.deepEqual([figures.offers.made, figures.sessions.started], [0, 0])
  assert.equal((await world.http('GET', '/sessions?employee=ann')).items.length, 1, 'the company sees both')
  assert.equal((await world.http('GET', '/employees/ann/statistics')).sessions.started, 1)
  // Tokens of the removed employee are not valid for the new one.
  assert.equal((await asked(world, old, 'GET', '/employees/ann')).status, 401)
  assert.equal(await refusedUpgrade(world.server, old), 401)
  assert.equal(await refusedUpgrade(world.server, employeeToken('ann', 'acme', { iat: undefined })), 401)
})

test('who is shut out comes in again with a token from after that, and others go on', async (t) => {
  const world = await openWorld(t)
  const { carl, session } = await world.meeting()
  const old = token({ sub: 'carl', role: 'client', company: 'acme' })
  const device = await joined(world, old, 'company:acme', `session:${session.id}`)
  const dora = await world.client('dora')
  const { revoked_before: moment } = await world.http('POST', '/clients/carl/revoke')
  await heard(device, 'phx_close', 'phx_close')
  assert.deepEqual(await device.closed(), { code: SHUT_OUT, reason: 'the token was revoked: sign in again for a new one' })
  for (const iat of [undefined, Date.parse(moment) / 1000 - 0.001, Math.floor(Date.parse(moment) / 1000) - 1]) {
    assert.equal(await refusedUpgrade(world.server, token({ sub: 'carl', role: 'client', company: 'acme', iat })), 401)
  }
  const iat = Date.parse(moment) / 1000
  const back = await joined(world, token({ sub: 'carl', role: 'client', company: 'acme', iat }), 'company:acme')
  const snapshot = await join(back, `session:${session.id}`)
  assert.equal(snapshot.session.ended_at, null, 'a revoke ends nothing')
  await dora.line.refused('no_idle_employee', 'book', { topic: 'billing' })
  carl.drop()
})

test('a client of all companies is shut out of one', async (t) => {
  const world = await openWorld(t)
  await world.company('globex')
  const bearer = token({ sub: 'carl', role: 'client' })
  const device = await joined(world, bearer, 'company:acme', 'company:globex')
  await world.http('POST', '/clients/carl/revoke')
  await device.next('phx_close', 'company:acme')
  assert.equal((await join(device, 'company:acme')).reason, 'unauthorized')
  assert.ok((await join(device, 'company:globex')).availability, 'the other company goes on')
})

test('nobody is made by a token that was revoked', async (t) => {
  const world = await openWorld(t, { env: { SWITCHBOARD_AUTO_PROVISION: 'true' } })
  const old = employeeToken('eve', 'acme', earlier())
  await world.http('POST', '/employees/eve/revoke')
  assert.equal((await join(await world.raw(old), 'employee:acme:eve')).reason, 'unauthorized')
  assert.deepEqual((await world.http('GET', '/employees')).items, [])
  await joined(world, employeeToken('eve', 'acme'), 'employee:acme:eve')
  await world.server.ask('DELETE', '/v1/companies/acme')
  for (const [bearer, topic] of [
    [employeeToken('eve', 'acme', { iat: undefined }), 'employee:acme:eve'],
    [employeeToken('mia', 'acme', { iat: undefined }), 'employee:acme:mia'],
    [token({ sub: 'carl', role: 'client', company: 'acme', iat: undefined }), 'company:acme'],
    [token({ sub: 'boss', role: 'admin', company: 'acme', iat: 1 }), 'board:acme'],
  ]) assert.equal((await join(await world.raw(bearer), topic)).reason, 'unauthorized', topic)
  assert.deepEqual((await world.server.ask('GET', '/v1/companies')).items, [])
})

test('a revoke needs the scope manage, is in the audit list, and outlives a kill', async (t) => {
  const world = await openWorld(t)
  await world.employee('ann')
  const boss = (scope) => token({ sub: 'boss', role: 'admin', company: 'acme', scope })
  assert.equal((await asked(world, boss('operate'), 'POST', '/employees/ann/revoke')).status, 403)
  const old = employeeToken('ann', 'acme', earlier())
  assert.equal((await asked(world, boss('manage'), 'POST', '/employees/ann/revoke')).status, 200)
  const query = 'company=acme&key=admin%20boss'
  // A kill between the answer and the end of its line would leave no status.
  await listed((...request) => world.server.http(...request), query, 2)
  await world.server.kill()
  await world.server.restart()
  assert.equal((await asked(world, old, 'GET', '/employees/ann')).status, 401)
  const { items } = await world.server.ask('GET', `/v1/audit?${query}`)
  assert.deepEqual(items.map(({ target, status }) => [target, status]), [
    ['/v1/companies/acme/employees/ann/revoke', 200], ['/v1/companies/acme/employees/ann/revoke', 403],
  ])
})

test('a company that is made again begins empty at once', async (t) => {
  const world = await openWorld(t, { env: { SWITCHBOARD_WEBHOOKS_ALLOW_PRIVATE: 'true' } })
  const { server } = world
  const receiver = await Receiver.start(t)
  const { secret } = await world.http('POST', '/webhooks', { url: receiver.url })
  receiver.secrets.push(secret)
  const own = await keyFor(server, 'own', 'acme')
  const both = await keyFor(server, 'both', 'acme', 'globex')
  await world.company('globex')
  const { booking, session, his, carl, ann } = await world.meeting()
  await his.push('message', { body: 'secret of the first customer' })
  const oldBoss = token({ sub: 'boss', role: 'admin', company: 'acme', scope: 'manage' })
  const board = await joined(world, oldBoss, 'board:acme')
  const client = await joined(world, token({ sub: 'carl', role: 'client' }), 'company:acme')
  await server.ask('DELETE', '/v1/companies/acme')
  await heard(board, 'booking', 'session', 'phx_close')
  assert.equal((await board.closed()).code, SHUT_OUT)
  await heard(client, 'booking', 'phx_close')
  await client.heartbeat()
  // While the company does not exist, a key for all companies can read its remaining data.
  assert.equal((await world.http('GET', `/sessions/${session.id}/messages`)).items.length, 1)
  await world.company('acme')
  const boss = token({ sub: 'boss', role: 'admin', company: 'acme', scope: 'manage' })
  for (const path of [
    `/bookings/${booking.id}`, `/bookings/${booking.id}/timeline`, `/sessions/${session.id}`,
    `/sessions/${session.id}/messages`, `/sessions/${session.id}/notes`,
  ]) assert.equal((await asked(world, boss, 'GET', path)).status, 404, path)
  for (const path of ['/bookings', '/sessions', '/employees', '/webhooks', '/statistics/employees']) {
    assert.deepEqual((await asked(world, boss, 'GET', path)).body.items, [], path)
  }
  const figures = (await asked(world, boss, 'GET', '/statistics')).body
  assert.deepEqual([figures.bookings.total, figures.sessions.started, figures.time.idle_ms], [0, 0, 0])
  const feed = (await asked(world, boss, 'GET', '/events')).body
  assert.deepEqual(feed.items.map(({ type }) => type), ['company.set'])
  const lines = await exported(world, boss)
  assert.deepEqual(lines.map(({ kind }) => kind), ['company', 'event', 'end'])
  const { items } = (await asked(world, boss, 'GET', '/../../audit?company=acme')).body
  assert.ok(items.every(({ method, target }) => method === 'PUT' && target === '/v1/companies/acme'), JSON.stringify(items))
  for (const [bearer, status] of [[own, 401], [both, 403], [oldBoss, 401]]) {
    assert.equal((await asked(world, bearer, 'GET', '')).status, status)
  }
  assert.equal((await asked(world, both, 'GET', '/../globex')).status, 200, 'for the others the key is good')
  // Events about the second company's clients must not reach the first one's webhook.
  const another = await Receiver.start(t)
  another.secrets.push((await world.http('POST', '/webhooks', { url: another.url })).secret)
  const next = await world.employee('ann')
  const eve = await world.client('carl')
  assert.equal(eve.joined.booking, null)
  assert.equal((await eve.on(`session:${session.id}`).refusedJoin()).reason, 'unknown_session')
  await eve.book('visa', { note: { text: 'secret of the second customer' } })
  await next.offer()
  await another.next('offer.made')
  assert.deepEqual(receiver.heard.filter(({ event }) => event.data.topic === 'visa'), [])
  for (const one of [ann, carl]) one.drop()
})

/** Makes a key, and waits until it is valid. */
async function keyFor(server, name, ...companies) {
  const args = ['key', 'create', '--name', name, '--scope', 'manage', '--data', server.data]
  for (const company of companies) args.push('--company', company)
  const run = runSwitchboard(args, {})
  await run.exited
  const key = run.stdout.match(/sb_\w+/)?.[0]
  assert.ok(key, run.stderr)
  // A new key is valid within two seconds.
  while ((await fetch(`${server.url}/v1/companies`, { headers: { authorization: `Bearer ${key}` } })).status === 401);
  return key
}

async function asked(world, bearer, method, path) {
  const answer = await fetch(`${world.server.url}/v1/companies/acme${path}`, {
    method, headers: { authorization: `Bearer ${bearer}` },
  })
  const text = await answer.text()
  return { status: answer.status, body: text === '' ? {} : JSON.parse(text) }
}

async function exported(world, bearer) {
  const answer = await fetch(`${world.server.url}/v1/companies/acme/export?events=true`, {
    headers: { authorization: `Bearer ${bearer}` },
  })
  return (await answer.text()).trim().split('\n').map((line) => JSON.parse(line))
}

/** A device that has joined these topics. */
async function joined(world, bearer, ...topics) {
  const device = await world.raw(bearer)
  for (const topic of topics) {
    const answer = await join(device, topic)
    assert.equal(answer.reason, undefined, `${topic}: ${JSON.stringify(answer)}`)
  }
  return device
}

/** The reply to a join: the snapshot, or the error. */
async function join(device, topic) {
  device.joins = (device.joins ?? 0) + 1
  const ref = `join ${device.joins}`
  const [, , , , { response }] = await device.ask([ref, ref, topic, 'phx_join', {}])
  return response
}

/** Checks that these events have come, and after them only the closing of the topics. */
async function heard(device, ...events) {
  const closes = events.filter((event) => event === 'phx_close').length
  for (let n = 0; n < closes; n += 1) await device.next('phx_close')
  const all = device.inbox.history.map((frame) => frame[3]).filter((event) => event && event !== 'phx_reply')
  for (const event of events) assert.ok(all.includes(event), `${event} in ${all}`)
  assert.deepEqual(all.slice(-closes), Array(closes).fill('phx_close'), `${all}`)
}
