// The server under test: start, stop, kill, restart; tokens for it; its HTTP side; a socket that works with frames.
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { createHmac } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import WebSocket from 'ws'
import { eventually, Inbox, PATIENCE_MS, within } from './inbox.mjs'
import { freePort } from './ports.mjs'

export const SECRET = 'a-secret-of-the-end-to-end-suite-0123456789abcdef'
export const API_KEY = 'an-api-key-of-the-end-to-end-suite-0123456789'
export const BINARY = process.env.SWITCHBOARD_BIN ?? fileURLToPath(new URL('../../target/debug/switchboard', import.meta.url))
/**
 * A start loads what is open: unoptimised code takes 20 s for a hundred thousand employees, and longer on a busy
 * machine.
 */
const START_LIMIT_MS = 10 * PATIENCE_MS
/** A stop closes the sockets one after another, over up to 8 s. */
const STOP_LIMIT_MS = 2 * PATIENCE_MS

/** All child processes, so that none is left behind. */
const children = new Set()

export class Server {
  static async start({ env = {} } = {}) {
    const server = new Server(await mkdtemp(join(tmpdir(), 'switchboard-e2e-')), env)
    await server.launch(await freePort()).catch(async (error) => {
      await server.remove()
      throw error
    })
    return server
  }

  constructor(data, env) {
    this.data = data
    this.env = env
    this.log = ''
  }

  async launch(port) {
    const run = runSwitchboard(['serve', '--listen', `127.0.0.1:${port}`, '--data', this.data], {
      SWITCHBOARD_JWT_SECRET: SECRET,
      SWITCHBOARD_API_KEY: API_KEY,
      ...this.env,
    })
    run.onLog = (text) => (this.log += text)
    this.run = run
    this.mayEnd = false
    const said = () => `no listening line from ${BINARY}; stdout: ${run.stdout}; stderr: ${run.stderr}`
    this.port = await within(START_LIMIT_MS, said, (resolve, reject) => {
      run.onPrint = () => {
        const line = /^(?:switchboard: |\{.*"message":")listening on http:\/\/127\.0\.0\.1:(\d+)(?:".*\})?$/m.exec(run.stdout)
        if (line) resolve(Number(line[1]))
      }
      run.exited.then((exit) => reject(new Error(`the server ended at start: ${JSON.stringify(exit)}: ${run.stderr}`)))
      return () => run.child.kill('SIGKILL')
    })
  }

  get url() { return `http://127.0.0.1:${this.port}` }
  get socketUrl() { return `ws://127.0.0.1:${this.port}/socket` }

  signal(name) { this.run.child.kill(name) }

  /** How the server ended; a caller that waits for the end expects it. */
  async exit() {
    this.mayEnd = true
    const said = () => `the server did not end; its last log lines: ${this.log.slice(-2000)}`
    return within(STOP_LIMIT_MS, said, (resolve) => void this.run.exited.then(resolve))
  }

  async stop() {
    if (this.run.ended) {
      assert.ok(this.mayEnd, `the server ended by itself; its last log lines: ${this.log.slice(-2000)}`)
      return
    }
    this.signal('SIGTERM')
    try {
      assert.deepEqual(await this.exit(), { code: 0, signal: null }, 'a clean stop exits with 0')
    } finally {
      this.signal('SIGKILL')
    }
  }

  async kill() {
    this.signal('SIGKILL')
    await this.exit()
  }

  /** Starts again with the same data and port, so that clients reconnect by themselves. */
  async restart() { await this.launch(this.port) }

  /** Waits until the log matches, because a thread of its own writes the log, after the answer. */
  logged(pattern) {
    return eventually(() => `the log says ${pattern}: ${this.log.slice(-2000)}`, () => this.log.match(pattern))
  }

  assertNoErrors() {
    const errors = this.log.split('\n').filter((line) => line.includes(' ERROR '))
    assert.deepEqual(errors, [], 'the log holds ERROR lines')
  }

  async remove() { await rm(this.data, { recursive: true, force: true }) }

