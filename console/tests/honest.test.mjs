// The desk and a session tell the truth: nothing vanishes without a message, and nothing uncertain is claimed.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { press } from './stage.mjs'
import { openWorld, PHONE, SCREEN, until } from './world.mjs'

const QUESTION = 'May I deduct my bicycle?'

test('a message and a call reach who looks elsewhere, and no call rings where nothing may ring', { timeout: 120_000 }, async (t) => {
  const world = await openWorld(t, { whole: true })
  const prepare = [spied, () => localStorage.setItem('switchboard.desk', JSON.stringify({ sound: true, notify: true }))]
  const erika = await world.desk('erika', { viewport: SCREEN, permissions: ['notifications'], prepare })
  const alice = await world.client('alice')
  await erika.on()
  await erika.page.evaluate(() => navigator.serviceWorker.ready)
  await alice.ask('tax')
  await erika.accept()
  await Promise.all([erika.inSession(), alice.inSession()])
  await erika.page.evaluate(() => lookAway(true))
  await alice.say('Are you still there?')
  await erika.page.waitForFunction(() => document.title.startsWith('(1) Alice Miller wrote') && window.tones > 0 && window.told.length === 1)
  assert.deepEqual(await erika.page.evaluate(() => window.told), ['Alice Miller wrote'])
  await erika.page.evaluate(() => lookAway(false))
  await erika.page.waitForFunction(() => document.title === 'Desk')
  await erika.page.evaluate(() => lookAway(true))
  await alice.press('Call')
  await erika.page.waitForFunction(() => document.title.includes('Alice Miller is calling you') && window.told.length === 2)
  await alice.press('Hang up')
  await erika.page.waitForFunction(() => !document.title.includes('calling'))
})

test('where nothing may ring, no call rings either', { timeout: 120_000 }, async (t) => {
  const world = await openWorld(t)
  const prepare = [spied, () => localStorage.setItem('switchboard.desk', JSON.stringify({ sound: false }))]
  const erika = await world.desk('erika', { prepare })
  const alice = await world.client('alice')
  await erika.on()
  await alice.ask('tax')
  await erika.accept()
  await Promise.all([erika.inSession(), alice.inSession()])
  await alice.press('Call')
  await erika.callIs('ringing')
  await erika.press('Answer')
  await erika.callIs('talking')
  assert.equal(await erika.page.evaluate(() => window.tones), 0)
})

/** In a page: counts tones and notifications, and hides the page when the test says so. */
function spied() {
  window.tones = 0
  window.told = []
  const { start } = OscillatorNode.prototype
  OscillatorNode.prototype.start = function (...rest) {
    window.tones += 1
    return start.apply(this, rest)
  }
  const { showNotification } = ServiceWorkerRegistration.prototype
  ServiceWorkerRegistration.prototype.showNotification = function (title, options) {
    window.told.push(title)
    return showNotification.call(this, title, options)
  }
  let isAway = false
  Object.defineProperty(document, 'hidden', { get: () => isAway })
  Object.defineProperty(document, 'visibilityState', { get: () => (isAway ? 'hidden' : 'visible') })
  window.lookAway = (away) => {
    isAway = away
    document.dispatchEvent(new Event('visibilitychange'))
  }
}

test('an Accept that the line was too late for is said to be so', { timeout: 120_000 }, async (t) => {
  const world = await openWorld(t)
  const [erika, alice] = await Promise.all([world.desk('erika'), world.client('alice', { base: world.server.url })])
  await erika.on()
  await alice.ask('tax')
  await erika.asked('tax')
  world.line.cut()
  await erika.isLost()
  await erika.accept()
  await erika.sees('Your answer is sent when you reconnect')
  await alice.press('Cancel')
  await alice.isOver('Request cancelled.')
  world.line.mend()
  await erika.sees('Your answer arrived too late')
})

test('the question is the first bubble for both, and is there after the end and in the day', { timeout: 120_000 }, async (t) => {
  const world = await openWorld(t)
  const [erika, alice] = await Promise.all([world.desk('erika'), world.client('alice')])
  await erika.on()
  await alice.ask('tax', QUESTION)
  await erika.accept()
  await Promise.all([erika.inSession(), alice.inSession()])
  await alice.say('hello')
  await erika.hears('hello')
  for (const { log } of [erika, alice]) assert.match(await log.locator('.bubble').first().innerText(), /bicycle/)
  await alice.page.reload()
  await alice.hears(QUESTION)
  await alice.end()
  await erika.page.locator('.over').getByText(QUESTION).waitFor()
  await erika.press('Done')
  await press(erika.page.getByRole('button', { name: 'tax with alice' }))
  await erika.page.getByRole('dialog').getByText(QUESTION).waitFor()
})

