// The token of a connection: when a fresh one is requested, and what happens when there is none.

/** Requests tokens, never too often. @internal */
export class Tokens {
  /** The last token that was given. */
  current: string | undefined
  readonly #give: () => string | Promise<string>
  #due = true
  #worn: string | undefined
  /** Requests since the connection was last open, and the time of the last one. */
  #asked = 0
  #askedAt = -Infinity
  /** Number of refused tokens since then. */
  #refusals = 0
  /** Whether the last request returned the same token again: then another request is useless. */
  #stale = false
  #resting = false
  #renewal: ReturnType<typeof setTimeout> | undefined

  constructor(give: () => string | Promise<string>) {
    this.#give = give
  }

  /** Time until the next connect may request a fresh token, in milliseconds. */
  get waitMs(): number {
    const gap = Math.min(GAP_MS * 2 ** (this.#asked - 1), GAP_MAX_MS)
    // Rounded down, because a timer may be a little early.
    return this.#due ? Math.max(0, Math.floor(this.#askedAt + gap - performance.now())) : 0
  }

  /** Requests a fresh token if due; returns whether there is one to connect with. */
  async ready(): Promise<boolean> {
    if (this.waitMs > 0) return false
    if (this.#due) await this.#ask()
    this.#worn = this.current
    return this.current !== undefined
  }

  /** Notes that the server refused the token; returns whether to go on, with a fresh one or once more with the same. */
  refused(): boolean {
    this.#refusals += 1
    if (!this.#stale) this.#due = true
    return this.#refusals <= REFUSALS_MAX
  }

  /** Notes that the server accepted the token. */
  taken(): void {
    this.#asked = 1
    this.#stale = false
    this.#refusals = 0
  }

  /** Notes that the token has expired; a newer one may be there already. */
  expired(): void {
    this.#due = this.current === this.#worn
    // The next connect requests a token, and the renewal would be a second request beside it.
    if (this.#due) clearTimeout(this.#renewal)
  }

  /** Allows a request at once, for a new `connect`. */
  reset(): void {
    this.taken()
    this.#asked = 0
    this.#askedAt = -Infinity
    this.#due = true
    this.#resting = false
  }

  /** Stops the automatic renewal. */
  rest(): void {
    this.#resting = true
    clearTimeout(this.#renewal)
  }

  async #ask(): Promise<void> {
    this.#asked += 1
    const token = await this.#giveInTime()
    if (token === undefined) return
    this.#due = false
    this.#stale = token === this.current
    this.current = token
    this.#renewBeforeItEnds(token)
  }

  #renewBeforeItEnds(token: string): void {
    clearTimeout(this.#renewal)
    if (this.#resting) return
    const leftMs = endOf(token) - Date.now()
    // A token without an end, or expired by a wrong clock, ends with the server's code 4401.
    if (!(leftMs > 0)) return
    const inMs = Math.max(leftMs - RENEW_BEFORE_MS, leftMs / 2, GAP_MS)
    const again = inMs > TIMER_MAX_MS
    const renew = () => (again ? this.#renewBeforeItEnds(token) : void this.#renew(token))
    this.#renewal = setTimeout(renew, Math.min(inMs, TIMER_MAX_MS))
  }

  /** Requests a fresh token for the next connect; the same token, or none, changes nothing. */
  async #renew(token: string): Promise<void> {
    const fresh = await this.#giveInTime()
    if (fresh === undefined || fresh === token || this.current !== token) return
    this.current = fresh
    this.#renewBeforeItEnds(fresh)
  }

  /** Requests a token; undefined if none comes in time. */
  #giveInTime(): Promise<string | undefined> {
    this.#askedAt = performance.now()
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, GIVE_PATIENCE_MS, undefined)
      const done = (token?: string) => {
        clearTimeout(timer)
        resolve(token)
      }
      Promise.resolve().then(this.#give).then(done, () => done())
    })
  }
}

/** The end of a token, in milliseconds since 1970; NaN unless the token is a JWT with an end. */
function endOf(token: string): number {
  try {
    const payload = token.split('.')[1] ?? ''
    const claims = JSON.parse(atob(payload.replace(/-/g, '+').replace(/_/g, '/'))) as { exp?: unknown }
    return Number(claims.exp) * 1000
  } catch {
    return NaN
  }
}

/** Delay between two requests, doubled after each unsuccessful one. */
const GAP_MS = 5000
const GAP_MAX_MS = 60_000
const GIVE_PATIENCE_MS = 20_000
const RENEW_BEFORE_MS = 60_000
const REFUSALS_MAX = 3
/** The longest delay of `setTimeout`. */
const TIMER_MAX_MS = 2_147_483_647
