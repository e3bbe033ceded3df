// Items that arrived and were not taken yet, in order, and the tests that wait for more.
import { setTimeout as sleep } from 'node:timers/promises'

/** The longest wait of a test. Items that are there are taken at once; the rest is for a busy machine. */
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
   * Takes the first matching item out of the inbox, and waits for it if necessary. Earlier items that `passes` matches
   * are dropped.
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

  /** Matching items that were not taken. */
  left(matches) {
    return this.#items.filter(matches)
  }
}

/**
 * A promise with a time limit; `start` may return a function to call at the limit. `forget` removes the limit: the
 * promise then stays open for ever, without keeping the process alive.
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

/** Polls a condition without events until it is true; returns its value. */
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
