// Error messages of the HTTP API: in the contract's words, and with the correct form.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { openWorld } from './people.mjs'
import { API_KEY, token } from './server.mjs'

/** Words of the language or of a library, which mean nothing to the sender of a request. */
const FOREIGN = /\b[iu](8|16|32|64|size)\b|\bf(32|64)\b|sequence|struct |invalid (type|value|digit|length)|expected a |eserialize|variant|unknown field|missing field|`\?`|\bSome\(|\bNone\b/
const BODIES = [
  '', '[]', '7', 'null', '"text"', '{', '{"name":"Ann",}', '{"name":7}', '{"name":null}', '{"name":["a"]}', '{"topics":"tax"}',
  '{"topics":[7]}', '{"topics":{"a":1}}', '{"settings":7}', '{"settings":[]}', '{"settings":{"offer_timeout_ms":"soon"}}',
  '{"settings":{"offer_timeout_ms":-1}}', '{"settings":{"offer_timeout_ms":1.5}}', '{"settings":{"max_missed":99999999999}}',
  '{"settings":{"colour":1}}', '{"colour":"red"}', '{"status":7}', '{"status":"busy"}', '{"reason":7}', '{"url":7}', '{"url":"x"}',
  '{"url":"http://localhost:9999"}', '{"types":"offer.made"}', '{"types":[7]}', '{"keep_old_for_s":"long"}', '{"keep_old_for_s":-1}',
  '{"name":"a","name":"b"}', `{"name":${'['.repeat(200)}${']'.repeat(200)}}`, '{"name":"\\ud800"}', '\u0000', '{"settings":{"a":1e999}}',
]
const QUERIES = ['limit=many', 'limit=', 'limit=-1', 'limit=99999999999', 'limit=1&limit=2', 'limits=1', 'after=x', 'from=yesterday',
  'within_s=x', 'wait_ms=x', 'types=x', 'state=x', 'status=x', 'format=x', 'events=x', 'events=1']

test('no answer to a bad body or query has words of the language in it', async (t) => {
  const { server } = await openWorld(t)
  const document = await server.ask('GET', '/openapi.json')
  const values = { company: 'acme', employee: 'ann', client: 'carl', seq: '1' }
  const uuid = '01890000-0000-7000-8000-000000000000'
  let seen = 0
  const look = async (method, path, body) => {
    const headers = { authorization: `Bearer ${API_KEY}`, 'content-type': 'application/json' }
    const answer = await fetch(server.url + path, { method, headers, body })
    const text = await answer.text()
    if (answer.status < 400) return
    const problem = JSON.parse(text)
    assert.ok(!FOREIGN.test(problem.detail), `${method} ${path} ${body ?? ''}: ${problem.detail}`)
    seen += 1
  }
  for (const [template, item] of Object.entries(document.paths)) {
    const path = template.replace(/\{(\w+)\}/g, (_, name) => values[name] ?? uuid)
    for (const [method, operation] of Object.entries(item)) {
      if (operation.requestBody) for (const body of BODIES) await look(method.toUpperCase(), path, body)
      if (method === 'get' && template.startsWith('/v1')) for (const query of QUERIES) await look('GET', `${path}?${query}`)
    }
  }
  assert.ok(seen > 500, `${seen} answers`)
})

test('a bad field is told what it must be', async (t) => {
  const { server } = await openWorld(t)
  const detail = async (method, path, body) => (await server.refused(422, 'invalid', method, path, body)).detail
  const company = '/v1/companies/acme'
  assert.equal(await detail('PUT', `${company}/employees/ann`, { topics: 'tax' }), '`topics` must be a list')
  const timeout = { settings: { offer_timeout_ms: 'soon' } }
  assert.equal(await detail('PUT', company, timeout), '`settings.offer_timeout_ms` must be a whole number')
  assert.match(await detail('PUT', company, { hue: 'red' }), /^`hue` is not a field here: the fields are `name`, `colour`, `settings`/)
  assert.equal(await detail('GET', '/v1/companies?limit=many'), '`limit` must be a whole number')
  assert.match(await detail('POST', `${company}/webhooks`, { url: 'http://localhost:9999' }), /`webhooks_allow_private`/)
})

test('where nothing is, the whole address is named, and a slash at its end', async (t) => {
  const { server } = await openWorld(t)
  const long = `/v1/companies/acme/webhooks/01890000-0000-7000-8000-000000000000/${'test'.repeat(20)}`
  const detail = async (path) => (await server.refused(404, 'unknown_route', 'GET', path)).detail
  assert.equal(await detail(long), `there is nothing at \`${long}\``)
  const slash = await detail('/v1/companies/acme/')
  assert.equal(slash, 'there is nothing at `/v1/companies/acme/`: paths have no trailing slash, as in `/v1/companies/acme`')
  assert.equal(await detail('/nowhere'), 'there is nothing at `/nowhere`')
})

test('a method that is not for an address is told those that are', async (t) => {
  const { server } = await openWorld(t)
  for (const [method, path, allowed, hint] of [
    ['POST', '/v1/companies/acme/bookings', ['GET', 'HEAD'], 'clients book over their socket'],
    ['POST', '/v1/companies/acme/employees', ['GET', 'HEAD'], '`employees/import`'],
    ['POST', '/v1/companies/acme/employees/ann', ['GET', 'HEAD', 'PUT', 'PATCH', 'DELETE'], ''],
    ['DELETE', '/v1/companies', ['GET', 'HEAD'], ''],
    ['POST', '/healthz', ['GET', 'HEAD'], ''],
  ]) {
    const { detail } = await server.refused(405, 'unknown_method', method, path, {})
    assert.ok(detail.startsWith(`\`${method}\` is not supported at this path, `) && detail.includes(hint), detail)
    const answer = await fetch(server.url + path, { method, headers: { authorization: `Bearer ${API_KEY}` } })
    assert.deepEqual(answer.headers.get('allow').split(',').map((one) => one.trim()), allowed, `${method} ${path}`)
    for (const name of allowed) assert.ok(detail.includes(`\`${name}\``), detail)
  }
})

test('whoever shows a key that is not known is not told to show one', async (t) => {
  const { server } = await openWorld(t)
  const detail = async (shown) => (await server.refused(401, 'unauthorized', 'GET', '/v1/companies', undefined, { key: shown })).detail
  assert.match(await detail(null), /^send an API key/)
  assert.equal(await detail('wrong'), 'this is neither a known API key nor a token')
  assert.match(await detail(token({ sub: 'olga', role: 'admin', company: 'acme' }, { lifeSeconds: -60 })), /has expired/)
})

test('a token is looked at before the headers of the upgrade', async (t) => {
  const { server } = await openWorld(t)
  const ask = async (query) => {
    const answer = await fetch(`${server.url}/socket/websocket?${query}`)
    return [answer.status, await answer.json()]
  }
  const late = token({ sub: 'carl', role: 'client', company: 'acme' }, { lifeSeconds: -60 })
  assert.deepEqual(await ask(`token=${late}`), [401, { reason: 'unauthorized', message: 'the token has expired (`exp`)' }])
  const [status, { reason, message }] = await ask(`token=${token({ sub: 'carl', role: 'client', company: 'acme' })}`)
  assert.deepEqual([status, reason], [400, 'invalid'])
  assert.match(message, /^the token is valid, but this is not a WebSocket handshake/)
  const [twice] = await ask('token=a&token=b')
  assert.equal(twice, 400)
})
