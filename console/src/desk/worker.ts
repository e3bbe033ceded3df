// The desk's service worker: it makes the desk installable, opens it without a network, and hears what is pressed on a
// notification.
export {}

declare const self: ServiceWorkerGlobalScope

const KEPT_IN = 'desk'

self.addEventListener('install', () => void self.skipWaiting())
self.addEventListener('activate', (event) => event.waitUntil(self.clients.claim()))

self.addEventListener('fetch', (event) => {
  const { request } = event
  const { origin, pathname } = new URL(request.url)
  const isOurs = origin === self.location.origin && request.method === 'GET'
  if (isOurs && pathname === '/desk' && request.mode === 'navigate') event.respondWith(freshOrKept(request))
  else if (isOurs && pathname.startsWith('/assets/')) event.respondWith(keptOrFresh(request))
})

/** The page itself: as it is now, or as it was when there is no network. */
async function freshOrKept(request: Request): Promise<Response> {
  const kept = await caches.open(KEPT_IN)
  try {
    const fresh = await fetch(request)
    // Without what stands in the address: whoever opened it, the page is the same.
    if (fresh.ok) await kept.put('/desk', fresh.clone())
    return fresh
  } catch {
    return (await kept.match('/desk')) ?? Response.error()
  }
}

/** What has its content in its name never changes. Only the newest are kept. */
async function keptOrFresh(request: Request): Promise<Response> {
  const kept = await caches.open(KEPT_IN)
  const found = await kept.match(request)
  if (found) return found
  const fresh = await fetch(request)
  if (fresh.ok) {
    await kept.put(request, fresh.clone())
    await forgetOldest(kept)
  }
  return fresh
}

/** Some versions of the page, with a dozen files each. */
const FILES_MAX = 60

async function forgetOldest(kept: Cache): Promise<void> {
  const keys = await kept.keys()
  const tooMany = keys.filter((key) => new URL(key.url).pathname !== '/desk').slice(0, Math.max(0, keys.length - FILES_MAX))
  await Promise.all(tooMany.map((key) => kept.delete(key)))
}

self.addEventListener('notificationclick', (event) => {
  const { notification, action } = event
  notification.close()
  event.waitUntil(answer(notification.data as { offer: string }, action))
})

async function answer({ offer }: { offer: string }, action: string): Promise<void> {
  const desks = (await self.clients.matchAll({ type: 'window' })).filter(({ url }) => new URL(url).pathname === '/desk')
  // There may be several, of several people: only the one that has the offer answers it.
  for (const desk of desks) desk.postMessage({ offer, answer: action })
  if (action === 'decline') return
  await (desks[0] ? desks[0].focus() : self.clients.openWindow('/desk'))
}
