// Ports for programs that must know theirs before they listen, or must find it free when started again.
import { createServer } from 'node:net'

/**
 * A range below the ephemeral ports, where any connection may take a port between two starts, and a connection to a
 * port without a listener may even reach itself. Each process has a block of its own: it listens on the block's first
 * port as long as it runs, and uses the others.
 */
const [FIRST, END, BLOCK] = [10_000, 30_000, 100]

let used = 0
let block

/** A port that no other process of these tests uses, and that is free now. */
export async function freePort() {
  block ??= ownBlock()
  const first = await block
  for (;;) {
    used += 1
    if (used === BLOCK) throw new Error(`this process has used all of its ${BLOCK} ports`)
    const listener = await listening(first + used)
    if (!listener) continue
    await new Promise((resolve) => listener.close(resolve))
    return first + used
  }
}

async function ownBlock() {
  for (let first = FIRST; first < END; first += BLOCK) {
    const listener = await listening(first)
    if (!listener) continue
    listener.unref()
    return first
  }
  throw new Error(`no block of ports is free from ${FIRST} to ${END}`)
}

function listening(port) {
  return new Promise((resolve) => {
    const listener = createServer()
    listener.once('error', () => resolve(undefined))
    listener.listen(port, '127.0.0.1', () => resolve(listener))
  })
}
