// A line between people and server that can be cut, go silent, lose what the server says, and be mended.
import { createServer, connect } from 'node:net'
import { once } from 'node:events'

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
    this.losing = () => {}
    this.server = createServer((near) => this.#call(near, port))
  }

  get url() { return `ws://127.0.0.1:${this.server.address().port}/socket` }

  /** All lines are gone, and nobody comes through. */
  cut() {
    this.weather = 'cut'
    for (const { near, far } of this.pairs) for (const end of [near, far]) end.destroy()
  }

  /** All lines stay and nothing comes through; nor does anything of those who come now. */
  silence() { this.weather = 'silent' }

  /** What people say comes through, what the server says is lost; resolves when something was. */
  loseReplies() {
    this.weather = 'deaf'
    return new Promise((resolve) => (this.losing = resolve))
  }

  /** From now on everything comes through; on lines that lost something nothing does. */
  mend() {
    for (const { near, far, lossy } of this.pairs) if (lossy) for (const end of [near, far]) end.destroy()
    this.weather = 'fair'
  }

  close() {
    this.cut()
    this.server.close()
  }

  #lose(pair) {
    pair.lossy = true
    this.losing()
  }

  #call(near, port) {
    this.calls += 1
    if (this.weather === 'cut') return near.destroy()
    const pair = { near, far: connect(port, '127.0.0.1'), lossy: false }
    this.pairs.add(pair)
    const pass = (from, to, comesThrough) => {
      from.on('data', (bytes) => {
        if (comesThrough()) to.write(bytes)
        else this.#lose(pair)
      })
      from.on('error', () => {})
      from.on('close', () => {
        this.pairs.delete(pair)
        if (this.weather !== 'silent') to.destroy()
      })
    }
    pass(pair.near, pair.far, () => this.weather !== 'silent')
    pass(pair.far, pair.near, () => this.weather === 'fair')
  }
}
