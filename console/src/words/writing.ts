// Numbers, times and durations, in the format of the page's language.
import { language, locale } from './language.js'

const MINUTE_MS = 60_000
const HOUR_MS = 60 * MINUTE_MS
const ENGLISH_UNITS: Readonly<Record<string, string>> = { second: 's', minute: 'min', hour: 'h' }

/** A number in digits. */
export function number(value: number, options: Intl.NumberFormatOptions = {}): string {
  return formatter(Intl.NumberFormat, options).format(value)
}

/** A share between 0 and 1, in whole percent. */
export function percent(share: number): string {
  return number(share, { style: 'percent', maximumFractionDigits: 0 })
}

/** The time of day of a moment, to the minute or to the second. */
export function clock(moment: string | number, to: 'minute' | 'second' = 'minute'): string {
  const second = to === 'second' ? ({ second: '2-digit' } as const) : {}
  return formatter(Intl.DateTimeFormat, { hour: '2-digit', minute: '2-digit', ...second }).format(new Date(moment))
}

/** The day of a moment. */
export function day(moment: string | number): string {
  return formatter(Intl.DateTimeFormat, { weekday: 'long', day: 'numeric', month: 'long' }).format(new Date(moment))
}

/** The day and the time of a moment. */
export function dayAndClock(moment: string | number): string {
  return formatter(Intl.DateTimeFormat, { dateStyle: 'medium', timeStyle: 'short' }).format(new Date(moment))
}

/** A running time in digits: `0:07`, `12:30`, `1:02:00`. A negative duration counts as zero. */
export function running(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1000))
  const pair = (value: number) => number(value, { minimumIntegerDigits: 2 })
  const minutes = Math.floor(seconds / 60)
  const rest = pair(seconds % 60)
  if (minutes < 60) return `${number(minutes)}:${rest}`
  return `${number(Math.floor(minutes / 60))}:${pair(minutes % 60)}:${rest}`
}

/** A duration in one short unit: `8 s`, `12 min`, `3 h`. */
export function lasting(ms: number, fromMs = 0): string {
  const [value, unit] =
    ms < MINUTE_MS && fromMs < MINUTE_MS ? [ms / 1000, 'second'] : ms < HOUR_MS ? [ms / MINUTE_MS, 'minute'] : [ms / HOUR_MS, 'hour']
  const maximumFractionDigits = value < 10 && unit !== 'minute' ? 1 : 0
  if (language.value === 'en') return `${number(value, { maximumFractionDigits })} ${ENGLISH_UNITS[unit]}`
  return number(value, { style: 'unit', unit, unitDisplay: 'short', maximumFractionDigits })
}

/** A person's words as a sentence: with a full stop at the end, unless the words have their own punctuation. */
export function sentence(words: string): string {
  return /[.!?…。؟۔:;)\]"”»“]$/u.test(words.trim()) ? words.trim() : `${words.trim()}.`
}

/** Working time, in minutes or hours: `0 min`, `12 min`, `3.5 h`. */
export function worked(ms: number): string {
  return lasting(ms < HOUR_MS ? Math.floor(ms / MINUTE_MS) * MINUTE_MS : ms, MINUTE_MS)
}

/** A list: `tax, travel and visa`. */
export function list(items: readonly string[]): string {
  return formatter(Intl.ListFormat, { type: 'conjunction' }).format([...items])
}

type Made = Intl.NumberFormat | Intl.DateTimeFormat | Intl.ListFormat
const made = new Map<string, Made>()

/** Reuses formatters, because making one takes far longer than using it, and a board uses thousands. */
function formatter<O, F extends Made>(kind: new (locale: string, options: O) => F, options: O): F {
  const key = `${kind.name} ${locale()} ${JSON.stringify(options)}`
  const found = made.get(key)
  if (found) return found as F
  const fresh = new kind(locale(), options)
  made.set(key, fresh)
  return fresh
}
