// The last hours of a company in equal parts, and its day so far. Finished parts are requested once, the present part
// repeatedly. The day begins at midnight of the viewer's time zone.
import { useEffect, useMemo, useState } from 'preact/hooks'
import type { Api } from '../../person/api.js'
import { learnServerTime, serverTime } from '../clock.js'

export const PART_MS = 30 * 60_000
/** Number of parts, including the present one. */
export const PARTS = 12
const ASK_AGAIN_AFTER_MS = 30_000
/** After a change the next request comes sooner, … */
const ASK_AFTER_CHANGE_MS = 1_000
/** … but requests to a large company take at most a tenth of the time. */
const REST_PER_ASKED = 10
const REST_MAX_MS = 5_000

/** Count and percentiles of durations. */
interface Durations {
  readonly count: number
  readonly p50_ms: number | null
  readonly p90_ms: number | null
}

/** Statistics of a part, as far as the plots use them. */
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
  /** Beginning of the part, in milliseconds since 1970. */
  readonly from: number
  /** The figures; undefined until the server has answered. */
  readonly heard: Heard | undefined
}

/** Numbers of bookings by outcome. */
export interface Counts {
  readonly offering: number
  readonly assigned: number
  readonly unanswered: number
  readonly cancelled: number
  readonly expired: number
}

/** The figures of a part. */
export interface Heard extends Counts {
  /** Median time from booking to acceptance, in milliseconds; undefined without an acceptance. */
  readonly median: number | undefined
  readonly ninetieth: number | undefined
  /** Average number of idle employees. */
  readonly idle: number
}

/** The parts, oldest first, and the day; without figures until the server has answered. */
export interface Told {
  readonly parts: readonly Part[]
  readonly day: { readonly began: number; readonly counts: Counts | undefined }
}

/**
 * Requests the figures again soon after `changed` has changed, as long as `looks` says that the plots are in sight. At
 * most one request is in progress, and none while the page is hidden.
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
  /** Parts whose figures no longer change. */
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

  /** Notes a change: the next round comes soon. */
  look(): void {
    if (this.#asking) this.#nextAt = 0
    else this.#planFor(performance.now() + ASK_AFTER_CHANGE_MS)
  }

  /** Stops requests until `begin`; the known figures stay. */
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

  /** Requests the parts from the present one backwards; the next round repeats those that fail. */
  async #round(): Promise<void> {
    const begun = performance.now()
    this.#next = undefined
    this.#nextAt = begun + ASK_AGAIN_AFTER_MS
    this.#asking = true
    try {
      if (!document.hidden) await this.#ask()
    } catch {
      // The connection is lost or the server is busy: the plots stay as they are.
    }
    this.#asking = false
    const now = performance.now()
    this.#restUntil = now + Math.min((now - begun) * REST_PER_ASKED, REST_MAX_MS)
    // The requests may have missed a change that came during the round.
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

  /** The day up to the present part changes only with the present part, or while an earlier booking is still open. */
  async #askForDay(): Promise<void> {
    const [from, present] = [midnight(), presentPart()]
    // If midnight is within the present part, the whole day is requested.
    const to = from > present ? undefined : present
    const early = this.#early
    if (from === to || (early && early.isSettled && early.from === from && early.to === to)) return
    const range = { from: new Date(from).toISOString(), to: to && new Date(to).toISOString() }
    const counts = heardOf(await this.#api.get<Statistics>('/statistics', range))
    this.#early = { from, to, counts, isSettled: to !== undefined && counts.offering === 0 }
  }

  /** The day's figures; the former ones stay until all parts of the new ones are known. */
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
    // Without an end, the answer's end is the server's present time.
    if (isPresent) learnServerTime(statistics.to, askedAt)
    this.#heard.set(from, heardOf(statistics))
    // A booking that is still open will be counted differently later.
    if (!isPresent && statistics.bookings.offering === 0) this.#settled.add(from)
  }

  /** Forgets old parts, because a wall may hang for weeks. */
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
