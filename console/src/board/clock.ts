// The time on the board: one timer for everything that ticks, by the server's clock.
import { signal } from '@preact/signals'

const TICK_MS = 1000

/** How far the server's clock is ahead of this device's, in milliseconds; 0 until the server's time is known. */
let aheadMs = 0

/** The server's time now, as far as this device knows. */
export function serverTime(): number {
  return Date.now() + aheadMs
}

/** The server's time, updated every second. */
export const ticking = signal(serverTime())

/** Learns the server's time from an answer. `askedAt` is this device's time of the request. */
export function learnServerTime(saidAt: string, askedAt: number): void {
  const heardAt = Date.now()
  aheadMs = Date.parse(saidAt) - (askedAt + heardAt) / 2
  ticking.value = serverTime()
}

setInterval(() => (ticking.value = serverTime()), TICK_MS)
