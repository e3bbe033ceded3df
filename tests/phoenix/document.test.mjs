// The API's document against the built server: every operation's example is sent, and every answer is checked by its
// schema.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import Ajv from 'ajv/dist/2020.js'
import { eventually, PATIENCE_MS } from './inbox.mjs'
import { openWorld } from './people.mjs'
import { API_KEY, runSwitchboard, token } from './server.mjs'

const METHODS = ['get', 'put', 'post', 'patch', 'delete']
/** Creation comes before changes and reads, and removal comes last. */
const ORDER = ['put', 'post', 'patch', 'get', 'delete']
const STREAM = 'text/event-stream'

test('the example of every operation does what the document says', async (t) => {
  const world = await openWorld(t, { env: { SWITCHBOARD_WEBHOOKS_ALLOW_PRIVATE: 'true' } })
  const { document, check } = await read(world.server)
  const fixtures = await morning(world)
  const made = new Map()
  const ran = []
  for (const operation of inOrder(document)) {
    const { name } = operation
    const request = exampleRequest(operation, (param, collection) => {
      return fixtures.of(name)[param] ?? made.get(collection) ?? fixtures.all[param]
    }, fixtures.bodies[name])
    if (!operation.open) {
      const refused = await send(world.server, request, undefined)
      assert.equal(refused.status, 401, `${name} without a key answered ${refused.status}`)
      check(operation, refused)
    }
    for (const accept of formsOf(document, operation)) {
      const answer = await send(world.server, { ...request, accept }, operation.open ? undefined : API_KEY)
      const said = `${name}: ${request.method} ${request.path} answered ${answer.status}: ${answer.text.slice(0, 500)}`
      assert.ok(answer.status < 400, said)
      assert.ok(!accept || answer.type.startsWith(accept), `${name} as ${accept} is ${answer.type}`)
      check(operation, answer)
      if (request.method === 'post' && answer.body?.id) made.set(operation.path, answer.body.id)
      if (fixtures.lists.includes(name) && answer.body.items) assert.ok(answer.body.items.length > 0, said)
      fixtures.saw[name]?.(answer, accept)
    }
    ran.push(name)
  }
  assert.deepEqual(ran.toSorted(), operations(document).map(({ name }) => name).toSorted())
  assert.ok(ran.length >= 40, `${ran.length} operations`)
})

test('a key and a person may what the document says, and no other operation', async (t) => {
  const world = await openWorld(t)
  const { document, check } = await read(world.server)
  for (const { who, shown, fits } of await callers(world.server)) {
    for (const operation of operations(document).filter(({ open }) => !open)) {
      const request = exampleRequest(operation, () => undefined)
      // Only admission is tested here: an admitted request must find nothing to do.
      const path = request.path.replace(/(\/|company=)acme/g, '$1nowhere')
      const nowhere = { ...request, path, body: request.body && '[' }
      const answer = await send(world.server, nowhere, shown)
      const said = `${operation.name} with ${who} answered ${answer.status}`
      assert.equal(answer.status !== 403, operation.security.some(fits), said)
      check(operation, answer)
    }
  }
})

test('every example of the document is as its schema says', async (t) => {
  const world = await openWorld(t)
  const { document, validate } = await read(world.server)
  let seen = 0
  for (const operation of operations(document)) {
    const bodies = [operation.requestBody, ...Object.values(operation.responses)].filter(Boolean).map((one) => resolved(document, one))
    for (const body of bodies) {
      for (const [type, media] of Object.entries(body.content ?? {})) {
        const examples = media.example === undefined ? Object.values(media.examples ?? {}).map(({ value }) => value) : [media.example]
        assert.ok(examples.length > 0, `${operation.name} has no example of ${type}`)
        for (const example of examples) validate(media.schema, example, `the example of ${operation.name}`)
        seen += examples.length
      }
    }
    for (const parameter of operation.parameters) {
      if (parameter.example !== undefined) validate(parameter.schema, parameter.example, `${parameter.name} of ${operation.name}`)
    }
  }
  assert.ok(seen >= 100, `${seen} examples`)
})

