// The token of a line: when a fresh one is asked for, and when none can be had.

/** Asks for tokens, never too often. @internal */
export class Tokens {
  /** The last one that was given. */
  current: string | undefined
  readonly #give: () => string | Promise<string>
  #due = true
  #worn: string | undefined
  /** Asked since the line was last open, and when. */
  #asked = 0
  #askedAt = -Infinity
  /** How often the server has not taken one since. */
  #refusals = 0
  /** Whether the last one asked for was the one before: then there is nothing to ask for. */
  #stale = false
  #resting = false
  #renewal: ReturnType<typeof setTimeout> | undefined

  constructor(give: () => string | Promise<string>) {
    this.#give = give
  }

  /** How long the next dial must wait for a fresh one, in milliseconds. */
  get waitMs(): number {
    const gap = Math.min(GAP_MS * 2 ** (this.#asked - 1), GAP_MAX_MS)
    // Whole ones: a timer may be a little early.
    return this.#due ? Math.max(0, Math.floor(this.#askedAt + gap - performance.now())) : 0
  }

  /** Gets a fresh one if that is due; says whether there is one to dial with. */
  async ready(): Promise<boolean> {
    if (this.waitMs > 0) return false
    if (this.#due) await this.#ask()
    this.#worn = this.current
    return this.current !== undefined
  }

  /** The server is there and did not take it; says whether to go on: with a fresh one, or once more with the same. */
  refused(): boolean {
    this.#refusals += 1
    if (!this.#stale) this.#due = true
    return this.#refusals <= REFUSALS_MAX
  }

  /** The server took it. */
  taken(): void {
    this.#asked = 1
    this.#stale = false
    this.#refusals = 0
  }

  /** The server says that it has expired: a newer one may be there already. */
  expired(): void {
    this.#due = this.current === this.#worn
    // The next dial asks: this would be a second question beside it.
    if (this.#due) clearTimeout(this.#renewal)
  }

  /** Whoever connects anew gets a fresh one at once. */
  reset(): void {
    this.taken()
    this.#asked = 0
    this.#askedAt = -Infinity
    this.#due = true
    this.#resting = false
  }

  /** Asks for nothing by itself any more. */
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
    // When there is none, or by a wrong clock it is over already, the server's 4401 tells.
    if (!(leftMs > 0)) return
    const inMs = Math.max(leftMs - RENEW_BEFORE_MS, leftMs / 2, GAP_MS)
    const again = inMs > TIMER_MAX_MS
    const renew = () => (again ? this.#renewBeforeItEnds(token) : void this.#renew(token))
    this.#renewal = setTimeout(renew, Math.min(inMs, TIMER_MAX_MS))
  }

  /** A fresh one for the next connect. One that is the same, or none, changes nothing. */
  async #renew(token: string): Promise<void> {
    const fresh = await this.#giveInTime()
    if (fresh === undefined || fresh === token || this.current !== token) return
    this.current = fresh
    this.#renewBeforeItEnds(fresh)
  }

  /** What is given in time, if anything. */
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

/** When a token ends, in milliseconds since 1970; NaN unless it is a JWT that says so. */
function endOf(token: string): number {
  try {
    const payload = token.split('.')[1] ?? ''
    const claims = JSON.parse(atob(payload.replace(/-/g, '+').replace(/_/g, '/'))) as { exp?: unknown }
    return Number(claims.exp) * 1000
  } catch {
    return NaN
  }
}

/** Between two questions, doubled with each that did not help. */
const GAP_MS = 5000
const GAP_MAX_MS = 60_000
const GIVE_PATIENCE_MS = 20_000
const RENEW_BEFORE_MS = 60_000
const REFUSALS_MAX = 3
/** What `setTimeout` can wait at most. */
const TIMER_MAX_MS = 2_147_483_647
