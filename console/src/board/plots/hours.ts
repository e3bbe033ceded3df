// The last hours of a company, in equal parts: those that are over are asked for once, the present one again and again.
import { useEffect, useState } from 'preact/hooks'
import type { Api } from '../../person/api.js'
import { learnServerTime, serverTime } from '../clock.js'

/** How long each part is. */
export const PART_MS = 30 * 60_000
/** How many parts there are, with the present one. */
export const PARTS = 12
const ASK_AGAIN_AFTER_MS = 30_000

/** How long things took. */
interface Durations {
  readonly count: number
  readonly p50_ms: number | null
  readonly p90_ms: number | null
}

/** What the statistics say of a part. */
interface Statistics {
  readonly from: string
  readonly to: string
  readonly bookings: {
    readonly offering: number
    readonly assigned: number
    readonly unanswered: number
    readonly cancelled: number
    readonly expired: number
    readonly time_to_answer: Durations
  }
  readonly time: { readonly idle_ms: number }
}

/** A part of the last hours. */
export interface Part {
  /** When it begins, in milliseconds since 1970. */
  readonly from: number
  /** What went on; none until it was heard. */
  readonly heard: Heard | undefined
}

/** What went on in a part. */
export interface Heard {
  readonly assigned: number
  readonly unanswered: number
  readonly cancelled: number
  readonly expired: number
  /** Booking to yes, in milliseconds; none when there was no yes. */
  readonly median: number | undefined
  readonly ninetieth: number | undefined
  /** How many were idle on average. */
  readonly idle: number
}

/** The parts, oldest first. One request is under way at a time, and none while nobody looks. */
export function useHours(api: Api): readonly Part[] {
  const [parts, tell] = useState<readonly Part[]>(() => lastParts(new Map()))
  useEffect(() => {
    const hours = new Hours(api, tell)
    hours.begin()
    return () => hours.end()
  }, [api])
  return parts
}

class Hours {
  readonly #api: Api
  readonly #tell: (parts: readonly Part[]) => void
  readonly #heard = new Map<number, Heard>()
  /** Those that do not change any more. */
  readonly #settled = new Set<number>()
  #next: ReturnType<typeof setTimeout> | undefined
  #ended = false

  constructor(api: Api, tell: (parts: readonly Part[]) => void) {
    this.#api = api
    this.#tell = tell
  }

  begin(): void {
    void this.#round()
  }

  end(): void {
    this.#ended = true
    clearTimeout(this.#next)
  }

  /** From the present part backwards; what could not be had is asked for in the next round. */
  async #round(): Promise<void> {
    try {
      if (!document.hidden) await this.#ask()
    } catch {
      // The line is lost or the server busy: the plots stay as they are.
    }
    if (!this.#ended) this.#next = setTimeout(() => void this.#round(), ASK_AGAIN_AFTER_MS)
  }

  async #ask(): Promise<void> {
    for (const { from } of [...lastParts(this.#heard)].reverse()) {
      if (this.#settled.has(from)) continue
      await this.#askFor(from)
      if (this.#ended) return
      this.#forgetBefore(lastParts(this.#heard)[0]?.from ?? 0)
      this.#tell(lastParts(this.#heard))
    }
  }

  async #askFor(from: number): Promise<void> {
    const askedAt = Date.now()
    const isPresent = from + PART_MS > serverTime()
    const to = isPresent ? undefined : new Date(from + PART_MS).toISOString()
    const statistics = await this.#api.get<Statistics>('/statistics', { from: new Date(from).toISOString(), to })
    // Without an end, the answer ends now.
    if (isPresent) learnServerTime(statistics.to, askedAt)
    this.#heard.set(from, heardOf(statistics))
    // A booking that is open yet will still be counted otherwise.
    if (!isPresent && statistics.bookings.offering === 0) this.#settled.add(from)
  }

  /** A wall may hang for weeks. */
  #forgetBefore(oldest: number): void {
    for (const from of this.#heard.keys()) {
      if (from >= oldest) continue
      this.#heard.delete(from)
      this.#settled.delete(from)
    }
  }
}

function lastParts(heard: ReadonlyMap<number, Heard>): readonly Part[] {
  const present = Math.floor(serverTime() / PART_MS)
  return Array.from({ length: PARTS }, (_, at) => {
    const from = (present - PARTS + 1 + at) * PART_MS
    return { from, heard: heard.get(from) }
  })
}

function heardOf({ from, to, bookings, time }: Statistics): Heard {
  const { assigned, unanswered, cancelled, expired, time_to_answer } = bookings
  const lasted = Math.max(1, Date.parse(to) - Date.parse(from))
  const { count, p50_ms, p90_ms } = time_to_answer
  return {
    assigned,
    unanswered,
    cancelled,
    expired,
    median: count > 0 ? (p50_ms ?? undefined) : undefined,
    ninetieth: count > 0 ? (p90_ms ?? undefined) : undefined,
    idle: time.idle_ms / lasted,
  }
}
