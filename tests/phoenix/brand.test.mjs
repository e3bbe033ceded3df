// A company's look: a colour and a logo, which its pages learn with every join.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { eventually } from './inbox.mjs'
import { openWorld } from './people.mjs'
import { png } from './png.mjs'
import { API_KEY } from './server.mjs'

const LOGO = '/v1/companies/acme/logo'

async function ask(world, method, path, { body, type, key = API_KEY, headers = {} } = {}) {
  const answer = await fetch(world.server.url + path, {
    method,
    headers: {
      ...(key ? { authorization: `Bearer ${key}` } : {}), ...(type ? { 'content-type': type } : {}), ...headers,
    },
    body,
  })
  const bytes = Buffer.from(await answer.arrayBuffer())
  const json = /json/.test(answer.headers.get('content-type') ?? '') ? JSON.parse(bytes.toString()) : undefined
  return { status: answer.status, headers: answer.headers, bytes, json }
}

const put = (world, body, type = 'image/png', more = {}) => ask(world, 'PUT', LOGO, { body, type, ...more })

/** The company in the join replies of all three roles, which must be equal. */
async function told(world) {
  const [client, employee, board] = await Promise.all([world.client('carl'), world.device('ann'), world.board()])
  const [one, two, three] = [client.joined.company, employee.joined.company, board.joined.company]
  assert.deepEqual([two, three], [one, one])
  return one
}

test('a colour and a logo are told with every join, served to everybody, and outlive a kill', async (t) => {
  const world = await openWorld(t)
  await world.employee('ann', { idle: false })
  await world.server.ask('PUT', '/v1/companies/acme', { name: 'Acme' })
  assert.deepEqual(await told(world), { id: 'acme', name: 'Acme', colour: null, logo: null })

  const painted = await world.server.ask('PATCH', '/v1/companies/acme', { colour: '#0B7A75' })
  assert.equal(painted.colour, '#0b7a75')
  const picture = png(64, 7)
  const set = await put(world, picture)
  assert.equal(set.status, 200, set.bytes.toString())
  const { logo } = set.json
  assert.match(logo, /^\/logo\/acme\/[0-9a-f]{32}$/)
  const brand = { id: 'acme', name: 'Acme', colour: '#0b7a75', logo }
  assert.deepEqual(await told(world), brand)

  await world.server.kill()
  await world.server.restart()
  assert.deepEqual(await told(world), brand)
  const shown = await ask(world, 'GET', logo, { key: null })
  assert.equal(shown.status, 200)
  assert.deepEqual(shown.bytes, picture)
  const headers = ['content-type', 'x-content-type-options', 'cache-control', 'content-security-policy']
  assert.deepEqual(headers.map((name) => shown.headers.get(name)), [
    'image/png', 'nosniff', 'public, max-age=31536000, immutable', "default-src 'none'; sandbox",
  ])
  assert.deepEqual((await ask(world, 'GET', LOGO)).bytes, picture)
  const listed = (await world.server.ask('GET', '/v1/companies')).items.find(({ id }) => id === 'acme')
  assert.deepEqual([listed.colour, listed.logo], [brand.colour, logo])
  const [company] = (await world.http('GET', '/export')).trimEnd().split('\n').map((line) => JSON.parse(line))
  assert.deepEqual([company.colour, company.logo], [
    '#0b7a75', { type: 'image/png', base64: picture.toString('base64') },
  ])

  // A `PUT` of the company replaces all its fields, and the logo is not one of them.
  const replaced = await world.server.ask('PUT', '/v1/companies/acme', { name: 'Acme' })
  assert.deepEqual([replaced.colour, replaced.logo], [null, logo])
  const other = await put(world, png(64, 9))
  assert.notEqual(other.json.logo, logo)
  assert.equal((await ask(world, 'GET', logo, { key: null })).status, 200, 'pages that were open still show it')
  await put(world, png(64, 11))
  assert.equal((await ask(world, 'GET', logo, { key: null })).status, 404)
  assert.equal((await ask(world, 'DELETE', LOGO)).status, 204)
  assert.equal((await told(world)).logo, null)
  assert.equal((await ask(world, 'GET', LOGO)).json.reason, 'unknown_logo')
  assert.equal((await ask(world, 'GET', other.json.logo, { key: null })).status, 404)
})

test('a company that is made anew has nothing of the one before', async (t) => {
  const world = await openWorld(t)
  await world.server.ask('PATCH', '/v1/companies/acme', { colour: '#123456' })
  const { logo } = (await put(world, png(32, 1))).json
  await world.server.ask('DELETE', '/v1/companies/acme')
  assert.equal((await ask(world, 'GET', logo, { key: null })).status, 404)
  assert.equal((await ask(world, 'GET', LOGO)).json.reason, 'unknown_company')
  const made = await world.server.ask('PUT', '/v1/companies/acme', {})
  assert.deepEqual([made.colour, made.logo], [null, null])
  assert.equal((await ask(world, 'GET', LOGO)).json.reason, 'unknown_logo')
})

test('only a picture of the kind that it says is a logo, and only a colour is a colour', async (t) => {
  const world = await openWorld(t)
  const svg = '<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'
  const refused = async (status, reason, body, type) => {
    const answer = await put(world, body, type)
    assert.deepEqual([answer.status, answer.json?.reason], [status, reason], `${type}: ${answer.bytes}`)
  }
  await refused(415, 'unknown_type', svg, 'image/svg+xml')
  await refused(415, 'unknown_type', png(32, 1), 'text/html')
  await refused(422, 'invalid', svg, 'image/png')
  await refused(422, 'invalid', png(32, 1), 'image/webp')
  await refused(422, 'invalid', png(8, 1), 'image/png')
  await refused(422, 'invalid', png(2000, 1), 'image/png')
  await refused(422, 'invalid', '', 'image/png')
  await refused(413, 'too_large', Buffer.concat([png(32, 1), Buffer.alloc(65_536)]), 'image/png')
  for (const colour of ['red', '#fff', '#12345g', '#1234567', 7, '']) {
    await world.server.refused(422, 'invalid', 'PATCH', '/v1/companies/acme', { colour })
    await world.server.refused(422, 'invalid', 'PUT', '/v1/companies/acme', { colour })
  }
  await world.server.refused(404, 'unknown_logo', 'GET', LOGO)

  const before = (await ask(world, 'GET', '/v1/companies/acme')).headers.get('etag')
  assert.equal((await put(world, png(32, 1), 'image/png', { headers: { 'if-match': before } })).status, 200)
  const late = await put(world, png(32, 2), 'image/png', { headers: { 'if-match': before } })
  assert.deepEqual([late.status, late.json.reason], [412, 'changed'])
  assert.equal((await put(world, png(32, 2), 'image/png', { key: null })).status, 401)
  await eventually('the logo is in the audit list', async () => {
    const { items } = await world.server.ask('GET', '/v1/audit?company=acme')
    return items.some(({ method, target, status }) => method === 'PUT' && target === LOGO && status === 200)
  })
})
