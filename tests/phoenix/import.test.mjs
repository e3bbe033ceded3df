// Employees from a file: NDJSON or CSV, streamed, all or nothing, with every bad line named.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { openWorld } from './people.mjs'
import { API_KEY } from './server.mjs'

const NDJSON = 'application/x-ndjson'
const CSV = 'text/csv'
const LINES_MAX = 100_000

test('a file makes who is new, changes who is other, and leaves everybody else', async (t) => {
  const { server } = await openWorld(t)
  const ann = '{"id":"ann","name":"Ann Lee","topics":["tax","law"]}'
  const ndjson = [ann, '{"id":"ben","topics":["tax"]}', '', '{"id":"cid"}', '{"id":"import"}']
  for (const [type, text] of [
    [NDJSON, ndjson.join('\n')],
    [CSV, 'topics,id,name\r\nlaw;tax;tax,ann,Ann Lee\r\ntax,ben,\r\n\r\n,cid,\r\n,import,'],
  ]) {
    await server.ask('DELETE', '/v1/companies/acme')
    await server.ask('PUT', '/v1/companies/acme', {})
    await server.ask('PUT', '/v1/companies/acme/employees/zoe', { name: 'Zoe' })
    await server.ask('PUT', '/v1/companies/acme/employees/ben', { name: 'Ben', topics: ['law'] })
    await server.ask('PUT', '/v1/companies/acme/employees/cid', {})
    assert.deepEqual(await send(server, type, text), [200, { created: 2, changed: 1, unchanged: 1 }], type)
    assert.deepEqual(await everybody(server), [
      ['ann', 'Ann Lee', ['law', 'tax']], ['ben', 'ben', ['tax']], ['cid', 'cid', []], ['import', 'import', []], ['zoe', 'Zoe', []],
    ])
    assert.deepEqual(await send(server, type, text), [200, { created: 0, changed: 0, unchanged: 4 }], 'the same again')
  }
  assert.equal((await server.ask('PATCH', '/v1/companies/acme/employees/import', { name: 'I.' })).name, 'I.')
  assert.deepEqual(await send(server, CSV, 'id\n'), [200, { created: 0, changed: 0, unchanged: 0 }])
})

test('every bad line is named, and nothing of the file is taken', async (t) => {
  const { server } = await openWorld(t)
  const refused = async (type, text) => {
    const [status, problem] = await send(server, type, text)
    assert.deepEqual([status, problem.reason, problem.bad_lines], [422, 'invalid', problem.lines.length], JSON.stringify(problem))
    for (const { problem: said } of problem.lines) assert.ok(said.length > 0)
    return problem.lines.map(({ line, field }) => [line, field])
  }
  assert.deepEqual(await refused(NDJSON, [
    '{"id":"good"}', '{"id":"no good"}', '{"id":7}', '', '{"name":"nobody"}', '[]', 'nothing', '{"id":"a","other":1}',
    '{"id":"b","name":""}', '{"id":"c","topics":["tax",""]}', '{"id":"d","topics":"tax"}', '{"id":"good"}', '{"id":"e"} {}',
    `{"id":"f","topics":${JSON.stringify(Array.from({ length: 65 }, (_, n) => `topic ${n}`))}}`, '{"id":"fine"}',
  ].join('\n')), [
    [2, 'id'], [3, 'id'], [5, 'id'], [6, null], [7, null], [8, 'other'], [9, 'name'], [10, 'topics[1]'], [11, 'topics'],
    [12, 'id'], [13, null], [14, 'topics'],
  ])
  assert.deepEqual(await refused(CSV, 'id,name\nann,"Ann\nLee"\nben\n\nno good,x\ndan,y\ncid,z\ncid,q\n'), [
    [2, 'name'], [4, null], [6, 'id'], [9, 'id'],
  ])
  assert.deepEqual(await refused(CSV, 'id,salary\nann,1\n'), [[1, 'salary']])
  assert.deepEqual(await refused(CSV, 'name,topics\nann,tax\n'), [[1, 'id']])
  assert.deepEqual(await refused(CSV, 'id,id\nann,ann\n'), [[1, 'id']])
  assert.deepEqual(await everybody(server), [])
})

test('a hundred bad lines are named and all are counted', async (t) => {
  const { server } = await openWorld(t)
  const [status, problem] = await send(server, NDJSON, '{}\n'.repeat(1234))
  assert.deepEqual([status, problem.lines.length, problem.bad_lines, problem.lines.at(-1).line], [422, 100, 1234, 100])
})

