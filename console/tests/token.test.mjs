// Signing in: the token comes for a code in a link, or from the app that opened the page, and is never stored.
import assert from 'node:assert/strict'
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { keepingBrowser, watch } from './browser.mjs'
import { token } from '../../tests/phoenix/server.mjs'
import { foreignPage } from './foreign.mjs'
import { isInReachEverywhere, press } from './stage.mjs'
import { Desk, openWorld } from './world.mjs'

const ERIKA = token({ sub: 'erika', role: 'employee', company: 'demo', name: 'Erika' })

test('a token that came with the address has left it, and is kept nowhere', { timeout: 300_000 }, async (t) => {
  const world = await openWorld(t)
  const address = `/desk#token=${ERIKA}`
  const page = await world.page(address)
  await new Desk(page).on()
  // From now on the worker sees each opened page, and keeps it for a time without a network.
  await page.evaluate(() => navigator.serviceWorker.ready)
  await page.goto('about:blank')
  await page.goto(world.url + address)
  await new Desk(page).is('Available')
  assert.equal(page.url(), `${world.url}/desk`)
  const { addresses, everything } = await page.evaluate(whatIsKept)
  assert.ok(addresses.includes(`${world.url}/desk`), 'the page itself is kept')
  const all = JSON.stringify([everything, await page.context().cookies(), await page.context().storageState()])
  for (const part of ERIKA.split('.')) assert.ok(!all.includes(part), 'no part of the token')
  await page.reload()
  await page.getByRole('heading', { name: 'You are not signed in' }).waitFor()
})

test('a code in a link signs in once, and what the browser keeps of it is good for nothing', { timeout: 300_000 }, async (t) => {
  const world = await openWorld(t, { expected: /status of 401/ })
  const profile = await mkdtemp(join(tmpdir(), 'profile-'))
  t.after(() => rm(profile, { recursive: true, force: true }))
  const link = `${world.url}/desk#code=${await codeFor(world, ERIKA)}`
  const context = await keepingBrowser(profile)
  const page = await context.newPage()
  watch(page, world.complaints)
  await page.goto(link)
  await new Desk(page).on()
  assert.equal(page.url(), `${world.url}/desk`)
  // From the history, on this device or another one.
  await page.goto('about:blank')
  await page.goto(link)
  await page.getByRole('heading', { name: 'This link no longer works' }).waitFor()
  await context.close()
  const kept = await filesIn(profile)
  assert.ok(kept.some((file) => file.includes(link)), 'Chromium keeps the link')
  for (const part of ERIKA.split('.').slice(1)) assert.ok(!kept.some((file) => file.includes(part)), 'no part of the token')
})

test('a link whose code is spent leads to the app, which makes another', { timeout: 300_000 }, async (t) => {
  let world
  const app = await foreignPage(t, async () => `<script>location = '${world.url}/desk#code=${await codeFor(world, ERIKA)}'</script>`)
  world = await openWorld(t, { env: { SWITCHBOARD_SIGN_IN_URL: app }, expected: /status of 401/ })
  const page = await world.page('/desk#code=spent')
  await page.getByText('The link was used already, or is over a minute old.').waitFor()
  await isInReachEverywhere(page, 'a spent link', 'main', ['a.button.act'])
  await press(page.getByRole('link', { name: 'Sign in', exact: true }))
  await new Desk(page).on()
})

test('a code is taken as soon as the server can be reached', { timeout: 300_000 }, async (t) => {
  const world = await openWorld(t, { expected: /status of 503/ })
  const context = await world.context()
  let fails = 2
  await context.route('**/sign-in', (route) => (fails-- > 0 ? route.fulfill({ status: 503 }) : route.continue()))
  const page = await context.newPage()
  await page.goto(`${world.url}/desk#code=${await codeFor(world, ERIKA)}`)
  await new Desk(page).on()
  assert.ok(fails < 0)
})

/** Makes a sign-in code, as a back end would. */
async function codeFor(world, token) {
  return (await world.server.ask('POST', '/v1/companies/demo/sign-in-codes', { token })).code
}

/** The contents of all files in a directory and below. */
async function filesIn(directory) {
  const entries = await readdir(directory, { recursive: true, withFileTypes: true })
  return Promise.all(entries.filter((entry) => entry.isFile()).map((entry) => readFile(join(entry.parentPath, entry.name))))
}

/** In a page: everything that the browser keeps for the page. */
async function whatIsKept() {
  const requests = []
  for (const name of await caches.keys()) {
    const cache = await caches.open(name)
    for (const request of await cache.keys()) {
      requests.push([request.url, [...request.headers], await (await cache.match(request)).text()])
    }
  }
  const databases = (await indexedDB.databases()).map(({ name }) => name)
  const everything = { ...localStorage, ...sessionStorage, requests, databases, state: history.state, name: window.name }
  return { addresses: requests.map(([url]) => url), everything }
}

test('who must sign in finds the way to the app, and is back at the page', { timeout: 300_000 }, async (t) => {
  let world
  const app = await foreignPage(t, () => `
    <script>
      location = '${world.url}' + new URLSearchParams(location.search).get('return_to') + '#token=${ERIKA}'
    </script>`)
  world = await openWorld(t, { env: { SWITCHBOARD_SIGN_IN_URL: app } })
  const page = await world.page('/desk')
  await press(page.getByRole('link', { name: 'Sign in', exact: true }))
  await new Desk(page).on()
  assert.equal(page.url(), `${world.url}/desk`)
})

test('the app that opened the page hands over the token, and nobody else', { timeout: 300_000 }, async (t) => {
  const world = await openWorld(t)
  const max = token({ sub: 'max', role: 'employee', company: 'demo', name: 'Max' })
  const host = await foreignPage(t, `
    <button onclick="desk = window.open('${world.url}/desk')">Work</button>
    <script>
      addEventListener('message', ({ source, origin, data }) => {
        if (source !== window.desk || origin !== '${world.url}' || data.type !== 'switchboard:token') return
        source.postMessage({ type: 'switchboard:token', token: '${ERIKA}' }, origin)
      })
    </script>`)
  const app = await world.page('/', { base: host })
  const opened = app.waitForEvent('popup')
  // Other senders, even the page itself, are not its app.
  await app.context().addInitScript((token) => {
    if (location.pathname === '/desk') for (let n = 0; n < 20; n += 1) postMessage({ type: 'switchboard:token', token })
  }, max)
  await press(app.getByRole('button', { name: 'Work' }))
  const page = await opened
  await page.getByRole('heading', { name: 'Erika' }).waitFor()
  await new Desk(page).on()
  const { everything } = await page.evaluate(whatIsKept)
  for (const part of ERIKA.split('.')) assert.ok(!JSON.stringify(everything).includes(part), 'no part of the token')
})