test('the document and its page need no key, and load nothing from elsewhere', async (t) => {
  const { server } = await openWorld(t)
  for (const [path, type] of [
    ['/openapi.json', 'application/json'], ['/docs', 'text/html; charset=utf-8'],
    ['/docs/page.js', 'text/javascript; charset=utf-8'], ['/docs/page.css', 'text/css; charset=utf-8'],
  ]) {
    const answer = await fetch(server.url + path)
    assert.deepEqual([answer.status, answer.headers.get('content-type')], [200, type], path)
    assert.match(answer.headers.get('content-security-policy'), /^default-src 'none'; script-src 'self'; style-src 'self';/)
    assert.equal(answer.headers.get('x-content-type-options'), 'nosniff')
    const text = await answer.text()
    if (path.startsWith('/docs')) assert.doesNotMatch(text, /https?:\/\//, `${path} names another server`)
    if (path === '/docs') assert.doesNotMatch(text, /<script>|<style>|style=|onclick=/, 'what the policy would not let run')
  }
})

/**
 * A morning of `acme`: a running session with messages, clients who wait for an answer and in the line, a webhook whose receiver does
 * not answer, and people who have left and asked for erasure.
 */
async function morning(world) {
  const dead = await world.http('POST', '/webhooks', { url: 'http://127.0.0.1:9/' })
  const { ann, booking, session, his } = await world.meeting({ topic: 'tax' })
  await his.push('message', { body: 'May I deduct my bicycle?' })
  await world.employee('ben', { topics: ['tax'] })
  const waiting = await (await world.client('dora')).book('tax')
  await world.http('PUT', '/routing', { routes: [{ steps: [{}], wait: { max_ms: 600_000, empty: true } }] })
  const inLine = await (await world.client('gina')).book('law')
  assert.ok(ann.joined)
  await world.http('PUT', '/employees/zoe', {})
  await world.server.ask('DELETE', '/v1/companies/acme/employees/zoe')
  const seq = await undelivered(world, dead.id)
  const signIn = { token: token({ sub: 'ann', role: 'employee', company: 'acme' }) }
  const { code } = await world.http('POST', '/sign-in-codes', signIn)
  const of = {
    cancelBooking: { booking: waiting.id },
    patchBooking: { booking: inLine.id },
    listDeliveries: { webhook: dead.id },
    redeliver: { webhook: dead.id, seq },
    eraseClient: { client: 'emil' },
    eraseEmployee: { employee: 'zoe' },
  }
  return {
    all: { company: 'acme', employee: 'ann', booking: booking.id, session: session.id },
    of: (operation) => of[operation] ?? {},
    // The example's token is not signed, and its code is not waiting to be used.
    bodies: { makeSignInCode: signIn, takeSignInCode: { code } },
    // Lists in which the example finds items. Ann is busy, so that only Ben is in the line for her topic.
    lists: [
      'listCompanies', 'listBookings', 'listSessions', 'listMessages', 'listEvents', 'listWebhooks', 'listDeliveries',
      'listStatisticsOfEmployees', 'listAudit',
    ],
    // Checks of text formats, which a schema does not describe.
    saw: {
      showTimeline: ({ body }) => assert.deepEqual([body.steps[0].what, body.steps[1].what], ['opened', 'offered']),
      exportCompany: ({ text }) => assert.equal(JSON.parse(text.trim().split('\n').at(-1)).kind, 'end'),
      showMetrics: ({ text }) => assert.match(text, /\n# EOF\n$/),
      listEvents({ text }, accept) {
        if (accept === STREAM) assert.match(text, /\nevent: booking\.opened\ndata: \{"id":"acme:/)
      },
      showStatistics({ text }, accept) {
        if (accept === 'text/csv') assert.match(text, /^from,to,within_s,now\.offline,/)
      },
    },
  }
}

/** Waits for a failed delivery, and returns the number of its event. */
async function undelivered(world, webhook) {
  return eventually('something was tried in vain', async () => {
    const { items } = await world.http('GET', `/webhooks/${webhook}/deliveries`)
    return items[0]?.seq
  })
}

/** The content types of the answer, if `Accept` chooses among several; otherwise only the default. */
function formsOf(document, operation) {
  const good = Object.entries(operation.responses).filter(([status]) => status.startsWith('2'))
  const types = good.flatMap(([, answer]) => Object.keys(resolved(document, answer).content ?? {}))
  // The content type of a picture depends on the picture, not on `Accept`.
  const chosen = new Set(types.filter((type) => !type.startsWith('image/')))
  return chosen.size > 1 ? [...chosen] : [undefined]
}

/** All kinds of callers, each with a credential and a test for the security schemes that they satisfy. */
async function callers(server) {
  const scopes = ['read', 'operate', 'manage']
  const found = []
  for (const [rank, scope] of scopes.entries()) {
    const has = (needed = []) => scopes.slice(0, rank + 1).includes(needed[0])
    const admin = token({ sub: 'olga', role: 'admin', company: 'nowhere', scope })
    found.push({ who: `a key to ${scope}`, shown: await keyTo(server, scope), fits: ({ key }) => has(key) })
    found.push({ who: `an admin to ${scope}`, shown: admin, fits: (way) => has(way.token) })
  }
  const person = (role, sub) => token({ sub, role, company: 'nowhere' })
  found.push({ who: 'an employee', shown: person('employee', 'ann'), fits: (way) => way.token?.includes('employee') })
  found.push({ who: 'a client', shown: person('client', 'carl'), fits: () => false })
  return found
}

/** Makes a key of that scope, and waits until the server knows the key. */
async function keyTo(server, scope) {
  const run = runSwitchboard(['key', '--data', server.data, 'create', '--name', `to-${scope}`, '--scope', scope], {})
  await run.exited
  const key = /^sb_\S+$/m.exec(run.stdout)?.[0]
  assert.ok(key, run.stderr)
  const known = async () => (await server.http('GET', '/v1/companies', undefined, { key })).status === 200
  await eventually('the server knows the key', known)
  return key
}

async function read(server) {
  const document = await server.ask('GET', '/openapi.json')
  assert.equal(document.openapi, '3.1.0')
  const ajv = new Ajv({ strict: false, validateFormats: false, allErrors: true })
  const closed = close(structuredClone(document))
  ajv.addSchema(closed, 'api')
  const validate = (schema, value, what) => {
    const valid = ajv.compile(close(structuredClone(schema)))
    assert.ok(valid(value), `${what} is not as its schema says: ${ajv.errorsText(valid.errors)}\n${JSON.stringify(value, null, 1)}`)
  }
  const check = (operation, answer) => {
    const what = `${operation.name}, ${answer.status}`
    const described = operation.responses[answer.status]
    assert.ok(described, `${what}: the document has no such status`)
    const { content = {}, headers = {} } = resolved(document, described)
    for (const name of Object.keys(headers)) assert.ok(answer.headers.get(name), `${what}: no header ${name}`)
    if (Object.keys(content).length === 0) {
      assert.equal(answer.text, '', `${what}: a body that the document does not have`)
      return
    }
    const type = answer.type.split(';')[0]
    assert.ok(content[type], `${what}: ${type} is not among ${Object.keys(content)}`)
    validate(content[type].schema, answer.body, what)
  }
  return { document, check, validate }
}

/** Points references to the document, and forbids undocumented fields, so that an answer with one fails. */
function close(schema) {
  if (Array.isArray(schema)) schema.forEach(close)
  else if (schema && typeof schema === 'object') {
    if (typeof schema.$ref === 'string') schema.$ref = schema.$ref.replace(/^#/, 'api#')
    if (schema.type === 'object' && schema.properties) schema.additionalProperties ??= false
    Object.entries(schema).forEach(([key, value]) => ['example', 'examples'].includes(key) || close(value))
  }
  return schema
}

function operations(document) {
  return Object.entries(document.paths).flatMap(([path, item]) => METHODS.filter((method) => item[method]).map((method) => {
    const operation = item[method]
    assert.ok(operation.operationId && operation.summary, `${method} ${path} has a name and a summary`)
    const open = operation.security?.some((way) => Object.keys(way).length === 0) ?? false
    const parameters = (operation.parameters ?? []).map((one) => resolved(document, one))
    return { ...operation, name: operation.operationId, method, path, open, parameters }
  }))
}

function inOrder(document) {
  const depth = ({ method, path }) => (method === 'delete' ? -path.length : path.length)
  return operations(document).toSorted((a, b) => ORDER.indexOf(a.method) - ORDER.indexOf(b.method) || depth(a) - depth(b))
}

function resolved(document, thing) {
  if (!thing.$ref) return thing
  return thing.$ref.slice(2).split('/').reduce((found, part) => found[part.replaceAll('~1', '/').replaceAll('~0', '~')], document)
}

/** The document's example request, with ids that exist, and with `given` as the body if there is one. */
function exampleRequest(operation, fixture, given) {
  const { name, method, path, parameters } = operation
  const valueOf = (param, collection) => {
    const described = parameters.find((one) => one.in === 'path' && one.name === param)
    assert.ok(described?.example !== undefined, `${name}: \`${param}\` has an example`)
    return encodeURIComponent(fixture(param, collection) ?? described.example)
  }
  const filled = path.replaceAll(/\{(\w+)\}/g, (_, param, at) => valueOf(param, path.slice(0, at - 1)))
  const query = new URLSearchParams()
  for (const one of parameters) {
    if (one.in === 'query' && one.example !== undefined) query.set(one.name, one.example)
    assert.ok(!one.required || one.example !== undefined, `${name}: \`${one.name}\` is required and has no example`)
  }
  const [type, media] = Object.entries(operation.requestBody?.content ?? {})[0] ?? []
  if (type) assert.ok(media.example !== undefined, `${name}: the body has an example`)
  const example = given ?? media?.example
  const picture = /^data:[^,]*;base64,(.*)$/.exec(example)?.[1]
  const body = picture ? Buffer.from(picture, 'base64') : typeof example === 'string' ? example : example && JSON.stringify(example)
  return { method, path: query.size ? `${filled}?${query}` : filled, type, body }
}

async function send(server, { method, path, type, body, accept }, key) {
  const answer = await fetch(server.url + path, {
    method: method.toUpperCase(),
    headers: {
      ...(key ? { authorization: `Bearer ${key}` } : {}),
      ...(type ? { 'content-type': type } : {}),
      ...(accept ? { accept } : {}),
    },
    body,
    signal: AbortSignal.timeout(PATIENCE_MS),
  })
  const text = accept === STREAM && answer.ok ? await begun(answer) : await answer.text()
  const kind = answer.headers.get('content-type') ?? ''
  const read = /[/+]json\b/.test(kind) ? JSON.parse(text) : text
  return { status: answer.status, headers: answer.headers, type: kind, text, body: read }
}

/** Reads a stream until its first event, because the stream stays open for minutes. */
async function begun(answer) {
  let text = ''
  for await (const bytes of answer.body) {
    text += new TextDecoder().decode(bytes)
    if (/^data: .*\n\n/m.test(text)) break
  }
  return text
}
