// Routing at the pages: pauses, rests and wrap-ups at the desk, the line at the client's page, and the board's panel.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { gravePointsOf } from './axe.mjs'
import { isInEveryWindow, isInReachEverywhere, press } from './stage.mjs'
import { openWorld, until } from './world.mjs'

const REASONS = ['lunch', 'training with the new colleagues of the second floor', 'telephone']
const CODES = ['solved', 'call back', 'wrong topic', 'an answer that needs a very long word: Donaudampfschifffahrt']
const LONG_NAME = 'Dr. Maximiliane Theodora Freifrau von und zu Hohenstein-Waldenburg-Schillingsfürst '.repeat(3).slice(0, 250)
const BAR = ['.flip', '.desk-bar > button:nth-last-of-type(2)', '.desk-bar > button:last-of-type']
const MINUTE_MS = 60_000

/** The demo's company with a routing. */
async function routed(t, routing, settings = {}, options = {}) {
  const world = await openWorld(t, options)
  await world.server.ask('PUT', '/v1/companies/demo/routing', routing)
  await world.server.ask('PATCH', '/v1/companies/demo', { settings })
  const holds = (person, stage, ...rest) => t.test(stage, async () => {
    await isInReachEverywhere(person.page, stage, ...rest)
    assert.deepEqual(await gravePointsOf(person.page), [])
  })
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
  const device = world.person({ sub: 'erika', role: 'employee' }).employee('demo', 'erika')
  await until(device, ({ wrap_ups }) => wrap_ups.length === 1)
  await shown.getByRole('heading', { name: /^Wrap-up 1:5\d|2:00/ }).waitFor()
  const buttons = ['.wrap-up .act', '.wrap-up .row button:not(.act)']
  await holds(desk, 'a wrap-up with codes', '.desk-bar, .wrap-up', [...BAR, ...buttons], { scrolled: '.wrap-up .choices' })
  for (const code of await shown.locator('.code').all()) await isInEveryWindow(code, { scrolled: true })
  await desk.page.evaluate(() => scrollTo(0, 0))
  await desk.press('2 minutes more')
  await shown.getByRole('heading', { name: /^Wrap-up 3:\d\d/ }).waitFor()
  // Five minutes are the most, and less than two are left to add.
  await desk.find('button', '2 minutes more').waitFor({ state: 'detached' })
  const coded = new Promise((told) => device.on('session', ({ session }) => session.code && told(session.code)))
  await desk.press('call back')
  await shown.locator('.code[aria-pressed=true]', { hasText: 'call back' }).waitFor()
  assert.equal(await coded, 'call back')
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

const LINE = { routes: [{ steps: [{}], wait: { max_ms: 30 * MINUTE_MS, max_length: 2 } }] }

test('a client who waits sees the place, and leaves the line', { timeout: 600_000 }, async (t) => {
  const { world, holds } = await routed(t, LINE)
  const erika = await world.idleDesk({ name: 'erika' })
  const alice = await world.client('alice')
  const [first, ...others] = ['ben', 'cleo'].map((sub) => world.person({ sub, role: 'client', name: sub }).company('demo'))
  await first.book({ topic: 'tax' })
  await erika.accept((await until(erika, ({ offer }) => offer)).offer.id)
  await others[0].book({ topic: 'tax' })
  await alice.page.locator('.topic', { hasText: 'tax' }).filter({ hasText: '1 is waiting' }).waitFor()
  await alice.page.locator('.topic', { hasText: 'tax' }).click()
  await alice.press('Ask and wait')
  await alice.waits('You are second')
  await alice.sees('1 person is at work')
  assert.match(await alice.page.title(), /^You are second · /)
  await holds(alice, 'a client in line', '.in-line', ['.in-line button'])
  await others[0].cancel(others[0].state.booking.id)
  await alice.waits('You are next')
  await alice.press('Stop waiting')
  await alice.isOver('Request cancelled.')
})

test('a line that is full says so, and takes nobody', { timeout: 600_000 }, async (t) => {
  const { world } = await routed(t, { routes: [{ steps: [{}], wait: { max_ms: 30 * MINUTE_MS, max_length: 1 } }] })
  const erika = await world.idleDesk({ name: 'erika' })
  const alice = await world.client('alice')
  await alice.page.locator('.topic.is-idle', { hasText: 'travel' }).click()
  const [first, second] = ['ben', 'cleo'].map((sub) => world.person({ sub, role: 'client' }).company('demo'))
  await first.book({ topic: 'tax' })
  await erika.accept((await until(erika, ({ offer }) => offer)).offer.id)
  // The page is not told yet that the line is full when it books.
  await alice.page.locator('.topic', { hasText: 'travel' }).filter({ hasText: 'short wait' }).waitFor()
  world.line.cut()
  await alice.isLost()
  await second.book({ topic: 'travel' })
  await alice.press('Ask and wait')
  world.line.mend()
  await alice.sees('Too many people are waiting already')
})

test('several sessions stand side by side, with what is unread, and offers come beside them', { timeout: 600_000 }, async (t) => {
  const { world, holds } = await routed(t, { routes: [{ steps: [{}] }] })
  await world.server.ask('PATCH', '/v1/companies/demo/employees/erika', { capacity: 3 })
  const desk = await world.desk('erika')
  await desk.on()
  const people = ['ben', 'cleo', 'dora'].map((sub) => world.person({ sub, role: 'client', name: `${sub} ${LONG_NAME}` }))
  const companies = people.map((person) => person.company('demo'))
  for (const [index, company] of companies.slice(0, 2).entries()) {
    await company.book({ topic: 'tax' })
    await desk.asked('tax')
    await desk.accept()
    await desk.page.locator('.offer').waitFor({ state: 'detached' })
    await desk.page.locator('.tab-shown').nth(index).waitFor({ state: 'attached' })
  }
  const tabs = desk.page.getByRole('tab')
  assert.equal(await tabs.count(), 2)
  const { booking } = await until(companies[0], ({ booking }) => booking?.session)
  people[0].session(booking.session.id).send('Are you there?')
  await tabs.nth(0).locator('.parts-unread', { hasText: '1' }).waitFor()
  await holds(desk, 'two sessions', '.desk-bar, .tabs, .consultation-head, .composer', [...BAR, '.tab', '.end', '.composer textarea'])
  await companies[2].book({ topic: 'travel' })
  await desk.asked('travel')
  await holds(desk, 'an offer beside two sessions', '.offer', ['.accept', '.decline'])
  await desk.decline()
  await tabs.nth(0).click()
  await desk.hears('Are you there?')
  await tabs.nth(0).locator('.parts-unread').waitFor({ state: 'detached' })
})

test('the board shows who waits, and the routing with the field that is wrong', { timeout: 600_000 }, async (t) => {
  // Two savings are refused on purpose.
  const { world, holds } = await routed(t, LINE, {}, { expected: /status of 4(12|22)/ })
  await world.server.ask('PATCH', '/v1/companies/demo/employees/max', { skills: { de: 4 }, capacity: 3, share: 2 })
  const erika = await world.idleDesk({ name: 'erika' })
  const [ben, cleo] = ['ben', 'cleo'].map((sub) => world.person({ sub, role: 'client', name: sub }).company('demo'))
  await ben.book({ topic: 'travel' })
  await erika.accept((await until(erika, ({ offer }) => offer)).offer.id)
  await cleo.book({ topic: 'travel' })
  const board = await world.board({ viewport: { width: 1440, height: 900 } })
  const { page } = board
  const row = page.locator('.pane-asked .entry-with', { hasText: 'cleo' })
  await row.locator('.in-line-place', { hasText: '1' }).waitFor()
  await page.locator('.by-topic li', { hasText: '1 waiting · 0 free · 1 busy' }).waitFor()
  await press(row.getByRole('button', { name: 'Serve cleo next' }))
  await row.getByText('priority 10').waitFor()
  await row.getByRole('button', { name: 'Serve cleo next' }).waitFor({ state: 'detached' })
  await page.locator('.pane-employees .entry', { hasText: 'Max' }).getByRole('img', { name: '0 of 3 in use' }).waitFor()
  await press(page.locator('.pane-employees .entry', { hasText: 'Max' }))
  const skills = page.getByRole('textbox', { name: 'Skills' })
  await skills.waitFor()
  assert.equal(await skills.inputValue(), 'de:4')
  await skills.fill('senior:2, fr')
  await page.getByRole('spinbutton', { name: 'Sessions at once' }).fill('5')
  await page.locator('.over-employee .over-foot .act').click()
  await page.locator('.over-employee').waitFor({ state: 'detached' })
  const max = await world.server.ask('GET', '/v1/companies/demo/employees/max')
  assert.deepEqual([max.skills, max.capacity, max.share], [{ fr: 1, senior: 2 }, 5, 2])

  await board.press('Routing')
  await page.locator('.route').waitFor()
  await holds(board, 'the routing', '.over-routing > .over-head, .over-routing .over-foot', ['.over-head button', '.over-foot .act'])
  await page.getByText('Add step').click()
  await page.locator('.route-step summary', { hasText: 'Step 2' }).click()
  const level = page.locator('[name="routes[0].steps[1].level"]')
  await level.fill('11')
  await board.press('Save')
  await page.locator('.route-step [aria-invalid=true][name="routes[0].steps[1].level"]').waitFor()
  await level.fill('4')
  // Another person changes the routing meanwhile, and that is not overwritten.
  await world.server.ask('PATCH', '/v1/companies/demo/routing', { pause_reasons: ['lunch'] })
  await board.press('Save')
  await board.sees('Someone else changed this')
  await board.press('Load the present routing')
  await page.waitForFunction(() => document.querySelector('[name="pause_reasons"]')?.value === 'lunch')
  await page.locator('[name="pause_reasons"]').fill('lunch, training')
  await board.press('Save')
  await page.locator('.over-routing').waitFor({ state: 'detached' })
  const { pause_reasons, routes } = await world.server.ask('GET', '/v1/companies/demo/routing')
  assert.deepEqual([pause_reasons, routes[0].steps.length], [['lunch', 'training'], 1])
})
