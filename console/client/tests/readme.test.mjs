// The programs of the README work as described, one in Node and one in a browser.
import assert from 'node:assert/strict'
import { createServer } from 'node:http'
import { join } from 'node:path'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { build } from 'vite'
import { PATIENCE_MS } from '../../../tests/phoenix/inbox.mjs'
import { blocksOf, emptyDirectory, Program, writePrograms } from '../../../tests/phoenix/programs.mjs'
import { token } from '../../../tests/phoenix/server.mjs'
import { browser } from '../../tests/browser.mjs'
import { bodies, open as openHouse, until } from './people.mjs'

const HERE = fileURLToPath(new URL('.', import.meta.url))
const README = fileURLToPath(new URL('../README.md', import.meta.url))
const CLIENT = token({ sub: 'alice', role: 'client', company: 'demo' })
/** The least bytes of messages that a session can be given. */
const FULL = 8192
const EMPLOYEE = token({ sub: 'erika', role: 'employee', company: 'demo', name: 'Erika' })

test('the employee of the README greets whoever books, also who has asked before', async (t) => {
  for (const first of ['greeter', 'client']) {
    const { house, greeter } = await open(t)
    const alice = house.person({}, { token: () => CLIENT })
    const company = alice.company('demo')
    // On another device, so that the greeter finds the offer when it connects.
    const other = house.person({}, { token: () => EMPLOYEE })
    if (first === 'client') await other.employee('demo', 'erika').setStatus('idle')
    const program = first === 'greeter' ? greeter() : undefined
    await until(company, ({ availability }) => availability.available)
    await company.book({ topic: 'tax' })
    const started = program ?? greeter()
    const { booking } = await until(company, ({ booking }) => booking.session)
    const session = alice.session(booking.session.id)
    await until(session, ({ messages }) => messages.length === 1)
    assert.deepEqual(bodies(session.state), ['Hello! You ask about tax?'])
    session.send('Yes.')
    await until(session, ({ messages }) => messages.length === 2)
    await session.end()
    await started.succeeds()
    assert.match(started.output, /the line is open[^]*client: Yes\.[^]*the line is idle/, started.said)
  }
})

test('the employee of the README says that the token is not taken, or missing, and ends', async (t) => {
  const { greeter } = await open(t)
  const other = token({ sub: 'erika', role: 'employee', company: 'demo' }, { secret: 'a-secret-of-another-server-0123456789abcdef' })
  for (const [given, said] of [[other, /^refused: TOKEN is/m], ['', /^no token: set TOKEN$/m]]) {
    const program = greeter(given)
    assert.equal(await program.ended(2 * PATIENCE_MS), 1, program.said)
    assert.match(program.errors, said, program.said)
  }
})

test('the employee of the README says that the greeting is refused, and ends', async (t) => {
  const { house, greeter } = await open(t, { SWITCHBOARD_MESSAGE_BYTES_PER_SESSION: String(FULL) })
  const desk = house.person({}, { token: () => EMPLOYEE }).employee('demo', 'erika')
  await desk.setStatus('idle')
  const alice = house.person({}, { token: () => CLIENT })
  await alice.company('demo').book({ topic: 'tax' })
  const { id } = await desk.accept((await until(desk, ({ offer }) => offer)).offer.id)
  const session = alice.session(id)
  session.send('x'.repeat(FULL - 1))
  await until(session, ({ messages }) => messages.length === 1)
  const program = greeter()
  assert.equal(await program.ended(), 1, program.said)
  assert.match(program.errors, /^session_full: /m, program.said)
})

/** Starts a server that creates people named in tokens; also returns how to start the greeter there. */
async function open(t, settings = {}) {
  const house = await openHouse(t, { env: { SWITCHBOARD_AUTO_PROVISION: 'true', ...settings } })
  const directory = await emptyDirectory(t, HERE)
  await writePrograms(directory, await blocksOf(README))
  const greeter = (TOKEN = EMPLOYEE) =>
    new Program(t, process.execPath, ['greeter.mjs'], directory, { SWITCHBOARD_URL: house.server.socketUrl, TOKEN })
  return { house, directory, greeter }
}

test('the page of the README books, in a browser', async (t) => {
  const { house, directory } = await open(t)
  const desk = house.person({}, { token: () => EMPLOYEE }).employee('demo', 'erika')
  await desk.setStatus('idle')
  const site = await served(t, await bundled(join(directory, 'page.js')), house.server.socketUrl)
  const page = await (await browser()).newPage()
  t.after(() => page.close())
  await page.goto(site)
  await page.click('button:enabled')
  await page.waitForFunction(() => document.querySelector('output').textContent === 'offering')
  await desk.accept((await until(desk, ({ offer }) => offer)).offer.id)
  await page.waitForFunction(() => document.querySelector('output').textContent === 'Erika is here')
})

async function bundled(program) {
  const { output } = await build({
    configFile: false,
    logLevel: 'silent',
    build: { write: false, rollupOptions: { input: program } },
  })
  return output[0].code
}

/** Serves a site with the page and, as a back end would, its token. */
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
