// The line between browsers and the server, which a test can cut, silence and mend: a relay on loopback.
import net from 'node:net'

export class Line {
  static async open(port) {
    const line = new Line(port)
    await new Promise((resolve, reject) => line.server.once('error', reject).listen(0, '127.0.0.1', resolve))
    line.port = line.server.address().port
    return line
  }

  constructor(to) {
    this.to = to
    this.state = 'open'
    this.pairs = new Set()
    this.server = net.createServer((near) => this.connect(near))
  }

  connect(near) {
    near.on('error', () => {})
    if (this.state === 'cut') return near.destroy()
    const far = net.connect(this.to, '127.0.0.1')
    const pair = { near, far }
    this.pairs.add(pair)
    far.on('error', () => {})
    near.on('close', () => far.destroy())
    far.on('close', () => near.destroy())
    near.once('close', () => this.pairs.delete(pair))
    if (this.state === 'open') {
      near.pipe(far)
      far.pipe(near)
    }
  }

  /** All connections end, and new ones with them. */
  cut() {
    this.state = 'cut'
    for (const { near, far } of this.pairs) {
      near.resetAndDestroy()
      far.destroy()
    }
  }

  /** Nothing comes through any more, and nobody is told: a dead cell, or a network that was left. */
  silence() {
    this.state = 'silent'
    for (const { near, far } of this.pairs) {
      near.unpipe(far)
      far.unpipe(near)
      near.pause()
      far.pause()
    }
  }

  /** What was silent stays dead; what is new comes through. */
  mend() { this.state = 'open' }

  async close() {
    this.cut()
    await new Promise((resolve) => this.server.close(resolve))
  }
}
