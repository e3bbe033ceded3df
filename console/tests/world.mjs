// The world of a test: the built server with `--dev`, a line to it that can be cut, and people with browsers.
import assert from 'node:assert/strict'
import { chromium } from 'playwright-core'
import { Server } from '../../tests/phoenix/server.mjs'
import { Line } from './line.mjs'

export const CHROMIUM = process.env.CHROMIUM ?? '/usr/bin/chromium'
/** How long anything may take; an event comes in milliseconds, a line heals in seconds. */
export const PATIENCE_MS = 15_000
export const PHONE = { width: 390, height: 844 }
export const SCREEN = { width: 1280, height: 800 }

/** Chromium without what it would fetch, with cameras and microphones that are made up. */
const ARGUMENTS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--use-fake-device-for-media-stream',
  '--use-fake-ui-for-media-stream',
  '--auto-select-desktop-capture-source=Entire screen',
  '--allow-loopback-in-peer-connection',
]

/** What a page may say on its console: a lost line is said by the browser itself. */
const EXPECTED = /WebSocket connection to|ERR_CONNECTION|ERR_EMPTY_RESPONSE|ERR_INTERNET_DISCONNECTED|ERR_NETWORK|ERR_SOCKET/

/** Starts all of it; when the test ends, everybody leaves, nothing may have gone wrong on any page, and the log is looked at. */
export async function openWorld(t, { env = {} } = {}) {
  const server = await Server.start({ env: { SWITCHBOARD_DEV: 'true', ...env } })
  const line = await Line.open(server.port)
  const browser = await chromium.launch({ executablePath: CHROMIUM, args: ARGUMENTS })
  const world = new World(server, line, browser)
  t.after(() => world.close())
  return world
}

class World {
  constructor(server, line, browser) {
    this.server = server
    this.line = line
    this.browser = browser
    /** What pages said that they must not say, each once. */
    this.complaints = new Set()
  }

  get url() { return `http://127.0.0.1:${this.line.port}` }

  /** A page in a browser of its own: another person, or another device. */
  async page(path, { viewport = SCREEN, base = this.url, ...options } = {}) {
    const context = await this.browser.newContext({ viewport, locale: 'en-GB', ...options })
    context.setDefaultTimeout(PATIENCE_MS)
    const page = await context.newPage()
    this.watch(page)
    await page.goto(base + path)
    return page
  }

  /** Whatever a page complains of fails the test. */
  watch(page) {
    page.on('pageerror', (error) => this.complaints.add(`${page.url()}: ${error.stack}`))
    page.on('console', (message) => {
      if (message.type() === 'error' && !EXPECTED.test(message.text())) this.complaints.add(`${page.url()}: ${message.text()}`)
    })
  }

  async desk(who, options) { return new Desk(await this.page(`/desk?as=${who}`, { viewport: PHONE, ...options })) }
  async client(who, options) { return new Client(await this.page(`/book/demo?as=${who}`, { viewport: PHONE, ...options })) }
  async board(options) { return new Board(await this.page('/board?as=olga', options)) }

  async close() {
    await this.browser.close()
    await this.line.close()
    try {
      await this.server.stop()
      this.server.assertNoErrors()
      assert.deepEqual([...this.complaints], [], 'a page complained')
    } finally {
      await this.server.remove()
    }
  }
}

/** What everybody in a session can do. */
class Party {
  constructor(page) { this.page = page }

  find(role, name) { return this.page.getByRole(role, { name }) }
  get log() { return this.page.getByRole('log') }

  async sees(text) { await this.page.getByText(text).first().waitFor() }
  get writing() { return this.page.getByRole('textbox', { name: 'Message', exact: true }) }
  async say(text) {
    await this.writing.fill(text)
    // On a phone Enter begins a new line; the button sends everywhere.
    await this.page.getByRole('button', { name: 'Send', exact: true }).click()
  }
  async hears(text) { await this.log.locator('.bubble', { hasText: text }).first().waitFor() }

  /** All that was said, in order. */
  async said() { return this.log.locator('.bubble').allInnerTexts() }

  /** What has become of the last message of one's own. */
  async lastIs(delivery) { await this.log.locator('.is-own .mark').last().filter({ hasText: delivery }).waitFor() }

  async callByVideo() { await this.find('button', 'Video call').click() }
  async answer() { await this.find('button', 'Answer with camera').click() }

  /** That many frames of the other's picture were shown from now on. */
  async seesFrames(count) {
    await this.page.locator('[data-call=talking]').waitFor()
    await this.page.locator('video.remote').evaluate((video, wanted) => new Promise((resolve) => {
      const next = () => (wanted-- > 0 ? video.requestVideoFrameCallback(next) : resolve())
      next()
    }), count)
  }

  async end() {
    await this.page.getByRole('button', { name: 'End', exact: true }).click()
    await this.page.getByRole('button', { name: 'End session' }).click()
  }
}

export class Desk extends Party {
  get switch() { return this.page.getByRole('switch', { name: 'Take requests' }) }

  async on() {
    await this.switch.click()
    await this.is('Idle')
  }
  async is(status) { await this.page.locator('.switch .lamp', { hasText: status }).waitFor({ state: 'attached' }) }
  async asked(topic) { await this.find('heading', `Request: ${topic}`).waitFor() }
  async accept() { await this.find('button', 'Accept').click() }
  async decline() { await this.find('button', 'Decline').click() }
  async inSession() { await this.log.waitFor() }
}

export class Client extends Party {
  async ask(topic, question) {
    await this.page.locator('.topic.is-idle', { hasText: topic }).click()
    if (question) await this.page.getByRole('textbox', { name: 'Your question' }).fill(question)
    await this.find('button', 'Ask now').click()
  }
  async waits(text) { await this.find('heading', text).waitFor() }
  async inSession() { await this.log.waitFor() }
  async isOver(text) { await this.find('heading', text).waitFor() }
}

export class Board extends Party {
  row(name) { return this.page.locator('.rows-row', { hasText: name }).first() }
}
