// A server with its pages for the tests of the board: its tokens, its API, and devices that speak in plain frames.
import { spawn } from 'node:child_process'
import { createHmac } from 'node:crypto'
import { once } from 'node:events'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import WebSocket from 'ws'

const BINARY = process.env.SWITCHBOARD_BIN ?? fileURLToPath(new URL('../../target/debug/switchboard', import.meta.url))
/** A script that serves the pages before the server, for a binary that was built without them. */
const FRONT = process.env.SWITCHBOARD_FRONT
const LISTENING = /listening on (http:\/\/127\.0\.0\.1:\d+)/
const START_LIMIT_MS = 15_000
const ANSWER_LIMIT_MS = 10_000

/** A server of its own with `--dev`. */
export class House {
  #started = []
  #devices = []

  static async start() {
    const house = new House()
    house.data = await mkdtemp(join(tmpdir(), 'switchboard-board-'))
    try {
      house.server = await house.#run(BINARY, ['serve', '--dev', '--listen', '127.0.0.1:0', '--data', house.data])
      house.pages = FRONT ? await house.#run(process.execPath, [FRONT, house.server, house.data]) : house.server
      house.secret = (await readFile(join(house.data, 'dev-jwt-secret'), 'utf8')).trim()
      house.key = (await readFile(join(house.data, 'dev-api-key'), 'utf8')).trim()
    } catch (error) {
      await house.stop()
      throw error
    }
    return house
  }

  /** A token as the app's back end would sign it. */
  token(role, sub, more = {}) {
    const part = (value) => Buffer.from(JSON.stringify(value)).toString('base64url')
    const exp = Math.floor(Date.now() / 1000) + 3600
    const said = `${part({ alg: 'HS256', typ: 'JWT' })}.${part({ role, sub, company: 'demo', exp, ...more })}`
    return `${said}.${createHmac('sha256', this.secret).update(said).digest('base64url')}`
  }

  /** Asks the API with the key of all rights. */
  async api(method, path, body, headers = {}) {
    const answer = await fetch(`${this.server}/v1/companies${path}`, {
      method,
      headers: { authorization: `Bearer ${this.key}`, ...headers },
      ...(body !== undefined && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    })
    const text = await answer.text()
    if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${text}`)
    return text ? JSON.parse(text) : undefined
  }

  /** A device of somebody, on their own topic. */
  async device(role, id, { company = 'demo', ...more } = {}) {
    const topic = role === 'employee' ? `employee:${company}:${id}` : `company:${company}`
    const device = new Device(this.server.replace('http', 'ws'), this.token(role, id, { company, ...more }))
    this.#devices.push(device)
    await device.join(topic)
    return device
  }

  async stop() {
    for (const device of this.#devices) device.close()
    for (const { child, exited } of this.#started.reverse()) {
      child.kill('SIGTERM')
      const late = setTimeout(() => child.kill('SIGKILL'), ANSWER_LIMIT_MS)
      await exited
      clearTimeout(late)
    }
    if (this.data) await rm(this.data, { recursive: true, force: true })
  }

  async #run(command, args) {
    // Variables of ours would be settings of the server's.
    const { PATH, HOME } = process.env
    const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'], env: { PATH, HOME } })
    const exited = once(child, 'exit')
    this.#started.push({ child, exited })
    let log = ''
    child.stderr.on('data', (text) => (log += text))
    const listening = (async () => {
      for await (const line of createInterface({ input: child.stdout })) {
        const address = LISTENING.exec(line)?.[1]
        if (address) return address
      }
      throw new Error(`${command} ended before it listened: ${log}`)
    })()
    return within(START_LIMIT_MS, listening, () => `${command} does not listen: ${log}`)
  }
}

/** One socket with one topic. A pong, the proof of delivery, is sent by the library. */
class Device {
  #socket
  #topic
  #ref = 0
  #answers = new Map()
  #heard = []
  #waiting = new Set()

  constructor(base, token) {
    this.#socket = new WebSocket(`${base}/socket/websocket?vsn=2.0.0&token=${token}`)
    this.#socket.on('message', (frame) => this.#hear(JSON.parse(frame)))
  }

  async join(topic) {
    this.#topic = topic
    await once(this.#socket, 'open')
    this.joined = await this.ask('phx_join', {})
  }

  /** Pushes, and waits for the answer. */
  ask(event, payload) {
    const ref = String(++this.#ref)
    const answer = new Promise((resolve, reject) => this.#answers.set(ref, { resolve, reject, event }))
    this.#socket.send(JSON.stringify(['1', ref, this.#topic, event, payload]))
    return within(ANSWER_LIMIT_MS, answer, () => `no answer to ${event} on ${this.#topic}`)
  }

  /** The next event of that name that nobody has taken yet. */
  event(name) {
    const take = () => {
      const at = this.#heard.findIndex(({ event }) => event === name)
      return at < 0 ? undefined : this.#heard.splice(at, 1)[0].payload
    }
    const come = new Promise((resolve) => {
      const look = () => {
        const payload = take()
        if (payload === undefined) return
        this.#waiting.delete(look)
        resolve(payload)
      }
      this.#waiting.add(look)
      look()
    })
    return within(ANSWER_LIMIT_MS, come, () => `no ${name} on ${this.#topic}`)
  }

  close() {
    this.#socket.terminate()
  }

  #hear([, ref, , event, payload]) {
    if (event !== 'phx_reply') {
      this.#heard.push({ event, payload })
      for (const look of this.#waiting) look()
      return
    }
    const waiting = this.#answers.get(ref)
    this.#answers.delete(ref)
    if (payload.status === 'ok') waiting?.resolve(payload.response)
    else waiting?.reject(new Error(`${waiting.event}: ${payload.response.reason}`))
  }
}

/** Waits no longer than that. */
export function within(limitMs, promise, said) {
  let timer
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error(said())), limitMs)
  })
  return Promise.race([promise, late]).finally(() => clearTimeout(timer))
}
