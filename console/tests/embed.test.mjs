// The client's page within a page of another origin, inserted by one script tag.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { token } from '../../tests/phoenix/server.mjs'
import { foreignPage } from './foreign.mjs'
import { press } from './stage.mjs'
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
  await frame.locator('html.is-embedded').waitFor()
  await press(frame.locator('.topic.is-idle', { hasText: 'tax' }))
  await press(frame.getByRole('button', { name: 'Jetzt fragen' }))
  await erika.asked('tax')
  await erika.accept()
  await erika.inSession()
  await frame.getByRole('log').waitFor()
  await frame.getByRole('textbox', { name: 'Nachricht', exact: true }).fill('Guten Morgen')
  await press(frame.getByRole('button', { name: 'Senden', exact: true }))
  await erika.hears('Guten Morgen')
  await erika.end()
  await frame.getByRole('heading', { name: 'Ihr Gespräch mit Erika ist vorbei' }).waitFor()
  await page.waitForFunction(() => globalThis.stages.at(-1) === 'over')
  assert.deepEqual(await page.evaluate('stages'), ['choosing', 'waiting', 'talking', 'over'])
  // The script has run, and left none of its names among the page's globals.
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
  await alice.sees('No one is free right now')
})

/** A page that embeds the client's page, and gets its token from `give`. */
async function embedding(t, world, give) {
  const host = await foreignPage(t, `
    <script>window.give = ${give}</script>
    <script src="${world.url}/embed.js" data-company="demo" data-token-from="give"></script>`)
  const page = await world.page('/', { base: host })
  return { page, frame: page.frameLocator('iframe.switchboard') }
}

const carl = token({ sub: 'carl', role: 'client', company: 'demo', name: 'Carl' })

test('a host without a token is said at once, and asked again by a button', { timeout: 300_000 }, async (t) => {
  const world = await openWorld(t, { expected: /there is no token/ })
  const { page, frame } = await embedding(t, world, `() => {
    window.asked = (window.asked || 0) + 1
    if (window.asked === 1) throw new Error('no token today')
    return '${carl}'
  }`)
  await frame.getByRole('heading', { name: 'Sign-in failed' }).waitFor()
  await press(frame.getByRole('button', { name: 'Try again' }))
  await frame.locator('.ask').waitFor()
  assert.equal(await page.evaluate('asked'), 2)
})

test('a token that comes after the page has given up still counts', { timeout: 300_000 }, async (t) => {
  const world = await openWorld(t)
  const { page, frame } = await embedding(t, world, `() => new Promise((resolve) => { window.hand = () => resolve('${carl}') })`)
  await frame.getByRole('heading', { name: 'Sign-in failed' }).waitFor()
  await page.evaluate('hand()')
  await frame.locator('.ask').waitFor()
})

test('where a frame may keep nothing, what is being written outlives a reload all the same', { timeout: 300_000 }, async (t) => {
  const world = await openWorld(t)
  const context = await world.context()
  await context.addInitScript(() => {
    if (window.parent === window) return
    const forbidden = { get() { throw new DOMException('not here', 'SecurityError') } }
    Object.defineProperties(window, { sessionStorage: forbidden, localStorage: forbidden })
  })
  const host = await foreignPage(t, `
    <script>window.give = () => '${carl}'</script>
    <script src="${world.url}/embed.js" data-company="demo" data-token-from="give"></script>`)
  const page = await context.newPage()
  await page.goto(host)
  const question = page.frameLocator('iframe.switchboard').locator('.ask textarea')
  await question.fill('My long story so far')
  await page.waitForFunction(() => Object.values(sessionStorage).some((kept) => kept.includes('My long story so far')))
  await page.reload()
  await question.waitFor()
  assert.equal(await question.inputValue(), 'My long story so far')
})

test('the tag in the head shows the page all the same, and says what it does', { timeout: 300_000 }, async (t) => {
  const world = await openWorld(t)
  const host = await foreignPage(t, `<!doctype html><head><title>A shop</title><link rel="icon" href="data:,">
    <script>window.give = () => '${carl}'</script>
    <script src="${world.url}/embed.js" data-company="demo" data-token-from="give"></script></head><body><p>Shop</p></body>`)
  const page = await (await world.context()).newPage()
  const said = page.waitForEvent('console', (message) => message.text().includes('<head>'))
  await page.goto(host)
  await page.frameLocator('body > iframe.switchboard').locator('.ask').waitFor()
  assert.equal((await said).type(), 'warning')
})

test('a tag without a company says so where the page would be', { timeout: 300_000 }, async (t) => {
  const world = await openWorld(t, { expected: /data-company/ })
  const host = await foreignPage(t, `<script src="${world.url}/embed.js"></script>`)
  const page = await world.page('/', { base: host })
  await page.getByRole('alert').filter({ hasText: 'the script needs `data-company`' }).waitFor()
})
