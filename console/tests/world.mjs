// The world of a test: the built server with `--dev`, a connection to it that can be cut, and people with browsers.
import assert from 'node:assert/strict'
import { House, until } from '../client/tests/people.mjs'
import { unhurried } from '../../tests/phoenix/people.mjs'
import { Server } from '../../tests/phoenix/server.mjs'
import { browser, PHONE, SCREEN, watch, wholeBrowser } from './browser.mjs'
import { press } from './stage.mjs'

export { PHONE, SCREEN, until }
/**
 * The longest wait for anything: an event comes in milliseconds, a connection recovers in seconds, a busy machine needs
 * longer.
 */
export const PATIENCE_MS = 60_000

/** Polls an asynchronous check in a page until it is true, because `waitForFunction` takes any promise for true. */
export async function untilTrue(page, look, arg) {
  const endsAt = performance.now() + PATIENCE_MS
  while (!(await page.evaluate(look, arg))) {
    assert.ok(performance.now() < endsAt, `${page.url()}: ${look} stayed false`)
    await page.waitForTimeout(50)
  }
}

/** In a page, before its own scripts: counts the notifications that the page has shown. */
export function countShown() {
  globalThis.shown = 0
  const { showNotification } = ServiceWorkerRegistration.prototype
  ServiceWorkerRegistration.prototype.showNotification = async function (...given) {
    await showNotification.apply(this, given)
    globalThis.shown += 1
  }
}

/**
 * Waits until a desk's page has shown so many notifications, and so many of these are left. The list is read only after
 * the last one was shown, because Chromium loses a notification that is about to show when the list is read.
 */
export async function notified(page, { shown, left }) {
  await page.waitForFunction((shown) => globalThis.shown === shown, shown)
  await untilTrue(page, async (left) => {
    const registration = await navigator.serviceWorker.getRegistration('/desk')
    return (await registration.getNotifications()).length === left
  }, left)
}

/**
 * Starts the server and a browser, a `whole` one where the test needs it. When the test ends, all people leave, and the
 * test fails if a page has logged an error other than `expected`, or if the server's log has one.
 */
export async function openWorld(t, { env = {}, expected, whole = false } = {}) {
  const launch = whole ? wholeBrowser : browser
  const [server] = await Promise.all([Server.start({ env: { SWITCHBOARD_DEV: 'true', ...env } }), launch()])
  const world = new World(server, expected, launch)
  t.after(() => world.close())
  await server.ask('PATCH', '/v1/companies/demo', { settings: unhurried({ offer_timeout_ms: PATIENCE_MS }) })
  world.line = await world.relay()
  return world
}

/** The demo's company, whose people have pages, phones without pages, or both. */
class World extends House {
  contexts = []
  /** Errors logged by pages, each once. */
  complaints = new Set()

  constructor(server, expected, browser) {
    super(server, 'demo')
    this.expected = expected
    this.browser = browser
  }

  get url() { return this.line.url }

  /** A browser context of its own, for another person or another device. */
  async context({ viewport = SCREEN, ...options } = {}) {
    const context = await (await this.browser()).newContext({ viewport, locale: 'en-GB', ...options })
    this.contexts.push(context)
    context.setDefaultTimeout(PATIENCE_MS)
    // Each error of a page fails the test; a page may open others.
    context.on('page', (page) => watch(page, this.complaints))
    return context
  }

  /**
   * A page in a browser context of its own. `base` is another URL to the server; `prepare` runs before the page's
   * scripts.
   */
  async page(path, { base = this.url, prepare = [], ...options } = {}) {
    const page = await (await this.context(options)).newPage()
    for (const script of prepare) await page.addInitScript(script)
    await page.goto(base + path)
    return page
  }

  async desk(who, options) {
    return new Desk(await this.page(`/desk?as=${who}`, { viewport: PHONE, ...options }))
  }
  async client(who, options) {
    return new Client(await this.page(`/book/demo?as=${who}`, { viewport: PHONE, ...options }))
  }
  async board(options) { return new Board(await this.page('/board?as=olga', options)) }

  /**
   * Puts Erika and Alice into a session, and returns functions that open pages of theirs, which show the session at
   * once.
   */
  async session() {
    const desk = await this.idleDesk({ name: 'erika' })
    const alice = this.person({ sub: 'alice', role: 'client' })
    await alice.company('demo').book({ topic: 'tax' })
    await desk.accept((await until(desk, ({ offer }) => offer)).offer.id)
    for (const person of this.people.splice(0)) person.disconnect()
    const shown = async (opening) => {
      const person = await opening
      await person.inSession()
      return person
    }
    return {
      client: (options) => shown(this.client('alice', { viewport: SCREEN, ...options })),
      desk: (options) => shown(this.desk('erika', { viewport: SCREEN, ...options })),
    }
  }

