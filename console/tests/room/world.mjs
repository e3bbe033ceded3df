// What the room's tests stand on: a server, a session on it, a line that can be cut, and a browser with two people.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createReadStream, existsSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import http from 'node:http'
import net from 'node:net'
import { tmpdir } from 'node:os'
import { extname, join } from 'node:path'
import { createInterface } from 'node:readline'
import { chromium } from 'playwright-core'
import { Switchboard } from 'switchboard-client'
import { build } from 'vite'
import WebSocket from 'ws'

const PATIENCE_MS = 10_000
const HERE = import.meta.dirname
const ROOM = join(HERE, 'room.html')
const BINARY = process.env.SWITCHBOARD_BIN ?? join(HERE, '../../../target/debug/switchboard')
/** Without what the tests are told: to the server `SWITCHBOARD_…` is a setting. */
const { SWITCHBOARD_BIN: _, ...ENVIRONMENT } = process.env
const BROWSER = process.env.CHROMIUM ?? '/usr/bin/chromium'
const BROWSER_ARGS = [
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

/** Starts all of it; `close` ends all of it. */
export async function world() {
  const place = await mkdtemp(join(tmpdir(), 'switchboard-room-'))
  const [server, pages, browser] = await Promise.all([
    serve(join(place, 'data')),
    servePages(join(place, 'pages')),
    chromium.launch({ executablePath: BROWSER, args: BROWSER_ARGS }),
  ])
  return {
    ...server,
    browser,
    pages: pages.url,
    close: async () => {
      await browser.close()
      await pages.close()
      server.stop()
      await rm(place, { recursive: true, force: true })
    },
  }
}

/** A session between a client and an employee of the test's own, and how pages come to it; they go with the test. */
export async function session({ url, token, browser, pages }, name, t) {
  const opened = []
  t.after(() => Promise.all(opened.map((context) => context.close())))
  const [client, employee] = [`client-${name}`, `employee-${name}`]
  const tokens = {
    client: await token('client', client, `company-${name}`),
    employee: await token('employee', employee, `company-${name}`),
  }
  const started = await assigned(url, tokens, employee, `company-${name}`)
  const other = { client: 'Erika Sample', employee: 'Alice' }
  return {
    id: started.id,
    /** A page of one side; `over` is another way to the server. */
    page: async (side, { over = url, note, lang = 'en', prepare, ...options } = {}) => {
      const device = await browser.newContext({ viewport: { width: 1280, height: 800 }, ...options })
      opened.push(device)
      const page = await device.newPage()
      page.on('pageerror', (error) => assertNot(error))
      page.setDefaultTimeout(PATIENCE_MS)
      // The connections that the page makes, for who looks at them.
      await page.addInitScript(() => {
        globalThis.connections = []
        globalThis.RTCPeerConnection = class extends RTCPeerConnection {
          constructor(...given) {
            super(...given)
            connections.push(this)
          }
        }
      })
      if (prepare) await page.addInitScript(prepare)
      const who = { session: started.id, side, other: other[side], lang }
      const asked = new URLSearchParams({ url: over, token: tokens[side], ...who })
      if (note) asked.set('note', JSON.stringify(note))
      await page.goto(`${pages}/room.html?${asked}`)
      await page.locator('.consultation:not(.is-opening)').waitFor()
      return page
    },
  }
}

/** A line to the server that can be cut and mended, or held up. */
export async function relay(url) {
  const { port } = new URL(url.replace(/^ws/, 'http'))
  const open = new Map()
  let isCut = false
  const server = net.createServer((near) => {
    if (isCut) return near.destroy()
    const far = net.connect(Number(port), '127.0.0.1')
    for (const [one, other] of [[near, far], [far, near]]) {
      open.set(one, other)
      one.pipe(other)
      one.on('error', () => other.destroy())
      one.on('close', () => (open.delete(one), other.destroy()))
    }
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    url: `ws://127.0.0.1:${server.address().port}/socket`,
    cut: () => {
      isCut = true
      for (const socket of open.keys()) socket.destroy()
    },
    mend: () => (isCut = false),
    /** What goes through meanwhile arrives after it. */
    hold: async (meanwhile) => {
      for (const [one, other] of open) one.unpipe(other)
      await meanwhile()
      for (const [one, other] of open) one.pipe(other)
    },
    close: () => {
      for (const socket of open.keys()) socket.destroy()
      server.close()
    },
  }
}

/** A module of the pages that needs no page, as the tests of its rules use it. */
export async function rules(name) {
  return import(`data:text/javascript,${encodeURIComponent(await source(name))}`)
}

/** What a browser would run of such a module. */
export async function source(name) {
  const entry = join(HERE, '../../src/session', name)
  const { output } = (await build({
    configFile: false,
    logLevel: 'error',
    build: { write: false, minify: false, target: 'es2022', lib: { entry, formats: ['es'] } },
  }))[0]
  return output[0].code
}

function assertNot(error) {
  process.exitCode = 1
  console.error('in the page:', error)
}

async function serve(data) {
  if (!existsSync(BINARY)) throw new Error(`\`${BINARY}\` is not there: cargo build -p switchboard`)
  const child = spawn(BINARY, ['serve', '--dev', '--data', data, '--listen', '127.0.0.1:0'], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: ENVIRONMENT,
  })
  child.stderr.resume()
  const address = await new Promise((resolve, reject) => {
    createInterface({ input: child.stdout }).on('line', (line) => {
      const found = /listening on http:\/\/(\S+)/.exec(line)
      if (found) resolve(found[1])
    })
    child.on('exit', (code) => reject(new Error(`the server ended with ${code}`)))
  })
  return {
    url: `ws://${address}/socket`,
    token: (role, sub, company) => made(['token', '--data', data, '--role', role, '--sub', sub, '--company', company]),
    stop: () => child.kill('SIGTERM'),
  }
}

async function made(args) {
  const child = spawn(BINARY, args, { stdio: ['ignore', 'pipe', 'inherit'], env: ENVIRONMENT })
  let text = ''
  child.stdout.on('data', (part) => (text += part))
  await once(child, 'close')
  return text.trim()
}

async function assigned(url, tokens, employee, company) {
  const person = (token) => {
    const switchboard = new Switchboard(url, { token: () => token, transport: WebSocket })
    switchboard.connect()
    return switchboard
  }
  const [atDesk, atHome] = [person(tokens.employee), person(tokens.client)]
  const desk = atDesk.employee(company, employee)
  const offered = until(desk, (state) => state?.offer)
  await desk.setStatus('idle')
  await atHome.company(company).book({ topic: 'tax' })
  const started = await desk.accept((await offered).id)
  atDesk.disconnect()
  atHome.disconnect()
  return started
}

function until(topic, wanted) {
  return new Promise((resolve) => {
    const look = () => wanted(topic.state) && (stop(), resolve(wanted(topic.state)))
    const stop = topic.subscribe(look)
  })
}

const TYPES = { '.html': 'text/html', '.js': 'text/javascript', '.css': 'text/css', '.woff2': 'font/woff2' }

async function servePages(into) {
  await build({
    root: HERE,
    configFile: false,
    logLevel: 'error',
    oxc: { jsx: { runtime: 'automatic', importSource: 'preact' } },
    build: { outDir: into, emptyOutDir: true, target: 'es2022', minify: false, rolldownOptions: { input: ROOM } },
  })
  const server = http.createServer((request, response) => {
    const file = join(into, new URL(request.url, 'http://here').pathname)
    if (!existsSync(file)) return response.writeHead(404).end()
    response.writeHead(200, { 'content-type': TYPES[extname(file)] ?? 'application/octet-stream' })
    createReadStream(file).pipe(response)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return { url: `http://127.0.0.1:${server.address().port}`, close: () => new Promise((done) => server.close(done)) }
}

