// Data that a browser keeps for the pages, on the device or as long as the tab is open. Never a token.
import { framed } from './framed.js'

/** How long a value is kept: on the device, or until the tab is closed. */
export type Kept = 'on-device' | 'in-tab'

/** Reads a kept value; undefined if missing or unreadable. */
export function recall(kept: Kept, name: string): unknown {
  try {
    const text = storage(kept).getItem(placeOf(name))
    return text === null ? undefined : JSON.parse(text)
  } catch {
    return undefined
  }
}

/** Keeps a value, or forgets it if undefined. */
export function keep(kept: Kept, name: string, value: unknown): void {
  try {
    if (value === undefined) storage(kept).removeItem(placeOf(name))
    else storage(kept).setItem(placeOf(name), JSON.stringify(value))
  } catch {
    // Storage is full or forbidden: the value lasts as long as the page.
  }
}

// Where storage is forbidden, even reading the property throws.
function storage(kept: Kept): Pick<Storage, 'getItem' | 'setItem' | 'removeItem'> {
  if (kept === 'on-device') return localStorage
  try {
    return sessionStorage
  } catch (error) {
    if (framed) return framed
    throw error
  }
}

/** The key in the browser's storage. */
export function placeOf(name: string): string {
  return `switchboard.${name}`
}
