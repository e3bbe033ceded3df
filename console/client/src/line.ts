// The connection to the server: one socket that reconnects by itself.

import { Socket, type Channel } from 'phoenix'
import { Listeners, report } from './listeners.js'
import { Tokens } from './tokens.js'

/**
 * State of the connection: `idle` before connect and after disconnect; `connecting` until the first try has ended;
 * `lost` reconnects by itself; `refused`: the server is reachable and does not accept the token (or this page's
 * origin), and no newer token could be had. `refused` stays until `connect()`.
 */
export type LineState = 'idle' | 'connecting' | 'open' | 'lost' | 'refused'

/** Options of a connection. */
export interface Options {
  /**
   * Gives a token. It is called at every connect that needs a fresh one: the first time, after a refusal, after close
   * codes 4401 and 4403, and before `exp` passes. If it throws, or gives nothing within 20 s, it is called again with
   * growing delays.
   */
  token: () => string | Promise<string>
  /** Device kind for the history: `a-z 0-9 _ -`, up to 32 characters. */
  device?: string
  /** A WebSocket class, where the platform has none (Node 20). */
  transport?: unknown
}

/**
 * Phoenix' socket, reconnected by this class and not by phoenix.js: each connect may need a fresh token, and an
 * employee whose page is hidden must stay reachable, while phoenix.js waits until the page is shown. @internal
 */
export class Line {
  readonly #socket: Socket
  readonly #tokens: Tokens
  readonly #readyUrl: string
  readonly #listeners = new Listeners<[LineState]>()
  /** Checks the connection when the network returns, or the page is shown or hidden. */
  readonly #wake = () => {
    this.probe()
    // If a try is in progress and fails, the next one must not wait as long as those before.
    this.#tries = 0
    if (this.#retry) void this.#redial()
  }
  #state: LineState = 'idle'
  /** Number of the latest connect; results of earlier ones are ignored. */
  #dial = 0
  #tries = 0
  #unopened = 0
  /** Whether the socket's end matters: a socket that this class has closed reports its end too, later. */
  #dialled = false
  #openedAt: number | undefined
  #retry: Timer
  #opening: Timer
  #beat: Timer
  #silence: { readonly timer: Timer; readonly endsAt: number } | undefined

