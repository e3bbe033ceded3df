// People who use the HTTP API with their own tokens: the rights of an admin, an employee and a client, and the audit
// list.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { listed } from './audit.mjs'
import { eventually, PATIENCE_MS } from './inbox.mjs'
import { employeeToken, openWorld } from './people.mjs'
import { API_KEY, SECRET, runSwitchboard, token } from './server.mjs'

const ACME = '/v1/companies/acme'
const NOBODY = '00000000-0000-7000-8000-000000000000'

test('an admin does in their own company all that a board needs', async (t) => {
  const world = await openWorld(t)
  const { server } = world
  const { ann, carl, booking, session } = await world.meeting()
  const olga = as(server, admin({ scope: 'manage' }))
  assert.equal((await olga('GET', ACME)).body.id, 'acme')
  assert.equal((await olga('PATCH', ACME, { settings: { wrap_up_ms: 7 } })).body.settings.wrap_up_ms, 7)
  assert.equal((await olga('PUT', `${ACME}/employees/ben`, { name: 'Ben' })).status, 201)
  assert.equal((await olga('PUT', `${ACME}/employees/ben`, { name: 'Ben', topics: ['law'] })).status, 200)
  assert.deepEqual((await olga('PATCH', `${ACME}/employees/ben`, { topics: ['tax'] })).body.topics, ['tax'])
  assert.deepEqual(ids(await olga('GET', `${ACME}/employees`)), ['ann', 'ben'])
  assert.equal((await olga('GET', `${ACME}/availability`)).body.idle, 0)
  assert.equal((await olga('POST', `${ACME}/employees/ben/status`, { status: 'idle' })).body.intent, 'idle')
  assert.deepEqual(ids(await olga('GET', `${ACME}/bookings?state=assigned`)), [booking.id])
  assert.equal((await olga('GET', `${ACME}/bookings/${booking.id}`)).body.offers.length, 1)
  assert.equal((await olga('GET', `${ACME}/bookings/${booking.id}/timeline`)).body.steps[0].what, 'opened')
  assert.deepEqual(ids(await olga('GET', `${ACME}/sessions?state=running`)), [session.id])
  assert.equal((await olga('GET', `${ACME}/sessions/${session.id}`)).body.employee_id, 'ann')
  assert.deepEqual((await olga('GET', `${ACME}/sessions/${session.id}/messages`)).body.items, [])
  assert.equal((await olga('GET', `${ACME}/statistics`)).status, 200)
  assert.equal((await olga('GET', `${ACME}/statistics/employees`)).body.items.length, 2)
  assert.equal((await olga('GET', `${ACME}/employees/ann/statistics`)).status, 200)
  assert.equal((await olga('POST', `${ACME}/sessions/${session.id}/end`)).body.ended_by, 'admin')
  await ann.status('idle')
  await carl.booking('assigned')
  const next = await (await world.client('dora')).book()
  const cancelled = await olga('POST', `${ACME}/bookings/${next.id}/cancel`)
  assert.equal(cancelled.body.reason, 'closed_by_admin')
  assert.equal((await olga('DELETE', `${ACME}/employees/ben`)).status, 204)
  assert.deepEqual(ids(await olga('GET', '/v1/companies')), ['acme'])
})

test('an admin sees and changes nothing of another company, nor of the server', async (t) => {
  const world = await openWorld(t)
  const { server } = world
  await world.company('globex')
  await server.ask('PUT', '/v1/companies/globex/employees/eve', {})
  const olga = as(server, admin({ scope: 'manage' }))
  const globex = '/v1/companies/globex'
  for (const [method, path] of [
    ['GET', globex], ['PUT', globex], ['PATCH', globex], ['DELETE', globex], ['GET', `${globex}/employees`],
    ['GET', `${globex}/employees/eve`], ['PUT', `${globex}/employees/eve`], ['GET', `${globex}/bookings`],
    ['GET', `${globex}/sessions`], ['GET', `${globex}/statistics`], ['GET', `${globex}/events`],
    ['GET', `${globex}/export`], ['GET', '/v1/audit?company=globex'], ['PUT', '/v1/companies/newco'],
    ['GET', '/metrics'],
  ]) forbidden(await olga(method, path), /this needs a (key|token)/, `${method} ${path}`)
  assert.deepEqual(ids(await olga('GET', '/v1/companies')), ['acme'])
  const { body } = await olga('GET', '/v1/audit')
  assert.ok(body.items.length > 0 && body.items.every(({ company }) => company === 'acme'), JSON.stringify(body))
  assert.equal((await server.ask('GET', `${globex}/employees/eve`)).id, 'eve', 'nothing was done')
})

