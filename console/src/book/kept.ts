// Data of a client that survives a reload of this tab: the draft of a booking, and the last session.
import type { Booking } from 'switchboard-client'
import { keep, recall } from '../kept.js'

/** A booking that is being written. */
export interface Draft {
  readonly topic: string
  readonly question: string
}

/** Reads the draft; `place` names the company's topic and the client. */
export function draftOf(place: string): Draft | undefined {
  return recall('in-tab', `${place}.draft`) as Draft | undefined
}

/** Keeps the draft, or forgets it. */
export function keepDraft(place: string, draft: Draft | undefined): void {
  keep('in-tab', `${place}.draft`, draft)
}

/** Reads the last booking whose session is over. */
export function lastOf(place: string): Booking | undefined {
  return recall('in-tab', `${place}.last`) as Booking | undefined
}

/** Keeps the booking, or forgets it. Only the server keeps its messages. */
export function keepLast(place: string, booking: Booking | undefined): void {
  keep('in-tab', `${place}.last`, booking)
}
