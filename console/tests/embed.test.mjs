// The client's page within a page of another origin, put there by one script tag.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { token } from '../../tests/phoenix/server.mjs'
import { foreignPage } from './foreign.mjs'
import { Client, openWorld } from './world.mjs'

test('one script tag puts the client’s page into a page that hands over the token', { timeout: 300_000 }, async (t) => {
  const world = await openWorld(t)
  const carl = token({ sub: 'carl', role: 'client', company: 'demo', name: 'Carl' })
  const host = await foreignPage(t, `
    <script>
      var stages = []
      document.addEventListener('switchboard:stage', function (event) { stages.push(event.detail) })
      window.switchboardToken = function () { return Promise.resolve('${carl}') }
    </script>
    <script async src="${world.url}/embed.js" data-company="demo" data-lang="de" data-name="Acme" data-title="Beratung"
      data-token-from="switchboardToken"></script>`)
  const erika = await world.desk('erika')
  await erika.on()
  const page = await world.page('/', { base: host })
  const frame = page.frameLocator('iframe.switchboard')
  await frame.getByRole('heading', { name: 'Gespräch mit Acme' }).waitFor()
  await frame.locator('.topic.is-idle', { hasText: 'tax' }).click()
  await frame.getByRole('button', { name: 'Jetzt fragen' }).click()
  await erika.asked('tax')
  await erika.accept()
  await erika.inSession()
  await frame.getByRole('log').waitFor()
  await frame.getByRole('textbox', { name: 'Nachricht', exact: true }).fill('Guten Morgen')
  await frame.getByRole('button', { name: 'Senden', exact: true }).click()
  await erika.hears('Guten Morgen')
  await erika.end()
  await frame.getByRole('heading', { name: 'Ihr Gespräch mit Erika ist vorbei' }).waitFor()
  await page.waitForFunction(() => globalThis.stages.at(-1) === 'over')
  assert.deepEqual(await page.evaluate('stages'), ['choosing', 'waiting', 'talking', 'over'])
  // The page after the script, and no name of ours among the page's own.
  assert.equal(await page.evaluate('typeof e + typeof t + typeof n'), 'undefined'.repeat(3))
})

test('with `allowed_origins` a page of another origin can embed nothing', { timeout: 300_000 }, async (t) => {
  const env = { SWITCHBOARD_ALLOWED_ORIGINS: 'https://app.example' }
  const world = await openWorld(t, { env, expected: /frame-ancestors/ })
  const host = await foreignPage(t, `<script src="${world.url}/embed.js" data-company="demo" data-token="x"></script>`)
  const page = await (await world.context()).newPage()
  const refused = page.waitForEvent('console', (message) => message.text().includes('frame-ancestors'))
  await page.goto(host)
  await refused
  // The server's own page still works.
  const alice = new Client(await world.page('/book/demo?as=alice'))
  await alice.sees('Nobody is free at the moment')
})