test('an admin may what the token’s scope says, and without one what a board needs to step in', async (t) => {
  const world = await openWorld(t)
  const { server } = world
  await server.ask('PUT', `${ACME}/employees/ann`, {})
  for (const [scope, operates, manages] of [
    ['read', false, false], ['operate', true, false], [undefined, true, false], ['manage', true, true],
  ]) {
    const olga = as(server, admin({ scope }))
    const may = async (needed, allowed, method, path, body) => {
      const answer = await olga(method, path, body)
      const what = `${method} ${path} with ${scope}`
      if (allowed) return assert.ok(![401, 403].includes(answer.status), `${what} answered ${answer.status}`)
      const has = scope ?? 'operate'
      const detail = `this needs a token with the scope \`${needed}\`; \`admin olga\` has \`${has}\``
      return forbidden(answer, detail, what)
    }
    await may('read', true, 'GET', ACME)
    await may('read', true, 'GET', `${ACME}/employees/ann`)
    await may('operate', operates, 'POST', `${ACME}/employees/ann/status`, { status: 'offline' })
    await may('operate', operates, 'POST', `${ACME}/bookings/${NOBODY}/cancel`)
    await may('operate', operates, 'POST', `${ACME}/sessions/${NOBODY}/end`)
    await may('manage', manages, 'PATCH', ACME, { name: 'Acme' })
    await may('manage', manages, 'PUT', `${ACME}/employees/ann`, {})
    await may('manage', manages, 'PATCH', `${ACME}/employees/ann`, {})
    await may('manage', manages, 'GET', '/v1/audit')
    await may('manage', manages, 'GET', `${ACME}/export`)
    await may('manage', manages, 'DELETE', `${ACME}/employees/ann`)
  }
})

