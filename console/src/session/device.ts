// Which device this page is to the other side: a random id that outlives a reload, and is never that of two pages.

const KEPT_AS = 'switchboard.device'

/** Makes an id that nobody guesses or meets twice. */
export function freshId(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(12))
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('')
}

/** This page's id. */
export const device: string = takeKept() ?? freshId()

// It is put down only while the page is away: a copy of the tab copies its storage too, and must not find the id there.
addEventListener('pagehide', () => keep(device))
addEventListener('pageshow', ({ persisted }) => {
  if (persisted) takeKept()
})

function takeKept(): string | undefined {
  try {
    const kept = sessionStorage.getItem(KEPT_AS) ?? undefined
    sessionStorage.removeItem(KEPT_AS)
    return kept
  } catch {
    return undefined
  }
}

function keep(id: string): void {
  try {
    sessionStorage.setItem(KEPT_AS, id)
  } catch {
    // A page in a frame of somebody else may have no storage: then a reload makes it another device.
  }
}
