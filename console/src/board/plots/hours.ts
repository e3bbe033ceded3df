// The last hours of a company in equal parts, and its day so far: what is over is asked for once, the present part again
// and again. The day begins at midnight where the viewer is.
import { useEffect, useMemo, useState } from 'preact/hooks'
import type { Api } from '../../person/api.js'
import { learnServerTime, serverTime } from '../clock.js'

/** How long each part is. */
export const PART_MS = 30 * 60_000
/** How many parts there are, with the present one. */
export const PARTS = 12
const ASK_AGAIN_AFTER_MS = 30_000
/** After a change it is asked sooner, … */
const ASK_AFTER_CHANGE_MS = 1_000
/** … but a large company is not asked for more than a tenth of the time. */
const REST_PER_ASKED = 10
const REST_MAX_MS = 5_000

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

/** What became of the bookings of some time. */
export interface Counts {
  readonly offering: number
  readonly assigned: number
  readonly unanswered: number
  readonly cancelled: number
  readonly expired: number
}

/** What went on in a part. */
export interface Heard extends Counts {
  /** Booking to yes, in milliseconds; none when there was no yes. */
  readonly median: number | undefined
  readonly ninetieth: number | undefined
  /** How many were idle on average. */
  readonly idle: number
}

/** The parts, oldest first, and the day; none of that until it was heard. */
export interface Told {
  readonly parts: readonly Part[]
  readonly day: { readonly began: number; readonly counts: Counts | undefined }
}

/**
 * Asked for anew soon after `changed` is another, as long as `looks` says that the parts are in sight. One request is
 * under way at a time, and none while nobody looks at the page.
 */
export function useHours(api: Api, changed: number, looks: boolean): Told {
  const [told, tell] = useState<Told>(() => ({ parts: lastParts(new Map()), day: { began: midnight(), counts: undefined } }))
  const hours = useMemo(() => new Hours(api, tell), [api])
  useEffect(() => {
    if (!looks) return undefined
    hours.begin()
    const look = () => !document.hidden && hours.look()
    document.addEventListener('visibilitychange', look)
    return () => {
      document.removeEventListener('visibilitychange', look)
      hours.rest()
    }
  }, [hours, looks])
  useEffect(() => hours.look(), [hours, changed])
  return told
}

/** The beginning of the viewer's day, by the server's time. */
function midnight(): number {
  return new Date(serverTime()).setHours(0, 0, 0, 0)
}

class Hours {
  readonly #api: Api
  readonly #tell: (told: Told) => void
  readonly #heard = new Map<number, Heard>()
  /** Those that do not change any more. */
  readonly #settled = new Set<number>()
  /** The day up to the present part. */
  #early: { readonly from: number; readonly to: number | undefined; readonly counts: Counts; readonly isSettled: boolean } | undefined
  #lastDay: Told['day'] = { began: midnight(), counts: undefined }
  #next: ReturnType<typeof setTimeout> | undefined
  #nextAt = 0
  #restUntil = 0
  #asking = false
  #begun = false

  constructor(api: Api, tell: (told: Told) => void) {
    this.#api = api
    this.#tell = tell
  }

  begin(): void {
    this.#begun = true
    this.#planFor(performance.now())
  }

  /** Something has happened: the next round is soon. */
  look(): void {
    if (this.#asking) this.#nextAt = 0
    else this.#planFor(performance.now() + ASK_AFTER_CHANGE_MS)
  }

  /** Asks no more until it begins again; what was heard stays. */
  rest(): void {
    this.#begun = false
    clearTimeout(this.#next)
    this.#next = undefined
  }

  #planFor(at: number): void {
    const due = Math.max(at, this.#restUntil)
    if (!this.#begun || this.#asking || (this.#next !== undefined && this.#nextAt <= due)) return
    clearTimeout(this.#next)
    this.#nextAt = due
    this.#next = setTimeout(() => void this.#round(), Math.max(0, due - performance.now()))
  }

  /** From the present part backwards; what could not be had is asked for in the next round. */
  async #round(): Promise<void> {
    const begun = performance.now()
    this.#next = undefined
    this.#nextAt = begun + ASK_AGAIN_AFTER_MS
    this.#asking = true
    try {
      if (!document.hidden) await this.#ask()
    } catch {
      // The line is lost or the server busy: the plots stay as they are.
    }
    this.#asking = false
    const now = performance.now()
    this.#restUntil = now + Math.min((now - begun) * REST_PER_ASKED, REST_MAX_MS)
    // Heard of a change meanwhile: that may not be in what was asked.
    this.#planFor(this.#nextAt === 0 ? now + ASK_AFTER_CHANGE_MS : this.#nextAt)
  }

  async #ask(): Promise<void> {
    for (const { from } of [...lastParts(this.#heard)].reverse()) {
      if (this.#settled.has(from)) continue
      await this.#askFor(from)
      await this.#askForDay()
      if (!this.#begun) return
      this.#forgetBefore(lastParts(this.#heard)[0]?.from ?? 0)
      this.#tell({ parts: lastParts(this.#heard), day: this.#day() })
    }
  }

  /** The day up to the present part changes only when that is another, or a booking of before is still open. */
  async #askForDay(): Promise<void> {
    const [from, present] = [midnight(), presentPart()]
    // Where midnight is within the present part, the day is asked for as a whole.
    const to = from > present ? undefined : present
    const early = this.#early
    if (from === to || (early && early.isSettled && early.from === from && early.to === to)) return
    const range = { from: new Date(from).toISOString(), to: to && new Date(to).toISOString() }
    const counts = heardOf(await this.#api.get<Statistics>('/statistics', range))
    this.#early = { from, to, counts, isSettled: to !== undefined && counts.offering === 0 }
  }

  /** What was told last stays until all of it is known. */
  #day(): Told['day'] {
    const [began, present] = [midnight(), presentPart()]
    const late = this.#heard.get(present)
    const early = this.#early?.from === began ? this.#early : undefined
    if (began > present) this.#lastDay = { began, counts: early?.counts }
    else if (late && began === present) this.#lastDay = { began, counts: late }
    else if (late && early?.to === present) this.#lastDay = { began, counts: sum(early.counts, late) }
    return this.#lastDay
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

function presentPart(): number {
  return Math.floor(serverTime() / PART_MS) * PART_MS
}

function sum(one: Counts, other: Counts): Counts {
  return {
    offering: one.offering + other.offering,
    assigned: one.assigned + other.assigned,
    unanswered: one.unanswered + other.unanswered,
    cancelled: one.cancelled + other.cancelled,
    expired: one.expired + other.expired,
  }
}

function lastParts(heard: ReadonlyMap<number, Heard>): readonly Part[] {
  const present = presentPart()
  return Array.from({ length: PARTS }, (_, at) => {
    const from = present + (at - PARTS + 1) * PART_MS
    return { from, heard: heard.get(from) }
  })
}

function heardOf({ from, to, bookings, time }: Statistics): Heard {
  const { offering, assigned, unanswered, cancelled, expired, time_to_answer } = bookings
  const lasted = Math.max(1, Date.parse(to) - Date.parse(from))
  const { count, p50_ms, p90_ms } = time_to_answer
  return {
    offering,
    assigned,
    unanswered,
    cancelled,
    expired,
    median: count > 0 ? (p50_ms ?? undefined) : undefined,
    ninetieth: count > 0 ? (p90_ms ?? undefined) : undefined,
    idle: time.idle_ms / lasted,
  }
}
