// Accessibility: each page and state by day and by night, in all languages, on narrow phones; a booking by keys alone.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { gravePointsOf } from './axe.mjs'
import { press } from './stage.mjs'
import { openWorld, SCREEN } from './world.mjs'

/** The narrowest phone that is still in use. */
const NARROW = { width: 320, height: 640 }
const ROOTS = { en: ['en', 'ltr'], de: ['de', 'ltr'], ar: ['ar', 'rtl'] }

/** Checks a page: its language, no sideways scrolling, and nothing that axe calls serious or worse. */
async function isForEveryone(page, language, what) {
  const { root, tooWide } = await page.evaluate(() => {
    const { lang, dir, scrollWidth } = document.documentElement
    return { root: [lang, dir || 'ltr'], tooWide: Math.max(0, scrollWidth - innerWidth) }
  })
  assert.deepEqual([root, tooWide], [ROOTS[language], 0], `${what}: language, direction, pixels beyond the edge`)
  assert.deepEqual(await gravePointsOf(page), [], what)
}

for (const [colorScheme, language, viewport] of [
  ['light', 'en', SCREEN],
  ['dark', 'de', NARROW],
  ['light', 'ar', NARROW],
  ['dark', 'ar', SCREEN],
]) {
  const look = { colorScheme, viewport }
  const name = `${colorScheme}, ${language}, ${viewport.width} pixels wide`
  test(`each page and state is for everyone: ${name}`, { timeout: 300_000 }, async (t) => {
    const world = await openWorld(t)
    const query = `&lang=${language}`
    const isClean = (page, what) => isForEveryone(page, language, what)
    const [desk, client, board, start] = await Promise.all([
      world.page(`/desk?as=erika${query}`, look),
      world.page(`/book/demo?as=alice${query}`, look),
      world.page(`/board?as=olga${query}`, look),
      world.page(`/?lang=${language}`, look),
    ])
    const states = [
      ['nobody signed in', async () => isClean(await world.page(`/desk?lang=${language}`, look), 'nobody')],
      ['the start', () => start.locator('iframe').first().waitFor().then(() => isClean(start, 'start'))],
      ['an empty board', () => board.locator('main').waitFor().then(() => isClean(board, 'board'))],
      ['nobody free', () => client.locator('form').waitFor().then(() => isClean(client, 'nobody free'))],
      ['idle', async () => {
        await press(desk.locator('.flip'))
        await client.locator('.topic.is-idle').first().waitFor()
        await isClean(desk, 'an idle desk')
      }],
      ['asking', async () => {
        await press(client.locator('.topic.is-idle').first())
        await isClean(client, 'asking')
        await press(client.locator('form button.act'))
        await Promise.all([desk.locator('.offer').waitFor(), client.locator('.jacks').waitFor()])
        await isClean(desk, 'an offer')
        await isClean(client, 'a search')
      }],
      ['a session', async () => {
        await press(desk.locator('.accept'))
        await Promise.all([desk, client].map((page) => page.getByRole('log').waitFor()))
        await client.locator('.composer textarea').fill('https://example.org/'.padEnd(120, 'x'))
        await press(client.locator('.composer [type=submit]'))
        await desk.locator('.bubble').waitFor()
        for (const page of [desk, client, board]) await isClean(page, 'a session')
      }],
      ['the end', async () => {
        await press(client.locator('button.end'))
        await isClean(client, 'the question')
        await press(client.locator('.end-yes'))
        await Promise.all([desk.locator('.over').waitFor(), client.locator('.over').waitFor()])
        for (const page of [desk, client, board]) await isClean(page, 'the end')
      }],
    ]
    for (const [state, looks] of states) await t.test(state, looks)
  })
}

test('a booking can be made, accepted and ended by keys alone', { timeout: 300_000 }, async (t) => {
  const world = await openWorld(t)
  const screen = { viewport: SCREEN }
  const [erika, alice] = await Promise.all([world.desk('erika', screen), world.client('alice', screen)])
  await erika.switch.waitFor()
  await tabTo(erika.page, '[role=switch]')
  await erika.page.keyboard.press('Space')
  await erika.is('Available')
  await alice.page.locator('.topic.is-idle').first().waitFor()
  await tabTo(alice.page, 'input[type=radio]')
  await alice.page.keyboard.press('Space')
  await tabTo(alice.page, 'textarea')
  await alice.page.keyboard.type('by keys')
  await tabTo(alice.page, 'button.act')
  await alice.page.keyboard.press('Enter')
  await erika.asked('tax')
  await tabTo(erika.page, '.accept')
  await erika.page.keyboard.press('Enter')
  await Promise.all([erika.inSession(), alice.inSession()])
  await tabTo(alice.page, '.composer textarea')
  await alice.page.keyboard.type('hello')
  await alice.page.keyboard.press('Enter')
  await erika.hears('hello')
  await tabTo(alice.page, 'button.end')
  await alice.page.keyboard.press('Enter')
  await tabTo(alice.page, '.end-yes')
  await alice.page.keyboard.press('Enter')
  await alice.isOver('Your session with Erika is over')
  await alice.page.keyboard.press('Enter')
  await alice.page.locator('form.ask').waitFor()
})

