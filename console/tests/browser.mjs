// The browsers of these tests: Chromium, with cameras and microphones that are made up, for each test file its own.
import { existsSync } from 'node:fs'
import { after } from 'node:test'
import { chromium } from 'playwright-core'

/** A phone and a screen. */
export const PHONE = { width: 390, height: 844 }
export const SCREEN = { width: 1280, height: 800 }

/** Without what it would fetch by itself. */
const ARGUMENTS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--use-fake-device-for-media-stream=fps=10',
  '--use-fake-ui-for-media-stream',
  '--auto-select-desktop-capture-source=Entire screen',
  '--allow-loopback-in-peer-connection',
]

/** What a page may say on its console: a lost line is said by the browser itself. */
const EXPECTED = /WebSocket connection to|ERR_(CONNECTION|EMPTY_RESPONSE|INTERNET_DISCONNECTED|NETWORK|SOCKET)/

const WHOLE = process.env.CHROMIUM ?? '/usr/bin/chromium'
/** The same engine without the windows of a browser: a page takes less than half of the processor's time. */
const SHELL = '/usr/bin/chromium-headless-shell'

const launched = new Map()

/** The browser; it starts when it is first needed, and ends with the file's last test. */
export function browser() {
  return started(!process.env.CHROMIUM && existsSync(SHELL) ? SHELL : WHOLE)
}

/** The browser with all that the engine alone has not: notifications that are shown, and pages that can be installed. */
export function wholeBrowser() {
  return started(WHOLE)
}

function started(executablePath) {
  if (!launched.has(executablePath)) launched.set(executablePath, chromium.launch(launchOf(executablePath)))
  return launched.get(executablePath)
}

function launchOf(executablePath) {
  return { executablePath, args: ARGUMENTS, timeout: 120_000 }
}

/** A browser that keeps what browsers keep, in a directory of its own. */
export function keepingBrowser(profile) {
  return chromium.launchPersistentContext(profile, launchOf(WHOLE))
}

after(async () => {
  for (const started of launched.values()) await (await started).close()
})

/** Adds whatever a page complains of to these. */
export function watch(page, complaints) {
  page.on('pageerror', (error) => complaints.add(`${page.url()}: ${error.stack}`))
  page.on('console', (message) => {
    const text = message.text()
    if (message.type() === 'error' && !EXPECTED.test(text)) complaints.add(`${page.url()}: ${text}`)
  })
}
