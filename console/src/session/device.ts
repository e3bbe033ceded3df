// Which device this page is to the other side: a random id that outlives a reload, and is never that of two pages.
import { keep, recall } from '../kept.js'

const KEPT_AS = 'device'

/** Makes an id that nobody guesses or meets twice. */
export function freshId(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(12))
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('')
}

/** This page's id. */
export const device: string = takeKept() ?? freshId()

// It is put down only while the page is away: a copy of the tab copies its storage too, and must not find the id there.
addEventListener('pagehide', () => keep('in-tab', KEPT_AS, device))
addEventListener('pageshow', ({ persisted }) => {
  if (persisted) takeKept()
})

function takeKept(): string | undefined {
  const kept = recall('in-tab', KEPT_AS)
  keep('in-tab', KEPT_AS, undefined)
  return typeof kept === 'string' ? kept : undefined
}
