// A connection between people and server that can be cut, silenced, held up, robbed of the server's data, and mended.
import { once } from 'node:events'
import { connect, createServer } from 'node:net'
import { PATIENCE_MS, within } from './inbox.mjs'

/** A relay on loopback, with its weather. */
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
    /** Number of connections that were made. */
    this.calls = 0
    this.held = []
    this.losing = () => {}
    this.calling = new Set()
    this.server = createServer((near) => this.#call(near, port))
  }

  get url() { return `http://127.0.0.1:${this.server.address().port}` }
  get socketUrl() { return `${this.url.replace('http', 'ws')}/socket` }

  /** Waits until so many connections were made. */
  async called(times) {
    await within(PATIENCE_MS, () => `${this.calls} calls and not ${times}`, (resolve) => {
      const look = () => this.calls >= times && resolve()
      this.calling.add(look)
      look()
    })
  }

  /** Breaks all connections, and lets no new one through. */
  cut() {
    this.weather = 'cut'
    for (const { near, far } of this.pairs) for (const end of [near, far]) end.destroy()
  }

  /** Keeps all connections open, and passes nothing on, also on new ones. */
  silence() { this.weather = 'silent' }

  /** Holds data back until the relay is mended. */
  hold() { this.weather = 'held' }

  /** Passes on the people's data and drops the server's; resolves once some was dropped. */
  loseReplies() {
    this.weather = 'deaf'
    return new Promise((resolve) => (this.losing = resolve))
  }

  /** Passes everything on again. Connections that have lost data are broken. */
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