test('at the desk keys answer a call that rings, as its settings say', { timeout: 300_000 }, async (t) => {
  const world = await openWorld(t)
  const { client, desk } = await world.session()
  const [alice, erika] = await Promise.all([client(), desk()])
  const { page } = erika
  const isRung = async () => {
    await alice.press('Call')
    await erika.callIs('ringing')
    // Keys pressed for something else must not answer, so that keys count only after they have rested.
    await page.waitForTimeout(KEYS_REST_MS)
  }
  await erika.writing.focus()
  await isRung()
  await page.getByText('Keys: A answers, D declines', { exact: true }).waitFor()
  assert.ok(await page.evaluate(() => document.activeElement.matches('.call')), 'an empty box lets the focus go')
  await page.keyboard.press('a')
  await erika.callIs('talking')
  await alice.press('Hang up')
  await erika.press('Close')

  await erika.writing.fill('a bad d')
  await isRung()
  await page.keyboard.type('ay and a dad')
  assert.equal(await erika.writing.inputValue(), 'a bad day and a dad', 'who writes answers nothing')
  await erika.callIs('ringing')
  await erika.find('button', 'Answer').focus()
  await page.waitForTimeout(KEYS_REST_MS)
  await page.keyboard.press('d')
  await alice.sees('Erika cannot take the call now.')

  await erika.press('Device settings')
  await page.getByRole('textbox', { name: 'Accept' }).fill('y')
  await press(page.getByRole('dialog').getByRole('button', { name: 'Close' }))
  await isRung()
  await page.getByText('Keys: Y answers, D declines', { exact: true }).waitFor()
  assert.equal(await erika.find('button', 'Answer').getAttribute('aria-keyshortcuts'), 'Y')
  await page.keyboard.press('a')
  await erika.callIs('ringing')
  await page.keyboard.press('y')
  await erika.callIs('talking')
  await alice.press('Hang up')
  await erika.press('Close')

  await erika.press('Device settings')
  await page.getByRole('checkbox', { name: 'Answer with keyboard shortcuts' }).uncheck()
  await press(page.getByRole('dialog').getByRole('button', { name: 'Close' }))
  await isRung()
  assert.equal(await page.locator('.call .keys').count(), 0)
  assert.equal(await erika.find('button', 'Answer').getAttribute('aria-keyshortcuts'), null)
  for (const key of ['y', 'd']) await page.keyboard.press(key)
  await page.waitForTimeout(KEYS_REST_MS)
  await erika.callIs('ringing')
})

test('at the client keys answer only the call that has the focus', { timeout: 300_000 }, async (t) => {
  const world = await openWorld(t)
  const { client, desk } = await world.session()
  const [alice, erika] = await Promise.all([client(), desk()])
  const { page } = alice
  await erika.press('Call')
  await alice.callIs('ringing')
  const told = page.getByText('Keys: A answers, D declines', { exact: true })
  await told.waitFor()
  await alice.find('button', 'End').focus()
  await told.waitFor({ state: 'hidden' })
  await page.waitForTimeout(KEYS_REST_MS)
  for (const key of ['a', 'd']) await page.keyboard.press(key)
  await page.waitForTimeout(KEYS_REST_MS)
  await alice.callIs('ringing')
  await alice.find('button', 'Decline').focus()
  await told.waitFor()
  await page.keyboard.press('a')
  await alice.callIs('talking')
})

/** Longer than keys must rest before one answers. */
const KEYS_REST_MS = 600

/** Presses Tab until the element has the focus, up to a bound. */
async function tabTo(page, selector) {
  for (let step = 0; step < 60; step++) {
    if (await page.evaluate((wanted) => document.activeElement?.matches(wanted) ?? false, selector)) return
    await page.keyboard.press('Tab')
  }
  assert.fail(`no way by Tab to ${selector}`)
}
