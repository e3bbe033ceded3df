// Signals between the pages of both sides beside messages: presence, read marks and typing.
import { signal, type ReadonlySignal } from '@preact/signals'
import type { SessionTopic, Side } from 'switchboard-client'
import { device } from './device.js'
import { heardToo, lastOf, markOf, NOTHING_HEARD, type Heard } from './marks.js'
import { understood, written, type Mark, type Signal } from './signals.js'

/** Interval at which typing is announced while it goes on… */
const TYPING_AGAIN_MS = 3_000
/** …and the time after which an announcement expires. */
const TYPING_LASTS_MS = 6_000

/** The other side of a person's session. */
export function otherSide(side: Side): Side {
  return side === 'client' ? 'employee' : 'client'
}

/** One page's end of the exchange of signals, which ends with `close`. */
export class Contact {
  readonly #topic: SessionTopic
  readonly #other: Side
  readonly #heard = signal<Heard>(NOTHING_HEARD)
  readonly #typing = signal(false)
  readonly #stops: (() => void)[] = []
  #typingEnds: ReturnType<typeof setTimeout> | undefined
  #typingTold = Number.NEGATIVE_INFINITY
  #told: Mark = {}
  #seen: string | undefined
  #reading = false
  #live = false

  constructor(topic: SessionTopic, side: Side) {
    this.#topic = topic
    this.#other = otherSide(side)
    const look = () => this.#look()
    document.addEventListener('visibilitychange', look)
    this.#stops.push(
      topic.subscribe(look),
      topic.onSignal((data) => this.#hear(understood(data))),
      topic.on('message', ({ from }) => from === this.#other && this.#typingIs(false)),
      () => document.removeEventListener('visibilitychange', look),
      () => clearTimeout(this.#typingEnds),
    )
    look()
  }

  /** The delivery of one's own messages. */
  get heard(): ReadonlySignal<Heard> {
    return this.#heard
  }

  /** Whether the peer is typing. */
  get typing(): ReadonlySignal<boolean> {
    return this.#typing
  }

  /** Announces that this person is typing, or has stopped. */
  types(typing: boolean): void {
    const now = performance.now()
    if (typing ? now - this.#typingTold < TYPING_AGAIN_MS : this.#typingTold === Number.NEGATIVE_INFINITY) return
    this.#typingTold = typing ? now : Number.NEGATIVE_INFINITY
    this.#tell({ about: 'typing', typing })
  }

  /** Notes whether the messages are on the screen, as far as this page knows. */
  reads(reading: boolean): void {
    this.#reading = reading
    this.#look()
  }

  /** Stops listening and telling. */
  close(): void {
    for (const stop of this.#stops) stop()
  }

  #look(): void {
    const { live } = this.#topic
    // Signals during a lost connection are gone, so that the marks are asked for and told again.
    if (live && !this.#live) {
      this.#told = {}
      this.#tell({ about: 'hello', from: device })
    }
    this.#live = live
    if (live) this.#mark()
  }

  #mark(): void {
    const messages = this.#topic.state?.messages ?? []
    if (this.#reading && document.visibilityState === 'visible') this.#seen = lastOf(messages, this.#other)
    const mark = markOf(messages, this.#other, this.#seen)
    if (!mark || (mark.delivered === this.#told.delivered && mark.seen === this.#told.seen)) return
    this.#told = mark
    this.#tell({ about: 'mark', mark })
  }

  #hear(said: Signal | undefined): void {
    if (said?.about === 'typing') this.#typingIs(said.typing)
    if (said?.about === 'mark') {
      this.#heard.value = heardToo(this.#heard.value, said.mark, this.#topic.state?.messages ?? [])
    }
    if (said?.about === 'hello') {
      this.#told = {}
      this.#mark()
    }
  }

  #typingIs(typing: boolean): void {
    clearTimeout(this.#typingEnds)
    this.#typing.value = typing
    if (typing) this.#typingEnds = setTimeout(() => (this.#typing.value = false), TYPING_LASTS_MS)
  }

  #tell(signal: Signal): void {
    if (this.#topic.live) this.#topic.signal(written(signal))
  }
}
