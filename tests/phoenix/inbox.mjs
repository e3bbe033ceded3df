// What has arrived and not yet been looked at, in order, and those who wait for more of it.
import { setTimeout as sleep } from 'node:timers/promises'

/** How long anything may take before a test gives up. What is there is taken at once; a busy machine needs the rest. */
export const PATIENCE_MS = 30_000
const LOOK_MS = 50

export class Inbox {
  #items = []
  #waiting = new Set()

  constructor(name) {
    this.name = name
    this.history = []
  }

  add(item) {
    this.history.push(item)
    this.#items.push(item)
    for (const attempt of [...this.#waiting]) attempt()
  }

  /**
   * Takes the first item that matches out of the inbox; waits for it if it is not there yet.
   * Earlier items that `passes` names are gone with it.
   */
  take(matches, what, timeoutMs = PATIENCE_MS, passes = () => false) {
    return within(timeoutMs, () => `${this.name}: no ${what}; what arrived: ${list(this.history)}`, (resolve) => {
      const attempt = () => {
        const at = this.#items.findIndex(matches)
        if (at < 0) return
        this.#waiting.delete(attempt)
        const [item] = this.#items.splice(at, 1)
        this.#items = this.#items.filter((other, i) => i >= at || !passes(other))
        resolve(item)
      }
      this.#waiting.add(attempt)
      attempt()
      return () => this.#waiting.delete(attempt)
    })
  }

  /** Items that match and that nobody has taken. */
  left(matches) {
    return this.#items.filter(matches)
  }
}

/**
 * A promise with a time limit; `start` may return what to do when the limit is reached. `forget` takes the limit away:
 * then it stays open for ever, and holds nobody up.
 */
export function within(timeoutMs, describe, start) {
  const caller = new Error('waited here')
  let timer
  const promise = new Promise((resolve, reject) => {
    let giveUp
    timer = setTimeout(() => {
      giveUp?.()
      caller.message = `after ${timeoutMs} ms ${describe()}`
      reject(caller)
    }, timeoutMs)
    const settle = (done) => (value) => {
      clearTimeout(timer)
      done(value)
    }
    giveUp = start(settle(resolve), settle(reject))
  })
  promise.forget = () => clearTimeout(timer)
  return promise
}

/** Looks again and again, for what nothing tells of, until there is something true; gives it. */
export async function eventually(what, look, timeoutMs = PATIENCE_MS) {
  for (const end = Date.now() + timeoutMs; ;) {
    const found = await look()
    if (found) return found
    if (Date.now() > end) throw new Error(`not within ${timeoutMs} ms: ${typeof what === 'function' ? what() : what}`)
    await sleep(LOOK_MS)
  }
}

function list(items) {
  if (items.length === 0) return 'nothing'
  const last = items.slice(-12).map((item) => JSON.stringify(item))
  return `${items.length > 12 ? `(${items.length - 12} more) … ` : ''}${last.join('\n  ')}`
}
