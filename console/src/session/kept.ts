// Data of a session that survives a reload of this tab: half-typed text, unsent messages, notes and the call.
import * as kept from '../kept.js'

/** The kinds of data. */
export type KeptName = 'draft' | 'unsent' | 'notes' | 'call'

/** Reads kept data of the session; undefined if there is none. */
export function recall<T>(session: string, name: KeptName): T | undefined {
  return kept.recall('in-tab', placeOf(session, name)) as T | undefined
}

/** Keeps data, or forgets it if undefined. */
export function keep(session: string, name: KeptName, value: unknown): void {
  kept.keep('in-tab', placeOf(session, name), value)
}

function placeOf(session: string, name: KeptName): string {
  return `session.${session}.${name}`
}