test('a file is read as it comes, wherever it is cut', async (t) => {
  const { server } = await openWorld(t)
  for (const [n, [type, text]] of [
    [NDJSON, '\ufeff{"id":"ann","name":"Änne 日本","topics":["tax"]}\r\n{"id":"ben"}\r\n'],
    [CSV, '\ufeffid,name,topics\r\nann,"Änne 日本",tax\r\nben,"ben",\r\n'],
  ].entries()) {
    const bytes = Buffer.from(text)
    for (const size of [1, 3]) {
      const pieces = Array.from({ length: Math.ceil(bytes.length / size) }, (_, at) => bytes.subarray(at * size, (at + 1) * size))
      const first = n === 0 && size === 1
      const came = first ? { created: 2, changed: 0, unchanged: 0 } : { created: 0, changed: 0, unchanged: 2 }
      assert.deepEqual(await send(server, type, ReadableStream.from(pieces)), [200, came], `${type} by ${size}`)
    }
  }
  assert.deepEqual((await everybody(server))[0], ['ann', 'Änne 日本', ['tax']])
})

test('a file that is too long is refused, by its lines and by its bytes', async (t) => {
  const { server } = await openWorld(t)
  const [status, problem] = await send(server, NDJSON, lines(LINES_MAX + 1))
  assert.deepEqual([status, problem.bad_lines, problem.lines[0].line], [422, 1, LINES_MAX + 1])
  const endless = (text) => ReadableStream.from(Array.from({ length: 33 }, () => Buffer.alloc(1024 * 1024, text)))
  assert.deepEqual(await outcome(server, NDJSON, endless('\n')), [413, 'too_large'])
  assert.deepEqual(await outcome(server, NDJSON, endless(' ')), [422, 'invalid'], 'a line without an end')
  assert.deepEqual(await outcome(server, CSV, endless('"')), [422, 'invalid'], 'a quote without an end')
  assert.deepEqual(await everybody(server), [])
})

test('what is no file, or for nobody, is refused', async (t) => {
  const { server } = await openWorld(t)
  assert.deepEqual(await outcome(server, 'application/json', '{"id":"ann"}'), [415, 'unknown_type'])
  assert.deepEqual(await outcome(server, NDJSON, '{"id":"ann"}', 'nowhere'), [404, 'unknown_company'])
  await server.refused(405, 'unknown_method', 'POST', '/v1/companies/acme/employees/ann', {})
})

test('a hundred thousand come at once, and outlive a kill', async (t) => {
  const { server } = await openWorld(t)
  assert.deepEqual(await send(server, NDJSON, lines(LINES_MAX)), [200, { created: LINES_MAX, changed: 0, unchanged: 0 }])
  await server.kill()
  await server.restart()
  assert.deepEqual(await send(server, NDJSON, lines(LINES_MAX)), [200, { created: 0, changed: 0, unchanged: LINES_MAX }])
})

test('an address of an employee names what it is for, and a file is not among it', async (t) => {
  const { server } = await openWorld(t)
  for (const [id, allowed] of [['ann', 'GET,HEAD,PUT,PATCH,DELETE'], ['import', 'GET,HEAD,PUT,PATCH,DELETE,POST']]) {
    const answer = await fetch(`${server.url}/v1/companies/acme/employees/${id}`, {
      method: 'OPTIONS', headers: { authorization: `Bearer ${API_KEY}` },
    })
    assert.deepEqual([answer.status, answer.headers.get('allow')], [405, allowed], id)
  }
})

function lines(count) {
  return Array.from({ length: count }, (_, n) => `{"id":"e${n}","name":"Employee ${n}","topics":["tax","law"]}\n`).join('')
}

async function send(server, type, body, company = 'acme') {
  const answer = await fetch(`${server.url}/v1/companies/${company}/employees/import`, {
    method: 'POST',
    headers: { authorization: `Bearer ${API_KEY}`, 'content-type': type },
    body,
    duplex: 'half',
  })
  return [answer.status, await answer.json()]
}

/**
 * The status and the reason, also when the server answers before the whole body was sent, and closes the connection.
 */
async function outcome(server, type, body, company) {
  const [status, problem] = await send(server, type, body, company)
  return [status, problem.reason]
}

async function everybody(server) {
  const page = await server.ask('GET', '/v1/companies/acme/employees?limit=500')
  return page.items.map(({ id, name, topics }) => [id, name, topics])
}
