// The client's page: booking, waiting and the end, when something is missing, late, too long or out of sight.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { token } from '../../tests/phoenix/server.mjs'
import { isInReachEverywhere, press } from './stage.mjs'
import { Client, openWorld, PHONE, until } from './world.mjs'

/** Runs before a page's own scripts: counts tones, and gives `inSight`, which hides or shows the page. */
function spied() {
  window.tones = 0
  const { start } = OscillatorNode.prototype
  OscillatorNode.prototype.start = function (...when) {
    window.tones += 1
    return start.apply(this, when)
  }
  let isHidden = false
  Object.defineProperty(document, 'hidden', { get: () => isHidden })
  Object.defineProperty(document, 'visibilityState', { get: () => (isHidden ? 'hidden' : 'visible') })
  window.inSight = (seen) => {
    isHidden = !seen
    document.dispatchEvent(new Event('visibilitychange'))
  }
}

const HEAD = ['.book > header select']
const question = (client) => client.page.locator('.ask textarea')
const freeFor = (client, topic) => client.page.locator('.topic.is-idle', { hasText: topic })

test('asked without a topic, the page says what is missing and leads there', { timeout: 300_000 }, async (t) => {
  const world = await openWorld(t)
  await world.idleDesk({ name: 'erika' })
  const alice = await world.client('alice')
  await freeFor(alice, 'tax').waitFor()
  // Dispatched directly, because the button is marked as disabled and still reacts.
  await alice.page.locator('.ask .act').dispatchEvent('click')
  await alice.sees('Choose a topic first.')
  assert.equal(await alice.page.evaluate(() => document.activeElement.name), 'topic')
})

test('what is being asked outlives a reload, and is put away once it was asked', { timeout: 300_000 }, async (t) => {
  const world = await openWorld(t)
  await world.idleDesk({ name: 'erika' })
  const alice = await world.client('alice')
  await question(alice).fill('May I deduct my bicycle?')
  await alice.page.reload()
  await freeFor(alice, 'tax').waitFor()
  assert.equal(await question(alice).inputValue(), 'May I deduct my bicycle?')
  await alice.ask('tax')
  await alice.press('Cancel')
  await alice.press('Ask again')
  assert.equal(await question(alice).inputValue(), 'May I deduct my bicycle?', 'nobody has answered it')
  await alice.page.reload()
  await freeFor(alice, 'tax').waitFor()
  assert.equal(await question(alice).inputValue(), '')
})

test('a question that is too long stays whole, and by how much is said before it is asked', { timeout: 300_000 }, async (t) => {
  const world = await openWorld(t)
  await world.idleDesk({ name: 'erika' })
  const alice = await world.client('alice')
  await question(alice).fill('a'.repeat(1012))
  await alice.sees('Too long by 12 characters.')
  await alice.ask('tax')
  assert.equal((await question(alice).inputValue()).length, 1012)
  assert.equal(await alice.page.locator('.waiting').count(), 0)
  await question(alice).fill('a'.repeat(1000))
  await alice.sees('0 characters left')
  await alice.ask('tax')
  await alice.waits('Asking the only one who is free')
})

test('that somebody was faster is said until somebody is free again', { timeout: 300_000 }, async (t) => {
  const world = await openWorld(t)
  const erika = await world.idleDesk({ name: 'erika' })
  const page = await (await world.context()).newPage()
  let late
  await page.routeWebSocket(/\/socket/, (near) => {
    const far = near.connectToServer()
    // The availability comes late, as over a slow connection.
    far.onMessage((said) => (late && String(said).includes('"availability"') ? late.push(() => near.send(said)) : near.send(said)))
  })
  await page.goto(`${world.url}/book/demo?as=alice`)
  await press(page.locator('.topic.is-idle', { hasText: 'tax' }))
  late = []
  const bob = world.person({ sub: 'bob', role: 'client' }).company('demo')
  await bob.book({ topic: 'tax' })
  await press(page.getByRole('button', { name: 'Ask now' }))
  const faster = page.getByText('Someone else was faster')
  await faster.waitFor()
  await erika.reject((await until(erika, ({ offer }) => offer)).offer.id)
  await until(bob, ({ availability }) => availability.available)
  const held = late
  late = undefined
  for (const say of held) say()
  await freeFor({ page }, 'tax').waitFor()
  await faster.waitFor({ state: 'detached' })
})

