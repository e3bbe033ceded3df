// Ports for those who must know theirs before they listen, or must find it free when they are started again.
import { createServer } from 'node:net'

/**
 * Below the ports that connections get by themselves: there a connection of anybody's may take one between two starts,
 * and one that dials a port on which nobody listens may even meet itself. Each process has a block of its own: it
 * listens on the first port of it for as long as it runs, and uses the others.
 */
const [FIRST, END, BLOCK] = [10_000, 30_000, 100]

let used = 0
let block

/** A port that nobody else of these tests uses, and nobody at all at this moment. */
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
