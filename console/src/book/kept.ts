// What of a client's request outlives a reload of this tab: what they are writing, and their last session.
import type { Booking } from 'switchboard-client'
import { keep, recall } from '../kept.js'

/** A request that is being written. */
export interface Draft {
  readonly topic: string
  readonly question: string
}

/** Reads what was being written to that company; `place` is the company's topic and the client. */
export function draftOf(place: string): Draft | undefined {
  return recall('in-tab', `${place}.draft`) as Draft | undefined
}

/** Keeps it, or forgets it. */
export function keepDraft(place: string, draft: Draft | undefined): void {
  keep('in-tab', `${place}.draft`, draft)
}

/** Reads the last booking whose session is over. */
export function lastOf(place: string): Booking | undefined {
  return recall('in-tab', `${place}.last`) as Booking | undefined
}

/** Keeps it, or forgets it. Its messages are kept by the server alone. */
export function keepLast(place: string, booking: Booking | undefined): void {
  keep('in-tab', `${place}.last`, booking)
}