test('an employee sees their own entry, statistics and sessions, and nothing else', async (t) => {
  const world = await openWorld(t)
  const { server } = world
  const { session } = await world.meeting()
  await server.ask('PUT', `${ACME}/employees/ben`, {})
  const ann = as(server, employeeToken('ann', 'acme', { scope: 'manage' }))
  assert.equal((await ann('GET', `${ACME}/employees/ann`)).body.status, 'busy')
  assert.equal((await ann('GET', `${ACME}/employees/ann/statistics`)).status, 200)
  assert.deepEqual(ids(await ann('GET', `${ACME}/sessions?employee=ann`)), [session.id])
  assert.deepEqual(ids(await ann('GET', `${ACME}/sessions?employee=ann&state=ended`)), [])
  forbidden(await ann('GET', `${ACME}/sessions`), /add `employee=` with their id/)
  for (const [method, path] of [
    ['GET', `${ACME}/employees/ben`], ['GET', `${ACME}/employees/ben?employee=ann`],
    ['GET', `${ACME}/employees/ben/statistics`],
    ['GET', `${ACME}/sessions?employee=ben`], ['GET', `${ACME}/sessions?employee=ben&employee=ann`],
    ['GET', `${ACME}/sessions?employee=ann&employee=ben`], ['GET', `${ACME}/sessions/${session.id}`],
    ['GET', `${ACME}/sessions/${session.id}/messages`], ['POST', `${ACME}/sessions/${session.id}/end`], ['GET', ACME],
    ['GET', `${ACME}/employees`], ['GET', `${ACME}/bookings?employee=ann`], ['GET', `${ACME}/statistics`],
    ['GET', `${ACME}/events`], ['GET', '/v1/companies'], ['GET', '/v1/audit'], ['GET', '/metrics'],
    ['PUT', `${ACME}/employees/ann`], ['PATCH', `${ACME}/employees/ann`], ['DELETE', `${ACME}/employees/ann`],
    ['POST', `${ACME}/employees/ann/status`], ['GET', '/v1/companies/globex/employees/ann'],
  ]) forbidden(await ann(method, path), /an employee's token gives access only to/, `${method} ${path}`)
  assert.equal((await server.ask('GET', `${ACME}/sessions/${session.id}`)).ended_at, null, 'nothing was done')
})

test('a client may nothing over HTTP', async (t) => {
  const { server } = await openWorld(t)
  for (const company of ['acme', undefined]) {
    const carl = as(server, token({ sub: 'carl', role: 'client', company, scope: 'manage' }))
    for (const [method, path] of [
      ['GET', '/v1/companies'], ['GET', ACME], ['GET', `${ACME}/availability`], ['GET', `${ACME}/employees/carl`],
      ['GET', `${ACME}/bookings?client=carl`], ['GET', `${ACME}/sessions?client=carl`],
      ['GET', `${ACME}/sessions?employee=carl`],
      ['DELETE', `${ACME}/clients/carl/data`], ['PUT', ACME], ['GET', '/v1/audit'], ['GET', '/metrics'],
    ]) forbidden(await carl(method, path), /clients book over the socket/, `${method} ${path}`)
  }
})

test('a token that is not good is refused with its reason, which repeats nothing of it', async (t) => {
  const { server } = await openWorld(t)
  const bad = (claims, options) => token({ sub: 'olga', role: 'admin', company: 'acme', ...claims }, options)
  for (const [reason, presented] of [
    ['the token has expired (`exp`)', bad({}, { lifeSeconds: -60 })],
    ['the token is not valid yet (`nbf`)', bad({ nbf: Math.floor(Date.now() / 1000) + 600 })],
    ['the token\'s signature does not match', bad({}, { secret: 'another secret of somebody else' })],
    ['the token\'s algorithm (`alg`) is not accepted', bad({}, { header: { alg: 'none' } })],
    ['the token\'s `scope` must be `read`, `operate` or `manage`', bad({ scope: 'everything' })],
    ['the token has no `company`, which an employee\'s and an admin\'s must have', bad({ company: undefined })],
    ['this is neither a known API key nor a token', 'no.such.token'],
    ['this is neither a known API key nor a token', `${API_KEY}x`],
  ]) {
    const answer = await as(server, presented)('GET', ACME)
    assert.deepEqual([answer.status, answer.body.reason, answer.body.detail], [401, 'unauthorized', reason])
    assert.equal(answer.headers.get('www-authenticate'), 'Bearer error="invalid_token"')
  }
  const nothing = await fetch(server.url + ACME)
  assert.deepEqual([nothing.status, nothing.headers.get('www-authenticate')], [401, 'Bearer'])
})

test('the audit list names the admin who did it, and who tried what the scope does not give', async (t) => {
  const world = await openWorld(t)
  const { server } = world
  await world.company('globex')
  const [olga, otto] = [as(server, admin({ scope: 'manage' })), as(server, admin({ sub: 'otto' }))]
  assert.equal((await olga('PUT', `${ACME}/employees/ben`, {})).status, 201)
  forbidden(await otto('DELETE', `${ACME}/employees/ben`))
  forbidden(await otto('DELETE', '/v1/companies/globex'))
  forbidden(await as(server, employeeToken('ben', 'acme'))('DELETE', `${ACME}/employees/ben`))
  forbidden(await as(server, token({ sub: 'carl', role: 'client', company: 'acme' }))('DELETE', ACME))
  await server.ask('DELETE', `${ACME}/employees/ben`)
  const key = as(server, API_KEY)
  const lines = await listed(olga, 'company=acme', 4)
  assert.deepEqual(lines.map(({ key: by, method, status }) => [by.id, by.name, method, status]), [
    [null, 'settings', 'DELETE', 204], [null, 'admin otto', 'DELETE', 403], [null, 'admin olga', 'PUT', 201],
    [null, 'settings', 'PUT', 201],
  ])
  const [tried] = await listed(key, 'company=globex', 2)
  assert.deepEqual([tried.key, tried.status], [{ id: null, name: 'admin otto of acme' }, 403])
  const [hers, ...others] = await listed(olga, 'key=admin%20olga', 1)
  assert.deepEqual([hers.target, others], [`${ACME}/employees/ben`, []])
  await server.ask('DELETE', `${ACME}/employees/ben/data`)
  assert.equal((await listed(key, 'key=admin%20olga', 1))[0].key.name, 'admin olga', 'an erased employee is no admin')
})

test('what a person asks is counted, and a key is not', async (t) => {
  const { server } = await openWorld(t, { env: { SWITCHBOARD_CHANGES_PER_PERSON_PER_S: '1' } })
  const [olga, otto] = [as(server, admin()), as(server, admin({ sub: 'otto' }))]
  // All at once, because requests one by one might be slow enough to be granted.
  const answers = await Promise.all(Array.from({ length: 60 }, () => olga('GET', ACME)))
  const [granted, [limited]] = [200, 429].map((wanted) => answers.filter(({ status }) => status === wanted))
  assert.ok(granted.length >= 20, `${granted.length} were granted`)
  assert.equal(limited?.body.reason, 'rate_limited')
  assert.ok(Number(limited.headers.get('retry-after')) >= 1 && limited.body.retry_in_ms >= 1)
  assert.equal((await otto('GET', ACME)).status, 200, 'nobody pays for somebody else')
  for (let n = 0; n < 40; n += 1) assert.equal((await as(server, API_KEY)('GET', ACME)).status, 200)
})

test('a person follows few feeds at once, and a key more', async (t) => {
  const { server } = await openWorld(t)
  const leave = new AbortController()
  t.after(() => leave.abort())
  const follow = async (presented) => {
    const headers = { authorization: `Bearer ${presented}`, accept: 'text/event-stream' }
    return (await fetch(`${server.url}${ACME}/events`, { headers, signal: leave.signal })).status
  }
  for (let n = 0; n < 16; n += 1) assert.equal(await follow(admin()), 200)
  assert.equal(await follow(admin()), 429)
  const waits = await as(server, admin())('GET', `${ACME}/events?wait_ms=1`)
  assert.deepEqual([waits.status, waits.body.reason], [429, 'rate_limited'])
  assert.equal((await as(server, admin())('GET', `${ACME}/events`)).status, 200, 'who does not wait takes no place')
  for (const other of [admin({ sub: 'otto' }), ...Array(17).fill(API_KEY)]) assert.equal(await follow(other), 200)
})

test('too many bad tokens of an address are answered as too many bad keys are', async (t) => {
  const env = { SWITCHBOARD_TRUST_LOOPBACK: 'false', SWITCHBOARD_FAILURES_PER_ADDRESS_PER_S: '1' }
  const { server } = await openWorld(t, { env })
  const expired = as(server, admin({}, { lifeSeconds: -60 }))
  const asked = (count, ask) => Promise.all(Array.from({ length: count }, async () => (await ask('GET', ACME)).status))
  // All at once, because requests one by one might be slow enough to be granted.
  const statuses = await asked(60, expired)
  assert.deepEqual([...new Set(statuses)].sort(), [401, 429], statuses.join())
  for (const presented of [admin(), API_KEY]) {
    // One request is granted each second: on a slow machine this may be the one.
    await eventually('a good one is refused too', async () => {
      await asked(30, expired)
      return (await as(server, presented)('GET', ACME)).status === 429
    })
  }
})

test('the command line gives a scope to admins alone', async (t) => {
  const { server } = await openWorld(t)
  const run = async (...more) => {
    const settings = { SWITCHBOARD_JWT_SECRET: SECRET }
    const ran = runSwitchboard(['token', '--sub', 'olga', '--company', 'acme', ...more], settings)
    return { ...(await ran.exited), out: ran.stdout.trim(), err: ran.stderr }
  }
  const made = await run('--role', 'admin', '--scope', 'manage')
  assert.equal((await as(server, made.out)('PATCH', ACME, { name: 'Acme' })).status, 200, made.err)
  const least = await run('--role', 'admin')
  forbidden(await as(server, least.out)('PATCH', ACME, { name: 'Acme' }))
  const refused = await run('--role', 'employee', '--scope', 'manage')
  assert.deepEqual([refused.code, refused.out], [1, ''])
  assert.match(refused.err, /`--scope` is only for the token of an admin/)
  assert.match((await run('--role', 'admin', '--scope', 'all')).err, /`read`, `operate` or `manage`/)
})

function admin(claims = {}, options = {}) {
  return token({ sub: 'olga', role: 'admin', company: 'acme', ...claims }, options)
}

/** Sends requests with that key or token. */
function as(server, presented) {
  return async (method, path, body) => {
    const answer = await fetch(server.url + path, {
      method,
      headers: { authorization: `Bearer ${presented}` },
      body: body && JSON.stringify(body),
      signal: AbortSignal.timeout(PATIENCE_MS),
    })
    const text = await answer.text()
    const isJson = /^application\/(problem\+)?json/.test(answer.headers.get('content-type') ?? '')
    return { status: answer.status, headers: answer.headers, body: isJson ? JSON.parse(text) : text }
  }
}

function ids({ status, body }) {
  assert.equal(status, 200, JSON.stringify(body))
  return body.items.map(({ id }) => id)
}

function forbidden({ status, body }, detail = /./, what = '') {
  assert.deepEqual([status, body.reason], [403, 'forbidden'], `${what}: ${JSON.stringify(body)}`)
  if (typeof detail === 'string') assert.equal(body.detail, detail, what)
  else assert.match(body.detail, detail, what)
}
