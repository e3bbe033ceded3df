// A company's brand on the pages: name, colour and logo; whatever colour it is, everything can be read.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { crc32, deflateSync } from 'node:zlib'
import { API_KEY, token } from '../../tests/phoenix/server.mjs'
import { rules } from './module.mjs'
import { openWorld } from './world.mjs'

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
  await desk.getByRole('button', { name: 'Settings of this device' }).click()
  const button = desk.getByRole('dialog').getByRole('button', { name: 'Close' })
  for (const page of [client, board, desk]) {
    await page.waitForFunction(() => document.querySelector('img.logo')?.naturalWidth === 32)
    for (const colorScheme of ['light', 'dark']) {
      await page.emulateMedia({ colorScheme })
      const [act, ground, onAct] = await page.evaluate(shownColours)
      assert.ok(contrastOf(act, ground) >= 4.5, `${page.url()} ${colorScheme}: ${act} on ${ground}`)
      assert.ok(contrastOf(onAct, act) >= 4.5, `${page.url()} ${colorScheme}: ${onAct} on ${act}`)
      // It is yellow still: of red and green, and hardly of blue.
      assert.ok(parseInt(act.slice(1, 3), 16) > parseInt(act.slice(5, 7), 16), `${colorScheme}: ${act}`)
      if (page !== desk) continue
      const shades = shadesOf('#ffe600', colorScheme)
      assert.deepEqual(await button.evaluate(paintOf), [shades.act, shades.onAct], `a button, ${colorScheme}`)
    }
  }
})

/** In a page: what a browser makes of its colours, as `#rrggbb`. */
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

/** In a page: the ground and the letters of an element, as `#rrggbb`. */
function paintOf(element) {
  const { backgroundColor, color } = getComputedStyle(element)
  const inHex = (part) => Number(part).toString(16).padStart(2, '0')
  return [backgroundColor, color].map((paint) => `#${paint.match(/\d+/g).slice(0, 3).map(inHex).join('')}`)
}

/** A picture of one colour. */
function png(side) {
  const chunk = (name, data) => {
    const body = Buffer.concat([Buffer.from(name, 'latin1'), data])
    const [length, sum] = [Buffer.alloc(4), Buffer.alloc(4)]
    length.writeUInt32BE(data.length)
    sum.writeUInt32BE(crc32(body))
    return Buffer.concat([length, body, sum])
  }
  const head = Buffer.from([0, 0, 0, side, 0, 0, 0, side, 8, 0, 0, 0, 0])
  const pixels = deflateSync(Buffer.alloc((side + 1) * side, 99))
  const parts = [chunk('IHDR', head), chunk('IDAT', pixels), chunk('IEND', Buffer.alloc(0))]
  return Buffer.concat([Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'), ...parts])
}
