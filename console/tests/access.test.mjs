// For everyone: each page and state by day and by night, in all languages, on narrow phones; a booking by keys alone.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { gravePointsOf } from './axe.mjs'
import { openWorld, SCREEN } from './world.mjs'

/** The narrowest phone that is still in use. */
const NARROW = { width: 320, height: 640 }
const ROOTS = { en: ['en', 'ltr'], de: ['de', 'ltr'], ar: ['ar', 'rtl'] }

/** In its language, whole without scrolling sideways, and without anything that axe calls serious or worse. */
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
        await desk.locator('.flip').click()
        await client.locator('.topic.is-idle').first().waitFor()
        await isClean(desk, 'an idle desk')
      }],
      ['asking', async () => {
        await client.locator('.topic.is-idle').first().click()
        await isClean(client, 'asking')
        await client.locator('form button.act').click()
        await Promise.all([desk.locator('.offer').waitFor(), client.locator('.jacks').waitFor()])
        await isClean(desk, 'an offer')
        await isClean(client, 'a search')
      }],
      ['a session', async () => {
        await desk.locator('.accept').click()
        await Promise.all([desk, client].map((page) => page.getByRole('log').waitFor()))
        await client.locator('.composer textarea').fill('https://example.org/'.padEnd(120, 'x'))
        await client.locator('.composer [type=submit]').click()
        await desk.locator('.bubble').waitFor()
        for (const page of [desk, client, board]) await isClean(page, 'a session')
      }],
      ['the end', async () => {
        await client.locator('button.end').click()
        await isClean(client, 'the question')
        await client.locator('.end-yes').click()
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

/** Tab until it has the focus, and not for ever. */
async function tabTo(page, selector) {
  for (let step = 0; step < 60; step++) {
    if (await page.evaluate((wanted) => document.activeElement?.matches(wanted) ?? false, selector)) return
    await page.keyboard.press('Tab')
  }
  assert.fail(`no way by Tab to ${selector}`)
}
