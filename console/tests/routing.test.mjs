// Routing at the pages: pauses, rests and wrap-ups at the desk, the line at the client's page, and the board's panel.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isInEveryWindow, isInReachEverywhere } from './stage.mjs'
import { openWorld, until } from './world.mjs'

const REASONS = ['lunch', 'training with the new colleagues of the second floor', 'telephone']
const CODES = ['solved', 'call back', 'wrong topic', 'an answer that needs a very long word: Donaudampfschifffahrt']
const LONG_NAME = 'Dr. Maximiliane Theodora Freifrau von und zu Hohenstein-Waldenburg-Schillingsfürst '.repeat(3).slice(0, 250)
const BAR = ['.flip', '.desk-bar > button:nth-last-of-type(2)', '.desk-bar > button:last-of-type']
const MINUTE_MS = 60_000

/** The demo's company with a routing. */
async function routed(t, routing, settings = {}) {
  const world = await openWorld(t)
  await world.server.ask('PUT', '/v1/companies/demo/routing', routing)
  await world.server.ask('PATCH', '/v1/companies/demo', { settings })
  const holds = (person, stage, ...rest) => t.test(stage, () => isInReachEverywhere(person.page, stage, ...rest))
  return { world, holds }
}

test('a pause has a reason and an end, and “I am back” ends it', { timeout: 600_000 }, async (t) => {
  const { world, holds } = await routed(t, { pause_reasons: REASONS })
  const desk = await world.desk('erika')
  await desk.on()
  await desk.press('Pause')
  await holds(desk, 'the dialog of a pause', 'dialog.pausing[open]', ['.pausing .choices .act', '.pausing form button'], { scrolled: '.reasons' })
  await desk.press('lunch')
  await desk.press('20 min')
  await desk.is('Offline')
  const shown = desk.page.locator('.paused')
  await shown.getByRole('heading', { name: /^lunch (20:00|19:5\d)$/ }).waitFor()
  const { pause } = await world.server.ask('GET', '/v1/companies/demo/employees/erika')
  assert.equal(pause.reason, 'lunch')
  assert.ok(Math.abs(Date.parse(pause.until) - Date.now() - 20 * MINUTE_MS) < MINUTE_MS, pause.until)
  await holds(desk, 'a pause', '.desk-bar, .paused', [...BAR, '.paused .act'])
  await desk.press('I am back')
  await desk.is('Available')
  await shown.waitFor({ state: 'detached' })
})

test('after a no the rest is shown, and “Ready now” ends it', { timeout: 600_000 }, async (t) => {
  const { world, holds } = await routed(t, { rest: { rejected_ms: 10 * MINUTE_MS } })
  const [desk, client] = await Promise.all([world.desk('erika'), world.client('alice')])
  await desk.on()
  await client.ask('tax')
  await desk.asked('tax')
  await desk.decline()
  const shown = desk.page.locator('.resting')
  await shown.getByRole('heading', { name: /^A short rest (10:00|9:5\d)$/ }).waitFor()
  await holds(desk, 'a rest', '.desk-bar, .resting', [...BAR, '.resting .act'])
  await desk.press('Ready now')
  await desk.page.getByRole('heading', { name: 'Ready for the next request' }).waitFor()
  assert.equal('resting_until' in (await world.server.ask('GET', '/v1/companies/demo/employees/erika')), false)
})

test('a wrap-up can be extended, given a code, and finished', { timeout: 600_000 }, async (t) => {
  const routing = { wrap_up: { max_ms: 5 * MINUTE_MS, codes: CODES } }
  const { world, holds } = await routed(t, routing, { wrap_up_ms: 2 * MINUTE_MS })
  const [desk, client] = await Promise.all([world.desk('erika'), world.client('alice')])
  await desk.on()
  await client.ask('tax')
  await desk.accept()
  await desk.inSession()
  await desk.end()
  const shown = desk.page.locator('.wrap-up')
  await shown.getByRole('heading', { name: /^Wrap-up 1:5\d|2:00/ }).waitFor()
  const buttons = ['.wrap-up .act', '.wrap-up .row button:not(.act)']
  await holds(desk, 'a wrap-up with codes', '.desk-bar, .wrap-up', [...BAR, ...buttons], { scrolled: '.wrap-up .choices' })
  for (const code of await shown.locator('.code').all()) await isInEveryWindow(code, { scrolled: true })
  await desk.page.evaluate(() => scrollTo(0, 0))
  await desk.press('2 minutes more')
  await shown.getByRole('heading', { name: /^Wrap-up 3:\d\d/ }).waitFor()
  // Five minutes are the most, and less than two are left to add.
  await desk.find('button', '2 minutes more').waitFor({ state: 'detached' })
  await desk.press('call back')
  await shown.locator('.code[aria-pressed=true]', { hasText: 'call back' }).waitFor()
  const { items } = await world.server.ask('GET', '/v1/companies/demo/sessions?employee=erika')
  assert.equal(items[0].code, 'call back')
  await desk.press('Ready now')
  await desk.is('Available')
  await shown.waitFor({ state: 'detached' })
})

test('an offer says how many others are asked, and that another was faster', { timeout: 600_000 }, async (t) => {
  const { world, holds } = await routed(t, { routes: [{ steps: [{ at_once: 5 }] }] })
  await world.server.ask('PATCH', '/v1/companies/demo/employees/erika', { name: LONG_NAME })
  const [desk, other, client] = await Promise.all([world.desk('erika'), world.idleDesk({ name: 'max' }), world.client('alice')])
  await desk.on()
  await client.ask('tax')
  await desk.asked('tax')
  await desk.sees('One other is asked too')
  await holds(desk, 'an offer to several', '.offer', ['.accept', '.decline'])
  const { offer } = await until(other, ({ offer }) => offer)
  await other.accept(offer.id)
  const told = desk.page.locator('.closed-offer')
  await told.waitFor()
  assert.equal(await told.textContent(), 'A colleague was faster. You missed nothing.')
})