test('a message below what is in sight is not seen, and one behind the notes is marked', { timeout: 120_000 }, async (t) => {
  const { client, desk } = await (await openWorld(t)).session()
  const [alice, erika] = [await client({ viewport: PHONE }), await desk({ viewport: PHONE })]
  for (let number = 1; number <= 30; number += 1) await alice.say(`line ${number}`)
  await erika.hears('line 30')
  await alice.log.evaluate((list) => (list.scrollTop = 0))
  await erika.say('important')
  await alice.find('button', 'New messages').waitFor()
  await erika.lastIs('Delivered')
  await alice.press('New messages')
  await erika.lastIs('Seen')
  await erika.press('Notes')
  await alice.say('Hello?')
  await erika.page.locator('.parts-unread').getByText('1').waitFor()
  await erika.press('Chat')
  await erika.page.locator('.parts-unread').waitFor({ state: 'detached' })
})

test('earlier messages that are not there are said to be missing, and a pasted picture says why nothing happens', { timeout: 120_000 }, async (t) => {
  const world = await openWorld(t)
  const { client } = await world.session()
  const line = world.person({ sub: 'alice', role: 'client' })
  const { booking } = await until(line.company('demo'), ({ booking }) => booking?.session)
  const topic = line.session(booking.session.id)
  await until(topic, () => true)
  for (let number = 1; number <= 120; number += 1) topic.send(`message ${number}`)
  await until(topic, ({ messages, outgoing }) => messages.length >= 120 && outgoing.length === 0)
  assert.equal(topic.state.cut, false, 'who was there from the beginning has all')
  const alice = await client()
  await alice.log.getByText('Only the last 100 messages are shown').waitFor({ state: 'attached' })
  await alice.writing.evaluate((box) => {
    const clipboardData = new DataTransfer()
    clipboardData.items.add(new File(['x'], 'letter.png', { type: 'image/png' }))
    box.dispatchEvent(new ClipboardEvent('paste', { clipboardData, bubbles: true, cancelable: true }))
  })
  await alice.sees('Images and files cannot be sent here')
})

test('a wrap-up is called so, with the time that is left', { timeout: 120_000 }, async (t) => {
  const world = await openWorld(t)
  await world.server.ask('PATCH', '/v1/companies/demo', { settings: { wrap_up_ms: 600_000 } })
  const [erika, alice] = await Promise.all([world.desk('erika'), world.client('alice')])
  await erika.on()
  await alice.ask('tax')
  await erika.accept()
  await erika.inSession()
  await erika.end()
  await erika.press('Done')
  const { page } = erika
  await page.locator('.waiting h2').filter({ hasText: /Wrap-up\s+(10:00|9:\d\d)/ }).waitFor()
  await erika.is('Wrap-up')
  await page.reload()
  await page.locator('.waiting h2').filter({ hasText: /Wrap-up\s+(10:00|9:\d\d)/ }).waitFor()
  await world.server.ask('PATCH', '/v1/companies/demo', { settings: { wrap_up_ms: 0 } })
})

test('the keys that answer can be changed, and turned off', { timeout: 120_000 }, async (t) => {
  const world = await openWorld(t)
  const [erika, alice] = await Promise.all([world.desk('erika', { viewport: SCREEN }), world.client('alice')])
  const { page } = erika
  await erika.on()
  await erika.press('Device settings')
  await page.getByRole('textbox', { name: 'Decline' }).fill('x')
  await erika.press('Close')
  await alice.ask('tax')
  await erika.asked('tax')
  await page.getByText('Keys: A accepts, X declines', { exact: true }).waitFor()
  await pressedUntil(page, ['d', 'x'], () => alice.isOver('No one was able to take your request.'))
  await erika.press('Device settings')
  await page.getByRole('checkbox', { name: 'Answer with keyboard shortcuts' }).uncheck()
  await erika.press('Close')
  await alice.press('Ask again')
  await alice.ask('tax')
  await erika.asked('tax')
  assert.equal(await page.locator('.offer .keys').count(), 0)
  assert.equal(await page.locator('.accept').getAttribute('aria-keyshortcuts'), null)
})

/** Presses keys after a pause, because keys answer only once all have rested. */
async function pressedUntil(page, keys, happened) {
  await page.waitForTimeout(600)
  for (const key of keys) await page.keyboard.press(key)
  await happened()
}