  async http(method, path, body, { key = API_KEY } = {}) {
    const answer = await fetch(this.url + path, {
      method,
      headers: {
        ...(key ? { authorization: `Bearer ${key}` } : {}),
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      body: body === undefined ? undefined : JSON.stringify(body),
      signal: AbortSignal.timeout(PATIENCE_MS),
    })
    const text = await answer.text()
    const type = answer.headers.get('content-type') ?? ''
    return { status: answer.status, type, body: /\bjson\b|\+json/.test(type) && text ? JSON.parse(text) : text }
  }

  /** The body of an answer that must be a success. */
  async ask(method, path, body) {
    const answer = await this.http(method, path, body)
    assert.ok(answer.status < 300, `${method} ${path} answered ${answer.status}: ${JSON.stringify(answer.body)}`)
    return answer.body
  }

  /** Sends a request that must fail with this status and reason as problem+json; returns the problem. */
  async refused(status, reason, method, path, body, options) {
    const answer = await this.http(method, path, body, options)
    const said = `${method} ${path} answered ${answer.status}: ${JSON.stringify(answer.body)}`
    assert.equal(answer.status, status, said)
    assert.match(answer.type, /^application\/problem\+json/, said)
    for (const field of ['type', 'title', 'detail']) assert.equal(typeof answer.body[field], 'string', `${field} in ${said}`)
    assert.equal(answer.body.status, status, said)
    assert.equal(answer.body.reason, reason, said)
    return answer.body
  }
}

/** Runs the binary and collects its output. Of the settings only `settings` reach it. */
export function runSwitchboard(args, settings) {
  const others = Object.entries(process.env).filter(([name]) => !name.startsWith('SWITCHBOARD_'))
  const env = { ...Object.fromEntries(others), ...settings }
  const child = spawn(BINARY, args, { env, stdio: ['ignore', 'pipe', 'pipe'] })
  endsWithUs(child)
  const run = { child, stdout: '', stderr: '', ended: false, onPrint: () => {}, onLog: () => {} }
  child.stdout.setEncoding('utf8').on('data', (text) => {
    run.stdout += text
    run.onPrint()
  })
  child.stderr.setEncoding('utf8').on('data', (text) => {
    run.stderr += text
    run.onLog(text)
  })
  run.exited = new Promise((resolve) => {
    child.once('error', (error) => resolve({ code: null, signal: null, error: error.message }))
    child.once('close', (code, signal) => resolve({ code, signal }))
  })
  run.exited.then(() => (run.ended = true))
  return run
}

/** Ends the child with this process, also when a signal ends this process in the middle of a test. */
function endsWithUs(child) {
  if (children.size === 0) {
    process.on('exit', () => children.forEach((one) => one.kill('SIGKILL')))
    for (const [signal, code] of [['SIGINT', 130], ['SIGTERM', 143]]) process.on(signal, () => process.exit(code))
  }
  children.add(child)
}

/** An HS256 token. `claims` may replace everything, also by undefined; `header` and `secret` make invalid ones. */
export function token(claims, { secret = SECRET, header = {}, lifeSeconds = 3600 } = {}) {
  const encode = (part) => Buffer.from(JSON.stringify(part)).toString('base64url')
  const head = { alg: 'HS256', typ: 'JWT', ...header }
  const iat = Date.now() / 1000
  const exp = Math.floor(iat) + lifeSeconds
  const signed = `${encode(head)}.${encode({ iat, exp, ...claims })}`
  const signature = head.alg === 'none' ? '' : createHmac('sha256', secret).update(signed).digest('base64url')
  return `${signed}.${signature}`
}

/**
 * One WebSocket that works with frames. Frames of vsn 2.0.0 are arrays, of 1.0.0 objects; both are kept as they came.
 */
export class RawSocket {
  static async open(server, bearer, { vsn = '2.0.0', protocols = [], query = {} } = {}) {
    const raw = new RawSocket(socketAddress(server, bearer, vsn, query), protocols)
    await within(PATIENCE_MS, () => 'the socket did not open', (resolve, reject) => {
      raw.ws.once('open', resolve)
      raw.ws.once('error', reject)
    })
    return raw
  }

  constructor(address, protocols) {
    this.inbox = new Inbox('raw socket')
    this.ws = new WebSocket(address, protocols)
    this.ws.on('message', (data) => this.inbox.add(JSON.parse(data.toString())))
    this.ws.on('error', () => {})
    this.ws.on('close', (code, reason) => {
      this.close = { code, reason: reason.toString() }
      this.inbox.add({ closed: this.close })
    })
  }

  send(frame) { this.ws.send(typeof frame === 'string' ? frame : JSON.stringify(frame)) }

  /** The next frame of vsn 2.0.0 with this event, on this topic if one is given. */
  next(event, topic) {
    const wanted = (frame) => frame[3] === event && (topic === undefined || frame[2] === topic)
    return this.inbox.take(wanted, `frame ${event} on ${topic ?? 'any topic'}`)
  }

  /** The reply of vsn 2.0.0 to this ref; the type of the ref matters. */
  reply(ref) {
    return this.inbox.take((frame) => frame[3] === 'phx_reply' && frame[1] === ref, `reply to ${JSON.stringify(ref)}`)
  }

  async ask(frame) {
    this.send(frame)
    return this.reply(frame[1])
  }

  async heartbeat(ref = `beat-${Date.now()}`) {
    const reply = await this.ask([null, ref, 'phoenix', 'heartbeat', {}])
    assert.deepEqual(reply, [null, ref, 'phoenix', 'phx_reply', { status: 'ok', response: {} }])
  }

  async closed(timeoutMs = PATIENCE_MS) {
    return (await this.inbox.take((frame) => frame.closed, 'close', timeoutMs)).closed
  }

  /** Makes the device read nothing, so that it answers no ping; its connection stays. */
  stopReading() { this.ws.pause() }
  readAgain() { this.ws.resume() }

  drop() { this.ws.terminate() }
}

function socketAddress(server, bearer, vsn, query) {
  const params = new URLSearchParams({ vsn, ...(bearer === undefined ? {} : { token: bearer }), ...query })
  return `${server.socketUrl}/websocket?${params}`
}

/** The HTTP status of an upgrade that must be refused. */
export async function refusedUpgrade(server, bearer, { vsn = '2.0.0', protocols = [], query = {} } = {}) {
  const ws = new WebSocket(socketAddress(server, bearer, vsn, query), protocols)
  ws.on('error', () => {})
  return within(PATIENCE_MS, () => 'the upgrade was neither refused nor answered', (resolve, reject) => {
    ws.once('unexpected-response', (request, response) => {
      resolve(response.statusCode)
      request.destroy()
    })
    ws.once('open', () => {
      ws.terminate()
      reject(new Error('the upgrade was not refused'))
    })
  })
}
