// What the pages of both sides tell each other beside messages: who is there, how far they have read, who types.
import { signal, type ReadonlySignal } from '@preact/signals'
import type { SessionTopic, Side } from 'switchboard-client'
import { device } from './device.js'
import { heardToo, lastOf, markOf, NOTHING_HEARD, type Heard } from './marks.js'
import { understood, written, type Mark, type Signal } from './signals.js'

/** Typing is told again that often while it goes on… */
const TYPING_AGAIN_MS = 3_000
/** …and believed so long after it was last told. */
const TYPING_LASTS_MS = 6_000

/** The other side of a person's session. */
export function otherSide(side: Side): Side {
  return side === 'client' ? 'employee' : 'client'
}

/** One page's part in it; it ends with `close`. */
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

  /** How far one's own messages have come. */
  get heard(): ReadonlySignal<Heard> {
    return this.#heard
  }

  /** Whether the other is typing. */
  get typing(): ReadonlySignal<boolean> {
    return this.#typing
  }

  /** Tells that this person is typing, or has stopped. */
  types(typing: boolean): void {
    const now = performance.now()
    if (typing ? now - this.#typingTold < TYPING_AGAIN_MS : this.#typingTold === Number.NEGATIVE_INFINITY) return
    this.#typingTold = typing ? now : Number.NEGATIVE_INFINITY
    this.#tell({ about: 'typing', typing })
  }

  /** Whether the messages are on the screen, as far as this page knows. */
  reads(reading: boolean): void {
    this.#reading = reading
    this.#look()
  }

  /** Hears and tells no more. */
  close(): void {
    for (const stop of this.#stops) stop()
  }

  #look(): void {
    const { live } = this.#topic
    // Whatever was told while the line was lost is gone: it is asked for and told anew.
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
