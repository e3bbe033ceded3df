// The time on the board: one timer for everything that ticks, by the server's clock.
import { signal } from '@preact/signals'

const TICK_MS = 1000

/** How far the server's clock is ahead of this device's, in milliseconds; 0 until it was heard. */
let aheadMs = 0

/** The server's time now, as well as it is known here. */
export function serverTime(): number {
  return Date.now() + aheadMs
}

/** The server's time, a second at a time. */
export const ticking = signal(serverTime())

/** Learns the server's time from an answer that has it; `askedAt` is this device's time when it was asked for. */
export function learnServerTime(saidAt: string, askedAt: number): void {
  const heardAt = Date.now()
  aheadMs = Date.parse(saidAt) - (askedAt + heardAt) / 2
  ticking.value = serverTime()
}

setInterval(() => (ticking.value = serverTime()), TICK_MS)
