// The API's document yields TypeScript types with which a first call compiles.
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import openapi, { astToString } from 'openapi-typescript'
import { runSwitchboard } from './server.mjs'

const HERE = dirname(fileURLToPath(import.meta.url))
const FIRST_CALLS = `import createClient from 'openapi-fetch'
import type { paths } from './switchboard'

const api = createClient<paths>({ baseUrl: 'http://127.0.0.1:4000', headers: { authorization: 'Bearer key' } })
const company = { params: { path: { company: 'acme' } } }
const made = await api.PUT('/v1/companies/{company}', { ...company, body: { name: 'Acme', settings: { offer_timeout_ms: 20000 } } })
const timeout: number | undefined = made.data?.settings.offer_timeout_ms
await api.PUT('/v1/companies/{company}', { ...company, body: {} })
await api.PATCH('/v1/companies/{company}', { ...company, body: { settings: { wrap_up_ms: null } } })
const erika = { params: { path: { company: 'acme', employee: 'erika' } } }
await api.PUT('/v1/companies/{company}/employees/{employee}', { ...erika, body: { name: 'Erika', topics: ['tax'] } })
await api.POST('/v1/companies/{company}/employees/{employee}/status', { ...erika, body: { status: 'idle' } })
const hook = await api.POST('/v1/companies/{company}/webhooks', { ...company, body: { url: 'https://example.com/hook' } })
const webhook = { params: { path: { company: 'acme', webhook: hook.data?.id ?? '' } } }
await api.POST('/v1/companies/{company}/webhooks/{webhook}/rotate', { ...webhook, body: {} })
const { data, error } = await api.GET('/v1/companies/{company}/bookings', { params: { path: { company: 'acme' }, query: { limit: 1 } } })
console.log(timeout, data?.items[0]?.created_at, error?.reason)
`
/** A body of a wrong type must not compile, because types that accept it would be useless. */
const WRONG_CALL = `import createClient from 'openapi-fetch'
import type { paths } from './switchboard'
const api = createClient<paths>({ baseUrl: 'http://127.0.0.1:4000' })
await api.PUT('/v1/companies/{company}', { params: { path: { company: 'acme' } }, body: { settings: { offer_timeout_ms: 'soon' } } })
`

test('what openapi-typescript makes of the document compiles with the first calls of a back end', async (t) => {
  const run = runSwitchboard(['openapi'], {})
  assert.deepEqual(await run.exited, { code: 0, signal: null })
  const document = JSON.parse(run.stdout)
  assert.equal(document.servers[0].url, '/')
  assert.equal(document.components.schemas.Moment.format, 'date-time')
  const place = await mkdtemp(join(HERE, '.types-'))
  t.after(() => rm(place, { recursive: true, force: true }))
  await writeFile(join(place, 'switchboard.d.ts'), astToString(await openapi(document)))
  await writeFile(join(place, 'first.ts'), FIRST_CALLS)
  await writeFile(join(place, 'wrong.ts'), WRONG_CALL)
  const first = await compile(place, 'first.ts')
  assert.equal(first.code, 0, first.output)
  const wrong = await compile(place, 'wrong.ts')
  assert.ok(wrong.code !== 0 && wrong.output.includes("Type 'string' is not assignable to type 'number'"), wrong.output)
})

async function compile(place, file) {
  const tsc = join(HERE, 'node_modules/typescript/bin/tsc')
  const flags = ['--strict', '--noEmit', '--target', 'es2022', '--module', 'esnext', '--moduleResolution', 'bundler', '--lib', 'es2022,dom,dom.iterable']
  const child = spawn(process.execPath, [tsc, ...flags, file], { cwd: place, stdio: ['ignore', 'pipe', 'pipe'] })
  let output = ''
  child.stdout.setEncoding('utf8').on('data', (text) => (output += text))
  child.stderr.setEncoding('utf8').on('data', (text) => (output += text))
  const code = await new Promise((resolve) => child.once('close', resolve))
  return { code, output }
}