  constructor(url: string, { token, device, transport = globalThis.WebSocket }: Options) {
    if (!transport) throw new Error('this platform has no WebSocket: pass a class as `transport`')
    this.#tokens = new Tokens(token)
    this.#readyUrl = url.replace(/^ws/, 'http').replace(/\/socket\/?$/, '/readyz')
    this.#socket = new Socket(url, {
      transport: transport as new (endpoint: string) => object,
      params: device === undefined ? {} : { device },
      // phoenix.js calls this at each connect, although its types do not allow a function.
      authToken: (() => this.#tokens.current ?? '') as unknown as string,
      // Our own heartbeat is more frequent, and notices silence.
      heartbeatIntervalMs: NEVER_MS,
      // phoenix.js keeps data for long polling there, and a page in a frame may be forbidden any storage.
      sessionStorage: NO_STORE as Storage,
    })
    this.#socket.onOpen(() => this.#opened())
    this.#socket.onClose(({ code }) => this.#closed(code))
  }

  get state(): LineState {
    return this.#state
  }

  onState(listener: (state: LineState) => void): () => void {
    return this.#listeners.add(listener)
  }

  /** Whether a push would be sent now. */
  get connected(): boolean {
    return this.#state === 'open' && this.#socket.isConnected()
  }

  channel(topic: string): Channel {
    return this.#socket.channel(topic)
  }

  connect(): void {
    if (this.#state !== 'idle' && this.#state !== 'refused') return
    this.#tokens.reset()
    this.#tries = 0
    this.#unopened = 0
    for (const event of WAKERS) page?.addEventListener(event, this.#wake)
    this.#become('connecting')
    void this.#redial()
  }

  disconnect(state: 'idle' | 'refused' = 'idle'): void {
    this.#hangUp()
    this.#tokens.rest()
    for (const event of WAKERS) page?.removeEventListener(event, this.#wake)
    this.#become(state)
  }

  /** Checks whether the server answers. Silence for `patienceMs` counts as a lost connection. */
  probe(patienceMs: number = DOUBT_PATIENCE_MS): void {
    if (this.#state !== 'open') return
    const endsAt = performance.now() + patienceMs
    if (this.#silence && this.#silence.endsAt <= endsAt) return
    this.#quiet()
    this.#silence = { timer: setTimeout(() => this.#lost(0), patienceMs), endsAt }
    const dial = this.#dial
    this.#socket.ping(() => dial === this.#dial && this.#alive())
  }

  /** Notes a sign of life, after which the next check can wait. */
  #alive(): void {
    this.#quiet()
    this.#beat = setTimeout(() => this.probe(BEAT_PATIENCE_MS), BEAT_MS)
  }

  async #redial(): Promise<void> {
    const dial = this.#hangUp()
    const ready = await this.#tokens.ready()
    if (dial !== this.#dial) return
    if (!ready) return this.#lost(Math.max(this.#backOffMs(), this.#tokens.waitMs))
    this.#opening = setTimeout(() => this.#lost(this.#backOffMs()), OPEN_PATIENCE_MS)
    this.#dialled = true
    try {
      this.#socket.connect()
    } catch (error) {
      // No socket can be made of this URL or token.
      report(error)
      this.#closed(0)
    }
  }

  #opened(): void {
    if (!this.#dialled) return
    clearTimeout(this.#opening)
    this.#openedAt = performance.now()
    this.#unopened = 0
    this.#tokens.taken()
    this.#alive()
    this.#become('open')
  }

  #closed(code: number): void {
    if (!this.#dialled) return
    if (this.#openedAt === undefined) return void this.#notOpened()
    const needsAnother = code === EXPIRED || code === REVOKED
    if (needsAnother) this.#tokens.expired()
    this.#lost(needsAnother ? this.#tokens.waitMs : this.#backOffMs())
  }

  /**
   * Handles a failed connect, for which a browser gives no reason. Two in a row while the server is ready mean the
   * token.
   */
  async #notOpened(): Promise<void> {
    const dial = this.#hangUp()
    // A server that was not ready just now says nothing about the token.
    this.#unopened = (await this.#serverIsReady()) ? this.#unopened + 1 : 0
    if (dial !== this.#dial) return
    if (this.#unopened > 1 && !this.#tokens.refused()) return this.disconnect('refused')
    this.#lost(Math.max(this.#backOffMs(), this.#tokens.waitMs))
  }

  async #serverIsReady(): Promise<boolean> {
    try {
      const answer = await fetch(this.#readyUrl, { cache: 'no-store', signal: AbortSignal.timeout(READY_PATIENCE_MS) })
      return answer.ok
    } catch {
      return false
    }
  }

  #lost(retryInMs: number): void {
    this.#hangUp()
    this.#retry = setTimeout(() => void this.#redial(), retryInMs)
    this.#become('lost')
  }

  /** Ends the current connection; returns the number of the next connect. */
  #hangUp(): number {
    this.#quiet()
    clearTimeout(this.#opening)
    clearTimeout(this.#retry)
    // A socket that opens and closes repeatedly must not be reconnected as fast as one that held.
    if (performance.now() - (this.#openedAt ?? Infinity) > HELD_MS) this.#tries = 0
    this.#retry = undefined
    this.#openedAt = undefined
    this.#dialled = false
    this.#socket.disconnect()
    this.#dial += 1
    return this.#dial
  }

  #quiet(): void {
    clearTimeout(this.#beat)
    clearTimeout(this.#silence?.timer)
    this.#silence = undefined
  }

  #backOffMs(): number {
    this.#tries += 1
    return jittered(BACK_OFF_MS[this.#tries - 1] ?? BACK_OFF_MAX_MS)
  }

  #become(state: LineState): void {
    if (state === this.#state) return
    this.#state = state
    this.#listeners.call(state)
  }
}

type Timer = ReturnType<typeof setTimeout> | undefined

/** A delay in the second half of the given one, so that devices do not all come back at once. */
function jittered(delayMs: number): number {
  return delayMs * (0.5 + Math.random() / 2)
}

/** Outside a page, as in Node, these events do not exist. */
const page = typeof window === 'undefined' ? undefined : window
/** `visibilitychange` bubbles from the document to the window. */
const WAKERS = ['online', 'visibilitychange']
/** The server's close code for an expired token. */
const EXPIRED = 4401
/** The server's close code for a revoked person; a token issued later may be valid. */
const REVOKED = 4403
const BACK_OFF_MS = [50, 250, 500, 1000, 2000]
const BACK_OFF_MAX_MS = 5000
const HELD_MS = 5000
const OPEN_PATIENCE_MS = 10_000
const READY_PATIENCE_MS = 3000
const BEAT_MS = 15_000
const BEAT_PATIENCE_MS = 10_000
const DOUBT_PATIENCE_MS = 3000
/** The longest delay of `setTimeout`: 25 days. */
const NEVER_MS = 2_147_483_647
const NO_STORE: Pick<Storage, 'getItem' | 'setItem'> = { getItem: () => null, setItem: () => {} }
