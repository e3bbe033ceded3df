// What a browser keeps for the pages, on the device or as long as the tab. Never a token.
import { framed } from './framed.js'

/** How long something is kept: as the device's own, or until the tab is closed. */
export type Kept = 'on-device' | 'in-tab'

/** Reads what was kept under that name; undefined when there is nothing, or nothing that can be read. */
export function recall(kept: Kept, name: string): unknown {
  try {
    const text = storage(kept).getItem(placeOf(name))
    return text === null ? undefined : JSON.parse(text)
  } catch {
    return undefined
  }
}

/** Keeps it, or forgets it when there is nothing to keep. */
export function keep(kept: Kept, name: string, value: unknown): void {
  try {
    if (value === undefined) storage(kept).removeItem(placeOf(name))
    else storage(kept).setItem(placeOf(name), JSON.stringify(value))
  } catch {
    // Storage is full or forbidden: then it lasts as long as the page.
  }
}

// Where storage is forbidden, already this throws.
function storage(kept: Kept): Pick<Storage, 'getItem' | 'setItem' | 'removeItem'> {
  if (kept === 'on-device') return localStorage
  try {
    return sessionStorage
  } catch (error) {
    if (framed) return framed
    throw error
  }
}

/** The name under which the browser has it. */
export function placeOf(name: string): string {
  return `switchboard.${name}`
}