test('the wait goes on after a reload, by the server’s time and not by a wrong clock', { timeout: 300_000 }, async (t) => {
  const world = await openWorld(t)
  await world.idleDesk({ name: 'erika' })
  const wrongByADay = () => {
    const now = Date.now
    Date.now = () => now() - 86_400_000
  }
  const alice = await world.client('alice', { prepare: [wrongByADay] })
  await alice.ask('tax')
  await alice.sees('Waiting for 0:0')
  // As if 65 seconds had passed on the server.
  await alice.page.route('**/healthz', (route) => {
    const date = new Date(Date.now() + 65_000).toUTCString()
    return route.fulfill({ headers: { date }, body: '' })
  })
  await alice.page.reload()
  await alice.sees('Waiting for 1:0')
})

test('a session is counted by the server’s time and not by a wrong clock, on both pages', { timeout: 300_000 }, async (t) => {
  const world = await openWorld(t)
  const wrongByADay = () => {
    const now = Date.now
    Date.now = () => now() + 86_400_000
  }
  const { client, desk } = await world.session()
  const pages = await Promise.all([client, desk].map((open) => open({ prepare: [wrongByADay] })))
  for (const { page } of pages) await page.locator('.about .figure').filter({ hasText: /^0:\d\d$/ }).waitFor()
})

test('what was said can be read after the end, copied, and found again after a reload', { timeout: 300_000 }, async (t) => {
  const world = await openWorld(t)
  const erika = await world.desk('erika')
  await erika.on()
  const alice = await world.client('alice', { permissions: ['clipboard-read', 'clipboard-write'] })
  await alice.ask('tax', 'May I deduct my bicycle?')
  await erika.asked('tax')
  await erika.accept()
  await erika.inSession()
  await erika.say('Yes, you may.')
  await alice.hears('Yes, you may.')
  await erika.end()
  await alice.isOver('Your session with Erika is over')
  await alice.sees('Erika ended it.')
  const lines = alice.page.locator('.transcript-lines .bubble')
  assert.deepEqual(await lines.allInnerTexts(), ['May I deduct my bicycle?', 'Yes, you may.'])
  await alice.press('Copy')
  await alice.sees('Copied')
  const copied = await alice.page.evaluate(() => navigator.clipboard.readText())
  assert.match(copied, /You: May I deduct my bicycle\?\n\n.*Erika: Yes, you may\./)
  await alice.page.reload()
  await alice.isOver('Your session with Erika is over')
  await lines.nth(1).waitFor()
  assert.deepEqual(await lines.allInnerTexts(), ['May I deduct my bicycle?', 'Yes, you may.'])
  await alice.press('Ask again')
  await alice.page.reload()
  await freeFor(alice, 'tax').waitFor()
})

test('whoever has pressed a button stands where it led', { timeout: 300_000 }, async (t) => {
  const world = await openWorld(t)
  await world.idleDesk({ name: 'erika' })
  const alice = await world.client('alice')
  const isAt = (place) => alice.page.waitForFunction((place) => document.activeElement.closest(place), place)
  await alice.ask('tax')
  await isAt('.waiting')
  await alice.find('button', 'Cancel').focus()
  await alice.page.keyboard.press('Enter')
  await isAt('.over')
  await alice.page.keyboard.press('Enter')
  await isAt('.ask')
})

test('who looks at something else hears that somebody is free, and that somebody has accepted', { timeout: 300_000 }, async (t) => {
  const world = await openWorld(t)
  const alice = await world.client('alice', { prepare: [spied] })
  await alice.sees('No one is free right now')
  // A browser is silent until the first gesture on its page.
  await press(question(alice))
  const hidden = () => alice.page.evaluate(() => ((window.tones = 0), inSight(false)))
  const told = () => alice.page.waitForFunction(() => document.title.startsWith('(1) ') && window.tones > 0)
  await hidden()
  const erika = await world.idleDesk({ name: 'erika' })
  await told()
  await alice.page.evaluate(() => inSight(true))
  await alice.page.waitForFunction(() => !document.title.startsWith('('))
  await alice.ask('tax')
  const { offer } = await until(erika, ({ offer }) => offer)
  await hidden()
  await erika.accept(offer.id)
  await told()
})

