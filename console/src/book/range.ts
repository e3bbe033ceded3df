// An estimate of a wait as a range in whole steps, never as a point and never below the time that has passed.

const SECOND_MS = 1_000
const MINUTE_MS = 60_000

/** A range of time from now, in seconds or in minutes; from 0 means soon. */
export interface Range {
  readonly from: number
  readonly to: number
  readonly unit: 'second' | 'minute'
}

/**
 * The rest of an estimate that is so old; undefined once its end has passed, because the estimate was wrong then and a
 * shorter one would be invented.
 */
export function rangeOf(estimate: { readonly from_ms: number; readonly to_ms: number }, ageMs: number): Range | undefined {
  const [from, to] = [Math.max(0, estimate.from_ms - ageMs), estimate.to_ms - ageMs]
  if (to <= 0) return undefined
  // Rounded outwards, in steps of 15 s, of a minute, or of five.
  const step = to < 2 * MINUTE_MS ? 15 * SECOND_MS : to < 10 * MINUTE_MS ? MINUTE_MS : 5 * MINUTE_MS
  const [low, high] = [Math.floor(from / step) * step, Math.ceil(to / step) * step]
  const unit = high < 2 * MINUTE_MS ? 'second' : 'minute'
  const unitMs = unit === 'second' ? SECOND_MS : MINUTE_MS
  const first = Math.floor(low / unitMs)
  // A range whose ends are the same would be a point.
  const last = Math.max(Math.ceil(high / unitMs), first + (unit === 'second' ? 15 : 1))
  return { from: first, to: last, unit }
}
