// What of a session outlives a reload of this tab: half-typed words, unsent messages, the call, the client's wish.
// Never a token.

/** What is kept. */
export type KeptName = 'draft' | 'unsent' | 'notes' | 'call' | 'wish'

/** Reads what was kept of the session; none when there is nothing, or no storage. */
export function recall<T>(session: string, name: KeptName): T | undefined {
  try {
    const text = sessionStorage.getItem(placeOf(session, name))
    return text === null ? undefined : (JSON.parse(text) as T)
  } catch {
    return undefined
  }
}

/** Keeps it, or forgets it when there is nothing to keep. */
export function keep(session: string, name: KeptName, value: unknown): void {
  try {
    if (value === undefined) sessionStorage.removeItem(placeOf(session, name))
    else sessionStorage.setItem(placeOf(session, name), JSON.stringify(value))
  } catch {
    // Storage that is full or forbidden: then it lasts as long as the page.
  }
}

function placeOf(session: string, name: KeptName): string {
  return `switchboard.session.${session}.${name}`
}
