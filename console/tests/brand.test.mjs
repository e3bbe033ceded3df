// A company's brand on the pages: name, colour and logo; everything can be read, whatever the colour is.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setTimeout } from 'node:timers/promises'
import { png } from '../../tests/phoenix/png.mjs'
import { API_KEY, token } from '../../tests/phoenix/server.mjs'
import { rules } from './module.mjs'
import { isInEveryWindow, isInReach, isInReachEverywhere, LANGUAGES, press, speak, WINDOWS } from './stage.mjs'
import { openWorld, PHONE } from './world.mjs'

const GROUNDS = { light: ['#ebe8df', '#f3f1ea', '#fffefa'], dark: ['#1d2227', '#15181c', '#111417'] }
const INK = { light: '#1e2328', dark: '#e9e7e0' }

test('whatever a company’s colour is, what is written in it and on it can be read by day and by night', async () => {
  const { shadesOf, contrastOf } = await rules('../look/brand.ts')
  const parts = ['00', '40', '80', 'c0', 'ff']
  const colours = parts.flatMap((r) => parts.flatMap((g) => parts.map((b) => `#${r}${g}${b}`)))
  for (const colour of colours) {
    for (const scheme of ['light', 'dark']) {
      const { act, actStrong, onAct, mine } = shadesOf(colour, scheme)
      const pairs = [
        ...GROUNDS[scheme].flatMap((ground) => [[act, ground], [actStrong, ground]]),
        [onAct, act], [onAct, actStrong], [act, mine], [INK[scheme], mine],
      ]
      for (const [one, other] of pairs) {
        assert.ok(contrastOf(one, other) >= 4.5, `${colour} ${scheme}: ${one} on ${other} has ${contrastOf(one, other)}`)
      }
    }
  }
  assert.equal(contrastOf('#000000', '#ffffff'), 21)
})

test('what is no colour changes nothing', async () => {
  const { shadesOf } = await rules('../look/brand.ts')
  for (const colour of [null, undefined, '', 'red', '#12345', '#12345g', 'url(x)']) assert.equal(shadesOf(colour, 'light'), undefined)
})

test('name, colour and logo stand on the client’s page, the board and the desk, and stay readable', { timeout: 300_000 }, async (t) => {
  const { contrastOf, shadesOf } = await rules('../look/brand.ts')
  const world = await openWorld(t)
  const company = '/v1/companies/acme'
  await world.server.ask('PUT', company, { name: 'Acme Corp', colour: '#ffe600' })
  await world.server.ask('PUT', `${company}/employees/ann`, { name: 'Ann' })
  const headers = { authorization: `Bearer ${API_KEY}`, 'content-type': 'image/png' }
  const set = await fetch(`${world.server.url}${company}/logo`, { method: 'PUT', headers, body: png(32) })
  assert.equal(set.status, 200)
  const open = (path, claims) => world.page(`${path}#token=${token({ company: 'acme', ...claims })}`)
  const client = await open('/book/acme', { sub: 'carl', role: 'client' })
  await client.getByRole('heading', { name: 'Talk to Acme Corp' }).waitFor()
  const board = await open('/board', { sub: 'olga', role: 'admin' })
  await board.getByRole('heading', { name: 'Acme Corp' }).waitFor()
  const desk = await open('/desk', { sub: 'ann', role: 'employee' })
  await desk.getByRole('switch').waitFor()
  for (const shown of ['.desk-bar .company', '.desk-bar img.logo']) await isInEveryWindow(desk.locator(shown))
  assert.equal(await desk.locator('.desk-bar .company').innerText(), 'Acme Corp')
  await press(desk.getByRole('button', { name: 'Device settings' }))
  const button = desk.getByRole('dialog').getByRole('button', { name: 'Close' })
  for (const page of [client, board, desk]) {
    await page.waitForFunction(() => document.querySelector('img.logo')?.naturalWidth === 32)
    for (const colorScheme of ['light', 'dark']) {
      await page.emulateMedia({ colorScheme })
      const [act, ground, onAct] = await page.evaluate(shownColours)
      assert.ok(contrastOf(act, ground) >= 4.5, `${page.url()} ${colorScheme}: ${act} on ${ground}`)
      assert.ok(contrastOf(onAct, act) >= 4.5, `${page.url()} ${colorScheme}: ${onAct} on ${act}`)
      // The colour is still yellow: made of red and green, with hardly any blue.
      assert.ok(parseInt(act.slice(1, 3), 16) > parseInt(act.slice(5, 7), 16), `${colorScheme}: ${act}`)
      if (page !== desk) continue
      const shades = shadesOf('#ffe600', colorScheme)
      assert.deepEqual(await button.evaluate(paintOf), [shades.act, shades.onAct], `a button, ${colorScheme}`)
    }
  }
})

test('an admin chooses colour and logo, sees both first, and removes them', { timeout: 300_000 }, async (t) => {
  const { shadesOf } = await rules('../look/brand.ts')
  const { world, company, page, dialog } = await settingsOf(t)
  const shown = () => world.server.ask('GET', company)
  const sample = dialog.locator('.sample')
  const own = await sample.evaluate(paintOf)
  await dialog.getByLabel('Colour', { exact: true }).fill('#b0307a')
  const { act, onAct } = shadesOf('#b0307a', 'light')
  assert.deepEqual(await sample.evaluate(paintOf), [act, onAct])
  await dialog.getByLabel('Choose an image').setInputFiles(fileOf(png(40)))
  await logoIs(page, 40)
  assert.deepEqual([(await shown()).colour, (await shown()).logo], [null, null], 'nothing is saved yet')
  await save(dialog)
  const { colour, logo } = await shown()
  assert.equal(colour, '#b0307a')
  assert.deepEqual(Buffer.from(await (await fetch(world.server.url + logo)).arrayBuffer()), png(40))

  await page.goto('about:blank')
  await openSettings(page, world)
  await logoIs(page, 40)
  assert.equal(await dialog.getByLabel('Colour', { exact: true }).inputValue(), '#b0307a')
  await dialog.getByRole('button', { name: 'Remove logo' }).click()
  await dialog.getByRole('button', { name: 'Default colour' }).click()
  assert.deepEqual(await sample.evaluate(paintOf), own)
  await save(dialog)
  assert.deepEqual([(await shown()).colour, (await shown()).logo], [null, null])
})

