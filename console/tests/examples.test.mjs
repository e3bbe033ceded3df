// The documents' programs for apps that open or embed the pages: they hand over a token, and no error in its place.
import assert from 'node:assert/strict'
import { createServer } from 'node:http'
import { readFile } from 'node:fs/promises'
import { test } from 'node:test'
import { token } from '../../tests/phoenix/server.mjs'
import { Desk, openWorld } from './world.mjs'

const PAGE = new URL('../../docs/console.md', import.meta.url)

test('the page that opens the desk hands over what its back end signs', { timeout: 300_000 }, async (t) => {
  const world = await openWorld(t, { expected: /status of 500/ })
  const program = (await blockWith('js', 'window.open(')).replace('https://calls.example.com', world.url)
  const app = await appOf(t, { sub: 'erika', role: 'employee', company: 'demo', name: 'Erika' }, () => `
    <button id="desk">Work</button><script>${program}</script>`)
  const page = await world.page('/', { base: app.url })
  // Records the messages to the desk before its own scripts run.
  await page.context().addInitScript(() => {
    window.told = []
    addEventListener('message', ({ data }) => window.told.push(data))
  })
  const opened = page.waitForEvent('popup')
  await page.getByRole('button', { name: 'Work' }).click()
  const desk = await opened
  await desk.getByRole('heading', { name: 'Sign-in failed' }).waitFor()
  assert.deepEqual(await desk.evaluate('told'), [{ type: 'switchboard:no-token' }])
  app.fails = false
  await desk.getByRole('button', { name: 'Try again' }).click()
  await new Desk(desk).switch.waitFor()
})

test('the tag that embeds the client’s page hands over what its back end signs', { timeout: 300_000 }, async (t) => {
  const world = await openWorld(t, { expected: /status of 500|there is no token/ })
  const tag = (await blockWith('html', 'embed.js')).replace('https://calls.example.com', world.url).replace('"acme"', '"demo"')
  const app = await appOf(t, { sub: 'carl', role: 'client', company: 'demo' }, () => `
    <script>var refused = []; document.addEventListener('switchboard:no-token', (event) => refused.push(event.detail.message))</script>
    ${tag}`)
  const page = await world.page('/', { base: app.url })
  const frame = page.frameLocator('iframe.switchboard')
  await frame.getByRole('heading', { name: 'Sign-in failed' }).waitFor()
  assert.deepEqual(await page.evaluate('refused'), ['there is no token: status 500'])
  app.fails = false
  await frame.getByRole('button', { name: 'Try again' }).click()
  await frame.locator('.ask').waitFor()
})

/** The document's only block in that language that contains these words. */
async function blockWith(language, words) {
  const blocks = (await readFile(PAGE, 'utf8')).matchAll(new RegExp('^```' + language + '\\n(.*?)^```', 'gms'))
  const found = [...blocks].map(([, block]) => block).filter((block) => block.includes(words))
  assert.equal(found.length, 1, `${language} with ${words}`)
  return found[0]
}

/** An app with a back end that signs tokens with these claims; at first the back end fails. */
async function appOf(t, claims, page) {
  const app = { fails: true }
  const server = createServer((request, response) => {
    if (request.url === '/switchboard-token') {
      response.writeHead(app.fails ? 500 : 200)
      return response.end(app.fails ? 'the data base is away' : token(claims))
    }
    response.setHeader('content-type', 'text/html; charset=utf-8')
    response.end(`<!doctype html><title>A shop</title><link rel="icon" href="data:,"><h1>A shop</h1>${page()}`)
  })
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.after(() => server.close())
  app.url = `http://localhost:${server.address().port}`
  return app
}
