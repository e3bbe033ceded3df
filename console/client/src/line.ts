// The line to the server: one socket that heals by itself.

import { Socket, type Channel } from 'phoenix'
import { Listeners, report } from './listeners.js'
import { Tokens } from './tokens.js'

/**
 * How the line to the server is: `idle` before connect and after disconnect; `connecting` until the first try is over;
 * `lost` heals by itself; `refused`: the server is there and does not take the token (or this page's origin), and no
 * newer one could be had. It stays so until `connect()`.
 */
export type LineState = 'idle' | 'connecting' | 'open' | 'lost' | 'refused'

/** How a line is made. */
export interface Options {
  /**
   * Gives a token. It is asked at every connect that needs a fresh one: the first time, after a refusal, after close
   * codes 4401 and 4403, and before `exp` passes. One that throws, or says nothing for 20 s, is asked again later and later.
   */
  token: () => string | Promise<string>
  /** What history calls this kind of device: `a-z 0-9 _ -`, up to 32. */
  device?: string
  /** A WebSocket class, where the platform has none (Node 20). */
  transport?: unknown
}

/**
 * Phoenix' socket, redialled by us and not by itself: each dial may need a fresh token, and an employee whose page is
 * hidden must stay reachable, while the socket of phoenix.js waits then. @internal
 */
export class Line {
  readonly #socket: Socket
  readonly #tokens: Tokens
  readonly #readyUrl: string
  readonly #listeners = new Listeners<[LineState]>()
  /** The network came, or the page was shown or hidden: a good moment to look. */
  readonly #wake = () => {
    this.probe()
    // Also for a try that is under way and fails: the next one must not wait as long as those before.
    this.#tries = 0
    if (this.#retry) void this.#redial()
  }
  #state: LineState = 'idle'
  /** Which dial is the last one: what comes of those before it counts no more. */
  #dial = 0
  #tries = 0
  #unopened = 0
  /** Whether there is a socket whose end is news: one that we closed tells of it too, later. */
  #dialled = false
  #openedAt: number | undefined
  #retry: Timer
  #opening: Timer
  #beat: Timer
  #silence: { readonly timer: Timer; readonly endsAt: number } | undefined

  constructor(url: string, { token, device, transport = globalThis.WebSocket }: Options) {
    if (!transport) throw new Error('this platform has no WebSocket: give a class as `transport`')
    this.#tokens = new Tokens(token)
    this.#readyUrl = url.replace(/^ws/, 'http').replace(/\/socket\/?$/, '/readyz')
    this.#socket = new Socket(url, {
      transport: transport as new (endpoint: string) => object,
      params: device === undefined ? {} : { device },
      // Asked by phoenix.js at each connect; its types say that it cannot be a function.
      authToken: (() => this.#tokens.current ?? '') as unknown as string,
      // Our own heartbeat asks sooner and hears of the silence.
      heartbeatIntervalMs: NEVER_MS,
      // phoenix.js keeps there what only long polling needs, and a page in a frame may be forbidden to have any.
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

  /** Whether a push would go out now. */
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

  /** Asks whether the server is there. Silence for that long counts as a lost line. */
  probe(patienceMs: number = DOUBT_PATIENCE_MS): void {
    if (this.#state !== 'open') return
    const endsAt = performance.now() + patienceMs
    if (this.#silence && this.#silence.endsAt <= endsAt) return
    this.#quiet()
    this.#silence = { timer: setTimeout(() => this.#lost(0), patienceMs), endsAt }
    const dial = this.#dial
    this.#socket.ping(() => dial === this.#dial && this.#alive())
  }

  /** It was heard of: the next question can wait. */
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
      // An address or a token that no socket can be made of.
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

  /** A browser does not say why. Twice in a row, and a server that is there, mean that it is the token. */
  async #notOpened(): Promise<void> {
    const dial = this.#hangUp()
    // One that has just come back says nothing of the try before.
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

  /** Ends what is under way; gives the number of what comes next. */
  #hangUp(): number {
    this.#quiet()
    clearTimeout(this.#opening)
    clearTimeout(this.#retry)
    // One that opens and closes in a row must not be dialled as fast as one that held.
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

/** Somewhere in the second half of it, so that not all come back at once. */
function jittered(delayMs: number): number {
  return delayMs * (0.5 + Math.random() / 2)
}

/** Where there is none, as in Node, nothing wakes a line. */
const page = typeof window === 'undefined' ? undefined : window
/** The second comes from the document, through the window. */
const WAKERS = ['online', 'visibilitychange']
/** The server's close code for a token that ended. */
const EXPIRED = 4401
/** And for a person who is shut out: a token that was issued after that may count again. */
const REVOKED = 4403
const BACK_OFF_MS = [50, 250, 500, 1000, 2000]
const BACK_OFF_MAX_MS = 5000
const HELD_MS = 5000
const OPEN_PATIENCE_MS = 10_000
const READY_PATIENCE_MS = 3000
const BEAT_MS = 15_000
const BEAT_PATIENCE_MS = 10_000
const DOUBT_PATIENCE_MS = 3000
/** What `setTimeout` can wait at most: 25 days. */
const NEVER_MS = 2_147_483_647
const NO_STORE: Pick<Storage, 'getItem' | 'setItem'> = { getItem: () => null, setItem: () => {} }
