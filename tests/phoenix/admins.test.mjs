// Two admins of one company: neither overwrites the other's change, and a patch changes only the fields that it names.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { openWorld } from './people.mjs'
import { API_KEY } from './server.mjs'

const ACME = '/v1/companies/acme'
const ANN = `${ACME}/employees/ann`

test('of two admins who start from the same state one is told that the other came first', async (t) => {
  const { server } = await openWorld(t)
  for (const [path, mine, yours] of [
    [ACME, { settings: { wrap_up_ms: 7 } }, { name: 'Acme & Co' }],
    [ANN, { topics: ['tax'] }, { name: 'Ann Lee' }],
  ]) {
    if (path === ANN) await server.ask('PUT', ANN, {})
    const { tag } = await send(server, 'GET', path)
    const first = await send(server, 'PATCH', path, mine, { 'if-match': tag })
    assert.equal(first.status, 200)
    assert.notEqual(first.tag, tag)
    for (const method of ['PATCH', 'PUT', 'DELETE']) {
      const late = await send(server, method, path, method === 'DELETE' ? undefined : yours, { 'if-match': tag })
      assert.deepEqual([late.status, late.body.reason, late.tag], [412, 'changed', first.tag], `${method} ${path}`)
    }
    assert.deepEqual((await send(server, 'GET', path)).body, first.body, 'nothing of it was done')
    const again = await send(server, 'PATCH', path, yours, { 'if-match': first.tag })
    assert.deepEqual([again.status, again.body], [200, { ...first.body, ...yours }])
    assert.equal((await send(server, 'DELETE', path, undefined, { 'if-match': `"other", ${again.tag}` })).status, 204)
    if (path === ACME) await server.ask('PUT', ACME, {})
  }
})

test('of many who change at once from one state exactly one changes it', async (t) => {
  const { server } = await openWorld(t)
  await server.ask('PUT', ANN, {})
  for (let round = 0; round < 10; round += 1) {
    const { tag } = await send(server, 'GET', ANN)
    const names = Array.from({ length: 16 }, (_, n) => `round ${round}, admin ${n}`)
    const answers = await Promise.all(names.map((name) => send(server, 'PATCH', ANN, { name }, { 'if-match': tag })))
    const [winner, ...others] = answers.filter(({ status }) => status === 200)
    assert.deepEqual(others, [], 'one')
    assert.equal(answers.filter(({ status }) => status === 412).length, names.length - 1)
    assert.equal((await send(server, 'GET', ANN)).body.name, winner.body.name)
  }
})

test('a status that moves stands in nobody’s way, and who looks again sees it', async (t) => {
  const world = await openWorld(t)
  const ann = await world.employee('ann', { idle: false })
  const { tag, body } = await send(world.server, 'GET', ANN)
  const same = await send(world.server, 'GET', ANN, undefined, { 'if-none-match': tag })
  assert.deepEqual([same.status, same.body, same.tag], [304, '', tag])
  await ann.setStatus('idle')
  const moved = await send(world.server, 'GET', ANN, undefined, { 'if-none-match': tag })
  assert.deepEqual([moved.status, moved.body.status], [200, 'idle'])
  const changed = await send(world.server, 'PATCH', ANN, { topics: ['tax'] }, { 'if-match': tag })
  assert.deepEqual([changed.status, changed.body.topics, changed.body.name], [200, ['tax'], body.name])
})

test('a put can ask to make only, or to replace only', async (t) => {
  const { server } = await openWorld(t)
  const make = { 'if-none-match': '*' }
  const replace = { 'if-match': '*' }
  for (const path of [ANN, '/v1/companies/newco']) {
    assert.equal((await send(server, 'PUT', path, {}, replace)).body.reason, 'changed', 'there is nothing to replace')
    assert.equal((await send(server, 'GET', path)).status, 404, 'and nothing was made')
    const made = await send(server, 'PUT', path, { name: 'First' }, make)
    assert.equal(made.status, 201)
    const late = await send(server, 'PUT', path, { name: 'Second' }, make)
    assert.deepEqual([late.status, late.body.reason, late.tag], [412, 'changed', made.tag])
    assert.equal((await send(server, 'GET', path)).body.name, 'First')
    assert.equal((await send(server, 'PUT', path, { name: 'Third' }, replace)).status, 200)
    assert.equal((await send(server, 'GET', path, undefined, { 'if-none-match': '*' })).status, 304)
  }
})

test('a condition that cannot be read is refused, and what is unknown is unknown under any', async (t) => {
  const { server } = await openWorld(t)
  for (const header of ['if-match', 'if-none-match']) {
    const refused = await send(server, 'PATCH', ACME, {}, { [header]: 'abc' })
    assert.deepEqual([refused.status, refused.body.reason], [422, 'invalid'])
  }
  for (const method of ['GET', 'PATCH']) {
    const unknown = await send(server, method, ANN, method === 'GET' ? undefined : {}, { 'if-match': '"abc"' })
    assert.deepEqual([unknown.status, unknown.body.reason], [404, 'unknown_employee'])
  }
  const nowhere = await send(server, 'DELETE', '/v1/companies/nowhere/employees/ann', undefined, { 'if-match': '"abc"' })
  assert.deepEqual([nowhere.status, nowhere.body.reason], [404, 'unknown_company'])
})

test('a patch keeps what it does not name and resets what is null', async (t) => {
  const { server } = await openWorld(t)
  const defaults = (await server.ask('PUT', ACME, {})).settings
  const made = await server.ask('PUT', ACME, { name: 'Acme', settings: { wrap_up_ms: 7, offer_timeout_ms: 9 } })
  const patch = async (path, body, type) => (await send(server, 'PATCH', path, body, { 'content-type': type })).body
  for (const type of ['application/merge-patch+json', 'application/json']) {
    assert.deepEqual(await patch(ACME, {}, type), made)
    assert.deepEqual(await patch(ACME, { settings: {} }, type), made)
    const one = await patch(ACME, { settings: { wrap_up_ms: null } }, type)
    assert.deepEqual(one, { ...made, settings: { ...made.settings, wrap_up_ms: defaults.wrap_up_ms } })
    assert.deepEqual((await patch(ACME, { settings: null }, type)).settings, defaults)
    assert.equal((await patch(ACME, { name: null }, type)).name, 'acme')
    await server.ask('PATCH', ACME, { name: 'Acme', settings: { wrap_up_ms: 7, offer_timeout_ms: 9 } })

    await server.ask('PUT', ANN, { name: 'Ann Lee', topics: ['tax'] })
    assert.deepEqual(named(await patch(ANN, {}, type)), ['Ann Lee', ['tax']])
    assert.deepEqual(named(await patch(ANN, { name: null }, type)), ['ann', ['tax']])
    assert.deepEqual(named(await patch(ANN, { topics: null }, type)), ['ann', []])
    assert.deepEqual(named(await patch(ANN, { name: 'Ann', topics: ['law'] }, type)), ['Ann', ['law']])
  }
  await server.refused(422, 'invalid', 'PATCH', ACME, { settings: { nothing_such: null } })
  await server.refused(422, 'invalid', 'PATCH', ACME, { nothing_such: null })
})

function named({ name, topics }) { return [name, topics] }

async function send(server, method, path, body, headers = {}) {
  const answer = await fetch(server.url + path, {
    method,
    headers: { authorization: `Bearer ${API_KEY}`, ...headers },
    body: body === undefined ? undefined : JSON.stringify(body),
  })
  const text = await answer.text()
  return { status: answer.status, tag: answer.headers.get('etag'), body: text ? JSON.parse(text) : '' }
}
