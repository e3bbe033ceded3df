// The id of this page as a device: random, kept over a reload, and never shared by two pages.
import { keep, recall } from '../kept.js'

const KEPT_AS = 'device'

/** Makes a random id that cannot be guessed and does not repeat. */
export function freshId(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(12))
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('')
}

/** The id of this page. */
export const device: string = takeKept() ?? freshId()

// The id is stored only while the page is away: duplicating a tab copies its storage, and the copy must not find the
// id.
addEventListener('pagehide', () => keep('in-tab', KEPT_AS, device))
addEventListener('pageshow', ({ persisted }) => {
  if (persisted) takeKept()
})

function takeKept(): string | undefined {
  const kept = recall('in-tab', KEPT_AS)
  keep('in-tab', KEPT_AS, undefined)
  return typeof kept === 'string' ? kept : undefined
}
