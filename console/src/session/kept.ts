// What of a session outlives a reload of this tab: half-typed words, unsent messages, notes, the call.
import * as kept from '../kept.js'

/** What is kept. */
export type KeptName = 'draft' | 'unsent' | 'notes' | 'call'

/** Reads what was kept of the session; none when there is nothing. */
export function recall<T>(session: string, name: KeptName): T | undefined {
  return kept.recall('in-tab', placeOf(session, name)) as T | undefined
}

/** Keeps it, or forgets it when there is nothing to keep. */
export function keep(session: string, name: KeptName, value: unknown): void {
  kept.keep('in-tab', placeOf(session, name), value)
}

function placeOf(session: string, name: KeptName): string {
  return `session.${session}.${name}`
}
