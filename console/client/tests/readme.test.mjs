// The programs of the README do what it says, one in Node and one in a browser.
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import { join } from 'node:path'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { build } from 'vite'
import { within } from '../../../tests/phoenix/inbox.mjs'
import { token } from '../../../tests/phoenix/server.mjs'
import { browser } from '../../tests/browser.mjs'
import { bodies, open, until } from './people.mjs'

const HERE = fileURLToPath(new URL('.', import.meta.url))
const CLIENT = token({ sub: 'alice', role: 'client', company: 'demo' })
const EMPLOYEE = token({ sub: 'erika', role: 'employee', company: 'demo', name: 'Erika' })

test('the employee of the README greets whoever books', async (t) => {
  const house = await open(t, { env: { SWITCHBOARD_AUTO_PROVISION: 'true' } })
  const program = await written(t, 'greeter.mjs')
  const greeter = spawn(process.execPath, [program], {
    env: { ...process.env, SWITCHBOARD_URL: house.server.socketUrl, TOKEN: EMPLOYEE },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const exited = new Promise((resolve) => greeter.once('exit', resolve))
  t.after(() => greeter.kill('SIGKILL'))
  let said = ''
  greeter.stdout.setEncoding('utf8').on('data', (text) => (said += text))

  const alice = house.person({}, { token: () => CLIENT })
  const company = alice.company('demo')
  await until(company, ({ availability }) => availability.available)
  await company.book({ topic: 'tax' })
  const { booking } = await until(company, ({ booking }) => booking.session)
  const session = alice.session(booking.session.id)
  await until(session, ({ messages }) => messages.length === 1)
  assert.deepEqual(bodies(session.state), ['Hello! You ask about tax?'])
  session.send('Yes.')
  await until(session, ({ messages }) => messages.length === 2)
  await session.end()
  assert.equal(await within(15_000, () => `it did not end: ${said}`, (resolve) => void exited.then(resolve)), 0)
  assert.match(said, /the line is open[^]*erika is idle[^]*client: Yes\.[^]*the line is idle/)
})

test('the page of the README books, in a browser', async (t) => {
  const house = await open(t, { env: { SWITCHBOARD_AUTO_PROVISION: 'true' } })
  const desk = house.person({}, { token: () => EMPLOYEE }).employee('demo', 'erika')
  await desk.setStatus('idle')
  const site = await served(t, await bundled(await written(t, 'page.js')), house.server.socketUrl)
  const page = await (await browser()).newPage()
  await page.goto(site)
  await page.click('button:enabled')
  await page.waitForFunction(() => document.querySelector('output').textContent === 'offering')
  await desk.accept((await until(desk, ({ offer }) => offer)).offer.id)
  await page.waitForFunction(() => document.querySelector('output').textContent === 'Erika is here')
})

/** The program with that name in its first line, as a file beside this one, so that it finds the packages. */
async function written(t, name) {
  const readme = await readFile(new URL('../README.md', import.meta.url), 'utf8')
  const programs = [...readme.matchAll(/^```js\n([^]*?)^```/gm)].map(([, program]) => program)
  const program = programs.find((program) => program.startsWith(`// ${name}\n`))
  assert.ok(program, `${name} in README.md`)
  const directory = await mkdtemp(join(HERE, '.readme-'))
  t.after(() => rm(directory, { recursive: true, force: true }))
  await writeFile(join(directory, name), program)
  return join(directory, name)
}

async function bundled(program) {
  const { output } = await build({
    configFile: false,
    logLevel: 'silent',
    build: { write: false, rollupOptions: { input: program } },
  })
  return output[0].code
}

/** A site with the page and, as a back end would, its token. */
async function served(t, script, socketUrl) {
  const html = `<!doctype html><html data-switchboard="${socketUrl}"><button disabled>Ask</button><output></output>
    <script type="module" src="/page.js"></script>`
  const answers = {
    '/': ['text/html', html],
    '/page.js': ['text/javascript', script],
    '/token': ['text/plain', CLIENT],
  }
  const site = createServer(({ url }, response) => {
    const [type, body] = answers[url] ?? ['text/plain', '']
    response.setHeader('content-type', type).end(body)
  })
  await new Promise((resolve) => site.listen(0, '127.0.0.1', resolve))
  t.after(() => {
    site.close()
    site.closeAllConnections()
  })
  return `http://127.0.0.1:${site.address().port}/`
}
