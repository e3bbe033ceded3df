// The token of a line: when a fresh one is asked for, and when none can be had.

/** Asks for tokens, never too often. */
export class Tokens {
  /** The last one that was given. */
  current: string | undefined
  readonly #give: () => string | Promise<string>
  #due = true
  #worn: string | undefined
  /** Asked since the line was last open, and when. */
  #asked = 0
  #askedAt = -Infinity
  /** How many of them the server did not take. */
  #given = 0
  /** Whether the last one asked for was the one before, and how often that one was refused since. */
  #stale = false
  #refusals = 0
  #resting = false
  #renewal: ReturnType<typeof setTimeout> | undefined

  constructor(give: () => string | Promise<string>) {
    this.#give = give
  }

  /** How long the next dial must wait for a fresh one, in milliseconds. */
  get waitMs(): number {
    const gap = this.#asked === 0 ? 0 : Math.min(GAP_MS * 2 ** (this.#asked - 1), GAP_MAX_MS)
    return this.#due ? Math.max(0, this.#askedAt + gap - performance.now()) : 0
  }

  /** Gets a fresh one if that is due; says whether there is one to dial with. */
  async ready(): Promise<boolean> {
    if (this.#due && this.waitMs === 0) await this.#ask()
    this.#worn = this.current
    return this.current !== undefined
  }

  /** The server is there and did not take it; says whether it is worth going on. */
  refused(): boolean {
    if (this.#stale) {
      this.#refusals += 1
      return this.#refusals < REFUSALS_MAX
    }
    this.#due = true
    return this.#given <= REFUSALS_MAX
  }

  /** The server took it. */
  taken(): void {
    this.#asked = 1
    this.#given = 0
    this.#stale = false
    this.#refusals = 0
  }

  /** The server says that it has expired: a newer one may be there already. */
  expired(): void {
    this.#due = this.current === this.#worn
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
    this.#askedAt = performance.now()
    const token = await given(this.#give)
    if (token === undefined) return
    this.#due = false
    this.#given += 1
    this.#stale = token === this.current
    this.#refusals = 0
    this.current = token
    this.#renewBeforeItEnds(token)
  }

  #renewBeforeItEnds(token: string): void {
    clearTimeout(this.#renewal)
    if (this.#resting) return
    const leftMs = (endOf(token) ?? -Infinity) - Date.now()
    // A clock that is wrong says that it is over already; then the server's 4401 tells when it is.
    if (leftMs <= 0) return
    const inMs = Math.max(leftMs - RENEW_BEFORE_MS, leftMs / 2, GAP_MS)
    const again = inMs > TIMER_MAX_MS
    const renew = () => (again ? this.#renewBeforeItEnds(token) : void this.#renew(token))
    this.#renewal = setTimeout(renew, Math.min(inMs, TIMER_MAX_MS))
  }

  /** A fresh one for the next connect. One that is the same, or none, changes nothing. */
  async #renew(token: string): Promise<void> {
    this.#askedAt = performance.now()
    const fresh = await given(this.#give)
    if (fresh === undefined || fresh === token || this.current !== token) return
    this.current = fresh
    this.#renewBeforeItEnds(fresh)
  }
}

/** What was given in time, if anything. */
async function given(give: () => string | Promise<string>): Promise<string | undefined> {
  let timer: ReturnType<typeof setTimeout> | undefined
  const patience = new Promise<undefined>((resolve) => {
    timer = setTimeout(resolve, GIVE_PATIENCE_MS, undefined)
  })
  try {
    return await Promise.race([Promise.resolve().then(give), patience])
  } catch {
    return undefined
  } finally {
    clearTimeout(timer)
  }
}

/** When a token ends, in milliseconds since 1970, if it is a JWT that says so. */
function endOf(token: string): number | undefined {
  try {
    const payload = token.split('.')[1] ?? ''
    const claims = JSON.parse(atob(payload.replace(/-/g, '+').replace(/_/g, '/'))) as { exp?: unknown }
    return typeof claims.exp === 'number' ? claims.exp * 1000 : undefined
  } catch {
    return undefined
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
