// Takes the README's pictures, and one of every state of every page, for people to look at: `make pictures`.
import { mkdir } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { test } from 'node:test'
import { openWorld, PHONE, SCREEN, until } from './world.mjs'

const README = fileURLToPath(new URL('../../docs/pictures/', import.meta.url))
const ALL = fileURLToPath(new URL('../../target/pictures/', import.meta.url))

test('pictures', { timeout: 300_000 }, async (t) => {
  await mkdir(README, { recursive: true })
  await mkdir(ALL, { recursive: true })
  const world = await openWorld(t)
  await furnish(world)
  for (const language of ['en', 'de', 'ar']) for (const colorScheme of ['light', 'dark']) await everyState(world, language, colorScheme)
  await ofReadme(world)
})

/** Fills the company: a dozen employees, some of them idle. */
async function furnish(world) {
  const names = ['Amira', 'Bruno', 'Chiara', 'Deniz', 'Elif', 'Farid', 'Greta', 'Hana', 'Ivo', 'Jonas', 'Kaya', 'Lena']
  for (const [index, name] of names.entries()) {
    const topics = index % 3 === 0 ? ['tax'] : index % 3 === 1 ? ['travel'] : ['tax', 'travel']
    await world.server.ask('PUT', `/v1/companies/demo/employees/${name.toLowerCase()}`, { name, topics })
  }
}

async function everyState(world, lang, colorScheme) {
  const pages = []
  const open = async (what, path) => {
    for (const [size, viewport] of [['phone', PHONE], ['screen', SCREEN]]) {
      const page = await world.page(`${path}${path.includes('?') ? '&' : '?'}lang=${lang}`, { viewport, colorScheme })
      pages.push({ what, size, page })
    }
  }
  await Promise.all([open('desk', '/desk?as=erika'), open('client', '/book/demo?as=alice'), open('board', '/board?as=olga'), open('start', '/')])
  const of = (what, size = 'phone') => pages.find((one) => one.what === what && one.size === size).page
  const shoot = async (state, ...whats) => {
    await of('desk').waitForTimeout(400)
    for (const { what, size, page } of pages) {
      if (whats.includes(what)) await page.screenshot({ path: `${ALL}${what}-${state}-${size}-${colorScheme}-${lang}.png` })
    }
  }
  const [desk, client, board] = [of('desk'), of('client'), of('board')]
  await Promise.all([desk.locator('.flip').waitFor(), client.locator('form').waitFor(), board.locator('main').waitFor()])
  await shoot('1-off', 'desk', 'client', 'board', 'start')
  await desk.locator('.flip').click()
  await client.locator('.topic.is-idle').first().waitFor()
  await client.locator('.topic.is-idle', { hasText: 'tax' }).click()
  await shoot('2-idle', 'desk', 'client')
  await client.locator('textarea').fill('May I deduct my bicycle? I ride it to work every day.')
  await client.locator('form button.act').click()
  await desk.locator('.offer').waitFor()
  await shoot('3-asked', 'desk', 'client', 'board')
  await desk.locator('.accept').click()
  await Promise.all([desk, client].map((page) => page.getByRole('log').waitFor()))
  const say = async (page, text) => {
    await page.locator('.composer textarea').fill(text)
    await page.locator('.composer [type=submit]').click()
  }
  await say(client, 'Good morning! May I deduct my bicycle?')
  await desk.locator('.bubble').first().waitFor()
  await say(desk, 'Good morning, Alice. Yes: 30 cents for each kilometre to work.')
  await client.locator('.bubble').nth(1).waitFor()
  await shoot('4-session', 'desk', 'client', 'board', 'start')
  await call(of('client', 'screen'), of('desk', 'screen'))
  await shoot('5-call', 'desk', 'client')
  world.line.cut()
  await client.locator('.line-strip p').waitFor()
  await shoot('6-lost', 'desk', 'client', 'board')
  world.line.mend()
  await Promise.all(pages.filter(({ what }) => what !== 'start').map(({ page }) => page.locator('.line-strip p').waitFor({ state: 'detached' })))
  await client.locator('button.end').click()
  await shoot('7-end', 'client')
  await client.locator('.end-yes').click()
  await Promise.all([desk.locator('.over').waitFor(), client.locator('.over').waitFor()])
  await shoot('8-over', 'desk', 'client', 'board')
  await client.locator('.over .act').click()
  await desk.locator('.over > button.act').click()
  await shoot('9-after', 'desk')
  await desk.locator('.flip').click()
  await of('desk').waitForTimeout(300)
  await Promise.all(pages.map(({ page }) => page.context().close()))
}

/** Makes a video call, and waits until its pictures move. */
async function call(caller, called) {
  await caller.locator('.call-begin button').last().click()
  await called.locator('.answer-video').click()
  await Promise.all([caller, called].map((page) => page.locator('[data-call=talking]').waitFor()))
  await caller.waitForTimeout(1500)
}

/** A busy morning: some employees talk, one is being asked, and the board shows it all. */
async function ofReadme(world) {
  const people = await Promise.all(['Deniz', 'Elif', 'Farid', 'Greta', 'Hana', 'Ivo', 'Kaya'].map((name) => atWork(world, name)))
  for (const client of ['carol', 'dan', 'eve']) await meet(world, client)
  const board = await world.board({ viewport: { width: 1280, height: 820 } })
  const [erika, alice] = await Promise.all(
    [world.desk('erika'), world.client('alice')].map(async (opening) => {
      const person = await opening
      await person.page.setViewportSize({ width: 390, height: 720 })
      return person
    }),
  )
  for (const topic of people) if (topic.state?.status === 'idle') await topic.setStatus('offline')
  await erika.on()
  // The others become idle behind Erika in the line.
  for (const topic of people) if (topic.state?.status === 'offline') await topic.setStatus('idle')
  await alice.ask('tax', 'May I deduct my bicycle? I ride it to work every day.')
  await erika.asked('tax')
  await Promise.all([erika, alice].map(({ page }) => page.waitForTimeout(1500)))
  await erika.page.screenshot({ path: `${README}desk.png` })
  await alice.page.screenshot({ path: `${README}client.png` })
  await board.page.screenshot({ path: `${README}board.png` })
}

/** An employee's phone without a page, which accepts every offer. */
async function atWork(world, name) {
  const id = name.toLowerCase()
  const topic = await world.idleDesk({ name: id })
  topic.on('offer', ({ offer }) => void topic.accept(offer.id).catch(() => {}))
  return topic
}

async function meet(world, client) {
  const company = world.person({ sub: client, role: 'client' }).company(world.company)
  await company.book({ topic: 'travel' })
  await until(company, ({ booking }) => booking?.state === 'assigned')
}