  async close() {
    await Promise.all(this.contexts.map((context) => context.close()))
    await super.close()
    const complaints = [...this.complaints].filter((complaint) => !this.expected?.test(complaint))
    assert.deepEqual(complaints, [], 'a page complained')
  }
}

/** The actions of each side in a session. */
class Party {
  constructor(page) { this.page = page }

  find(role, name) { return this.page.getByRole(role, { name, exact: true }) }
  get log() { return this.page.getByRole('log') }

  /** Presses a button where it stands: nothing scrolls to it, and nothing may cover it. */
  async press(name) { await press(this.find('button', name)) }
  async sees(text) { await this.page.getByText(text).first().waitFor() }
  async inSession() { await this.log.waitFor() }

  get writing() { return this.find('textbox', 'Message') }
  async say(text) {
    await this.writing.fill(text)
    // On a phone Enter begins a new line; the button sends everywhere.
    await this.press('Send')
  }
  async hears(text) { await this.log.locator('.bubble', { hasText: text }).first().waitFor() }

  /** All messages, in order. */
  async said() { return this.log.locator('.bubble:not(.question)').allInnerTexts() }

  /** Waits until one's own last message has that delivery mark. */
  async lastIs(delivery) { await this.log.locator('.is-own .mark').last().filter({ hasText: delivery }).waitFor() }

  /** The page says that the connection is lost, and that it is back. */
  async isLost() { await this.page.locator('.line-strip p').waitFor() }
  async isBack() { await this.page.locator('.line-strip p').waitFor({ state: 'detached' }) }

  /** Leaves the page, and opens it again in the same tab after `meanwhile`. */
  async comesBackAfter(meanwhile) {
    const address = this.page.url()
    await this.page.goto('about:blank')
    await meanwhile()
    await this.page.goto(address)
    await this.inSession()
  }

  async callByVideo() { await this.press('Video call') }
  async answer() { await this.press('Answer with camera') }

  /** Waits until the call has that state: `calling`, `ringing`, `talking`, `ended`, `none`. */
  async callIs(state) {
    const waitFor = { state: state === 'none' ? 'attached' : 'visible' }
    await this.page.locator(`[data-call="${state}"]`).waitFor(waitFor)
  }

  /** Waits for so many new frames of the peer's picture, whichever element shows them. */
  async seesFrames(count = 5) {
    await this.page.evaluate(async ({ count, limitMs }) => {
      const frame = () => new Promise((resolve) => {
        const video = document.querySelector('video.remote')
        if (video?.srcObject) video.requestVideoFrameCallback(() => resolve(true))
        // A replaced element shows no more frames: the next round finds its successor.
        setTimeout(resolve, 500)
      })
      const endsAt = performance.now() + limitMs
      for (let seen = 0; seen < count; seen += (await frame()) ? 1 : 0) {
        if (performance.now() > endsAt) throw new Error(`${seen} frames of the other have arrived`)
      }
    }, { count, limitMs: 2 * PATIENCE_MS })
  }

  async end() {
    await this.press('End')
    await this.press('End session')
  }
}

export class Desk extends Party {
  get switch() { return this.find('switch', 'Take requests') }

  async on() {
    await press(this.switch)
    await this.is('Available')
  }
  async is(status) { await this.page.locator('.switch .lamp', { hasText: status }).waitFor({ state: 'attached' }) }
  async asked(topic) { await this.find('heading', `Request: ${topic}`).waitFor() }
  async accept() { await press(this.page.locator('.accept')) }
  async decline() { await press(this.page.locator('.decline')) }
}

export class Client extends Party {
  async ask(topic, question) {
    await press(this.page.locator('.topic.is-idle', { hasText: topic }))
    if (question) await this.page.getByRole('textbox', { name: 'Your question' }).fill(question)
    await this.press('Ask now')
  }
  async waits(text) { await this.page.getByRole('heading', { name: text }).waitFor() }
  async isOver(text) { await this.page.getByRole('heading', { name: text }).waitFor() }
}

export class Board extends Party {
  row(name) { return this.page.locator('.rows-row', { hasText: name }).first() }
}
