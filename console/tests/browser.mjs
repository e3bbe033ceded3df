// The browsers of these tests: Chromium with fake cameras and microphones, one for each test file.
import { existsSync } from 'node:fs'
import { after } from 'node:test'
import { chromium } from 'playwright-core'

/** The window sizes of a phone and a screen. */
export const PHONE = { width: 390, height: 844 }
export const SCREEN = { width: 1280, height: 800 }

/** Arguments of Chromium, which also turn off its own network requests. */
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

/** Errors allowed on a page's console: the browser itself reports a lost connection. */
const EXPECTED = /WebSocket connection to|ERR_(CONNECTION|EMPTY_RESPONSE|INTERNET_DISCONNECTED|NETWORK|SOCKET)/

const WHOLE = process.env.CHROMIUM ?? '/usr/bin/chromium'
/** The same engine without browser windows: a page takes less than half of the CPU time. */
const SHELL = '/usr/bin/chromium-headless-shell'

const launched = new Map()

/** The browser, which starts at its first use, and ends with the file's last test. */
export function browser() {
  return started(!process.env.CHROMIUM && existsSync(SHELL) ? SHELL : WHOLE)
}

/** The full browser, for features missing in the engine alone: shown notifications and installable pages. */
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

/** A browser that keeps its data, in a directory of its own. */
export function keepingBrowser(profile) {
  return chromium.launchPersistentContext(profile, launchOf(WHOLE))
}

after(async () => {
  for (const started of launched.values()) await (await started).close()
})

/** Collects a page's errors in `complaints`. */
export function watch(page, complaints) {
  page.on('pageerror', (error) => complaints.add(`${page.url()}: ${error.stack}`))
  page.on('console', (message) => {
    const text = message.text()
    if (message.type() === 'error' && !EXPECTED.test(text)) complaints.add(`${page.url()}: ${text}`)
  })
}