test('among many topics one is found, and the way to ask stays in reach', { timeout: 300_000 }, async (t) => {
  const world = await openWorld(t)
  const topics = ['Zoo', 'apples', 'Bees', ...Array.from({ length: 27 }, (_, at) => `theme ${at + 1}`)]
  await world.server.ask('PUT', '/v1/companies/many', { name: 'Many' })
  await world.server.ask('PUT', '/v1/companies/many/employees/ann', { name: 'Ann', topics })
  await world.idleDesk({ name: 'ann', company: 'many' })
  const given = token({ sub: 'alice', role: 'client', company: 'many' })
  const alice = new Client(await world.page(`/book/many#token=${given}`, { viewport: PHONE }))
  await freeFor(alice, 'apples').waitFor()
  const names = await alice.page.locator('.topic > .grow').allInnerTexts()
  assert.deepEqual([...names.slice(0, 3), ...names.slice(-2)], ['apples', 'Bees', 'theme 1', 'theme 27', 'Zoo'])
  const ask = alice.find('button', 'Ask now')
  const isOnTop = (button) => {
    const { left, right, top, bottom } = button.getBoundingClientRect()
    return bottom <= innerHeight && button.contains(document.elementFromPoint((left + right) / 2, (top + bottom) / 2))
  }
  assert.equal(await ask.evaluate(isOnTop), true)
  await alice.page.getByRole('searchbox', { name: 'Find a topic' }).fill('zo')
  await alice.page.keyboard.press('Enter')
  await press(ask)
  await alice.waits('Asking the only one who is free')
})

test('whatever stage the client is at, its buttons are in reach in every window', { timeout: 300_000 }, async (t) => {
  const world = await openWorld(t)
  await world.server.ask('PATCH', '/v1/companies/demo', { settings: { offer_timeout_ms: 600_000, booking_deadline_ms: 1_200_000 } })
  const alice = await world.client('alice')
  await alice.sees('No one is free right now')
  await isInReachEverywhere(alice.page, 'nobody is free', '.book > header, .ask-foot', [...HEAD, '.ask-foot .act'])
  await world.idleDesk({ name: 'erika' })
  await freeFor(alice, 'tax').waitFor()
  await isInReachEverywhere(alice.page, 'somebody is free', '.book > header, .ask', [...HEAD, '.topic input', '.ask textarea', '.ask-foot .act'])
  await alice.ask('tax', 'May I deduct my bicycle?')
  await alice.page.locator('.waiting').waitFor()
  await isInReachEverywhere(alice.page, 'waiting', '.book > header, .waiting', [...HEAD, '.waiting button'])
  await alice.press('Cancel')
  await alice.page.locator('.over').waitFor()
  await isInReachEverywhere(alice.page, 'cancelled', '.book > header, .over', [...HEAD, '.over-foot .act'])
})

test('what is asked and taken back while the line is lost is said, and done when it is back', { timeout: 300_000 }, async (t) => {
  const world = await openWorld(t)
  const erika = await world.idleDesk({ name: 'erika' })
  const alice = await world.client('alice')
  await press(freeFor(alice, 'tax'))
  world.line.cut()
  await alice.isLost()
  await alice.press('Ask now')
  await alice.sees('Your request is sent when you reconnect.')
  world.line.mend()
  await alice.waits('Asking the only one who is free')
  const { offer } = await until(erika, ({ offer }) => offer)
  world.line.cut()
  await alice.isLost()
  await alice.press('Cancel')
  await alice.sees('The search stops when you reconnect.')
  await erika.accept(offer.id)
  world.line.mend()
  await alice.inSession()
  await alice.sees('Someone accepted just before you cancelled.')
})
