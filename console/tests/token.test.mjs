// Who somebody is: their token comes with the address or from the app that opened the page, and is kept nowhere.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { token } from '../../tests/phoenix/server.mjs'
import { foreignPage } from './foreign.mjs'
import { Desk, openWorld } from './world.mjs'

const ERIKA = token({ sub: 'erika', role: 'employee', company: 'demo', name: 'Erika' })

test('a token that came with the address has left it, and is kept nowhere', { timeout: 300_000 }, async (t) => {
  const world = await openWorld(t)
  const address = `/desk#token=${ERIKA}`
  const page = await world.page(address)
  await new Desk(page).on()
  // From now on the worker sees what is opened, and keeps it for a time without a network.
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

/** In a page: all that the browser keeps for it. */
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
  await page.getByRole('link', { name: 'Sign in', exact: true }).click()
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
  // Whoever else speaks to the page, and be it the page itself, is not its app.
  await app.context().addInitScript((token) => {
    if (location.pathname === '/desk') for (let n = 0; n < 20; n += 1) postMessage({ type: 'switchboard:token', token })
  }, max)
  await app.getByRole('button', { name: 'Work' }).click()
  const page = await opened
  await page.getByRole('heading', { name: 'Erika' }).waitFor()
  await new Desk(page).on()
  const { everything } = await page.evaluate(whatIsKept)
  for (const part of ERIKA.split('.')) assert.ok(!JSON.stringify(everything).includes(part), 'no part of the token')
})
