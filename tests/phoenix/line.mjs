// A line between people and server that can be cut, go silent, be held up, lose what the server says, and be mended.
import { once } from 'node:events'
import { connect, createServer } from 'node:net'
import { PATIENCE_MS, within } from './inbox.mjs'

/** A relay on loopback, and its weather. */
export class Relay {
  static async open(port) {
    const relay = new Relay(port)
    relay.server.listen(0, '127.0.0.1')
    await once(relay.server, 'listening')
    return relay
  }

  constructor(port) {
    this.weather = 'fair'
    this.pairs = new Set()
    /** How often somebody came. */
    this.calls = 0
    this.held = []
    this.losing = () => {}
    this.calling = new Set()
    this.server = createServer((near) => this.#call(near, port))
  }

  get url() { return `http://127.0.0.1:${this.server.address().port}` }
  get socketUrl() { return `${this.url.replace('http', 'ws')}/socket` }

  /** Until somebody has come so often. */
  async called(times) {
    await within(PATIENCE_MS, () => `${this.calls} calls and not ${times}`, (resolve) => {
      const look = () => this.calls >= times && resolve()
      this.calling.add(look)
      look()
    })
  }

  /** All lines are gone, and nobody comes through. */
  cut() {
    this.weather = 'cut'
    for (const { near, far } of this.pairs) for (const end of [near, far]) end.destroy()
  }

  /** All lines stay and nothing comes through; nor does anything of those who come now. */
  silence() { this.weather = 'silent' }

  /** What is said meanwhile comes through when the line is mended. */
  hold() { this.weather = 'held' }

  /** What people say comes through, what the server says is lost; resolves when something was. */
  loseReplies() {
    this.weather = 'deaf'
    return new Promise((resolve) => (this.losing = resolve))
  }

  /** From now on everything comes through; on lines that lost something nothing does. */
  mend() {
    for (const { near, far, lossy } of this.pairs) if (lossy) for (const end of [near, far]) end.destroy()
    for (const [to, bytes] of this.held.splice(0)) to.write(bytes)
    this.weather = 'fair'
  }

  close() {
    this.cut()
    this.server.close()
  }

  #call(near, port) {
    this.calls += 1
    for (const look of this.calling) look()
    if (this.weather === 'cut') return near.destroy()
    const pair = { near, far: connect(port, '127.0.0.1'), lossy: false }
    this.pairs.add(pair)
    this.#pass(pair, pair.near, pair.far, ['fair', 'deaf'])
    this.#pass(pair, pair.far, pair.near, ['fair'])
  }

  #pass(pair, from, to, comesThroughIn) {
    from.on('data', (bytes) => {
      if (comesThroughIn.includes(this.weather)) to.write(bytes)
      else if (this.weather === 'held') this.held.push([to, bytes])
      else this.#lose(pair)
    })
    from.on('error', () => {})
    from.on('close', () => {
      this.pairs.delete(pair)
      if (this.weather !== 'silent') to.destroy()
    })
  }

  #lose(pair) {
    pair.lossy = true
    this.losing()
  }
}