test('what can be no logo is said to be so, and changes nothing', { timeout: 300_000 }, async (t) => {
  const { world, company, page, dialog } = await settingsOf(t)
  await world.server.ask('PATCH', company, { colour: '#0b7a75' })
  const choose = (file) => dialog.getByLabel('Choose an image').setInputFiles(file)
  const isRefused = (text) => dialog.getByRole('alert').getByText(text, { exact: true }).waitFor()
  await choose({ name: 'logo.svg', mimeType: 'image/svg+xml', buffer: Buffer.from('<svg/>') })
  await isRefused('This is not a PNG or WebP image. Choose another one.')
  await choose(fileOf(Buffer.concat([png(32), Buffer.alloc(65 * 1024)])))
  await isRefused('This image is 66 KiB; the limit is 64 KiB. Choose a smaller one.')
  await choose(fileOf(png(8)))
  await isRefused('This image is 8 by 8 pixels; each side must be 16 to 1024. Choose another one.')
  await choose(fileOf(Buffer.from('a text that says it is a picture')))
  await isRefused('This is not a PNG or WebP image. Choose another one.')
  assert.equal(await dialog.locator('img').count(), 0)
  await choose(fileOf(png(16)))
  await logoIs(page, 16)
  assert.equal(await dialog.locator('.error').count(), 0)
  // Another person has changed the company since the settings were opened, and reading it again takes a while: the
  // dialog must show the present state beside the refusal.
  await page.route(`**${company}`, async (route) => {
    if (route.request().method() === 'GET') await setTimeout(500)
    await route.continue()
  })
  await press(dialog.getByRole('button', { name: 'Save' }))
  await isRefused('Someone else changed this. Check the values, then save again.')
  assert.equal(await dialog.getByLabel('Colour', { exact: true }).inputValue(), '#0b7a75')
  assert.equal((await world.server.ask('GET', company)).logo, null)
  await logoIs(page, 16)
  await save(dialog)
  assert.notEqual((await world.server.ask('GET', company)).logo, null)
})

test('colour and logo can be reached in every window', { timeout: 300_000 }, async (t) => {
  const { page, dialog } = await settingsOf(t)
  await dialog.getByLabel('Choose an image').setInputFiles(fileOf(png(40)))
  await logoIs(page, 40)
  await isInReachEverywhere(page, 'settings', '.over-settings', SETTINGS_SHOW, { scrolled: '.over-settings :is(label, fieldset)' })
  for (const lang of LANGUAGES) {
    await speak(page, lang)
    for (const viewport of WINDOWS) {
      await page.setViewportSize(viewport)
      for (const name of ['input[name=colour]', '.sample + button', '.file', '.file + button']) {
        const one = dialog.locator(name)
        // Only the dialog scrolls, as for a person.
        await one.evaluate((element) => element.scrollIntoView({ block: 'center' }))
        await isInReach(one)
      }
    }
  }
})

/** The fields scroll; the buttons do not. */
const SETTINGS_SHOW = ['.settings-foot .act']

/** A company's settings, open on a phone. */
async function settingsOf(t) {
  const world = await openWorld(t, { expected: /status of 412/ })
  const company = '/v1/companies/acme'
  await world.server.ask('PUT', company, { name: 'Acme' })
  const page = await (await world.context({ viewport: PHONE, colorScheme: 'light' })).newPage()
  await openSettings(page, world)
  return { world, company, page, dialog: page.locator('dialog.over-settings') }
}

async function openSettings(page, world) {
  const admin = token({ sub: 'olga', role: 'admin', company: 'acme', scope: 'manage' })
  await page.goto(`${world.url}/board#token=${admin}`)
  await press(page.getByRole('button', { name: 'Settings' }))
  await page.locator('input[name=colour]').waitFor()
}

async function save(dialog) {
  await press(dialog.getByRole('button', { name: 'Save' }))
  await dialog.waitFor({ state: 'detached' })
}

/** Waits until the dialog shows a picture of that natural width. */
function logoIs(page, width) {
  return page.waitForFunction((width) => document.querySelector('dialog img.logo')?.naturalWidth === width, width)
}

function fileOf(buffer) {
  return { name: 'logo.png', mimeType: 'image/png', buffer }
}

/** In a page: the browser's values of its colours, as `#rrggbb`. */
function shownColours() {
  const place = document.body.appendChild(document.createElement('p'))
  const shown = ['--act', '--ground', '--on-act'].map((name) => {
    place.style.color = `var(${name})`
    const parts = getComputedStyle(place).color.match(/\d+/g).slice(0, 3)
    return `#${parts.map((part) => Number(part).toString(16).padStart(2, '0')).join('')}`
  })
  place.remove()
  return shown
}

/** In a page: the ground and text colours of an element, as `#rrggbb`. */
function paintOf(element) {
  const { backgroundColor, color } = getComputedStyle(element)
  const inHex = (part) => Number(part).toString(16).padStart(2, '0')
  return [backgroundColor, color].map((paint) => `#${paint.match(/\d+/g).slice(0, 3).map(inHex).join('')}`)
}
