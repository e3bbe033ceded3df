// The desk's service worker, which makes the desk installable, opens it without a network, and handles presses on
// notifications.
export {}

declare const self: ServiceWorkerGlobalScope

const KEPT_IN = 'desk'

const PAGE = '/desk'
/** When a kept page exists, a network that gives no answer for so long counts as missing. */
const ANSWERS_WITHIN_MS = 4_000

self.addEventListener('install', (event) => {
  void self.skipWaiting()
  // The first page was loaded without this worker, so its files are fetched once more, mostly from the browser's own
  // cache. If the network is missing now, the next visit keeps them.
  event.waitUntil(fetch(PAGE).then(keepWhole).catch(() => {}))
})
self.addEventListener('activate', (event) => event.waitUntil(self.clients.claim()))

self.addEventListener('fetch', (event) => {
  const { request } = event
  const { origin, pathname } = new URL(request.url)
  const isOurs = origin === self.location.origin && request.method === 'GET'
  if (isOurs && pathname === PAGE && request.mode === 'navigate') event.respondWith(freshOrKept(event))
  else if (isOurs && pathname.startsWith('/assets/')) event.respondWith(keptOrFresh(request))
})

/** The page itself: the fresh one, or the kept one if there is no network. */
async function freshOrKept(event: FetchEvent): Promise<Response> {
  const kept = await caches.open(KEPT_IN)
  const before = await kept.match(PAGE)
  const fresh = fetch(event.request)
  try {
    const now = await (before ? Promise.race([fresh, silence()]) : fresh)
    const copy = now.clone()
    event.waitUntil(keepWhole(copy).catch(() => {}))
    return now
  } catch {
    return before ?? Response.error()
  }
}

function silence(): Promise<never> {
  return new Promise((_, reject) => setTimeout(reject, ANSWERS_WITHIN_MS))
}

/** Keeps the page once all its files are there, because a part of them would not work without a network. */
async function keepWhole(page: Response): Promise<void> {
  if (!page.ok) return
  const kept = await caches.open(KEPT_IN)
  const files = [...filesIn(await page.clone().text())]
  for (const file of files) {
    const response = await keptOrFresh(new Request(file))
    if (!response.ok) return
    // A stylesheet names its fonts.
    if (file.endsWith('.css')) files.push(...[...filesIn(await response.clone().text())].filter((name) => !files.includes(name)))
  }
  // Kept without the query of the address, since the page is the same for every employee.
  await kept.put(PAGE, page)
}

function filesIn(text: string): Set<string> {
  return new Set(text.match(/\/assets\/[\w.-]+/g))
}

/** A file whose name contains a hash of its content never changes. Only the newest files are kept. */
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

/** Enough for some versions of the page, with a dozen files each. */
const FILES_MAX = 60

async function forgetOldest(kept: Cache): Promise<void> {
  const keys = await kept.keys()
  const tooMany = keys.filter((key) => new URL(key.url).pathname !== PAGE).slice(0, Math.max(0, keys.length - FILES_MAX))
  await Promise.all(tooMany.map((key) => kept.delete(key)))
}

self.addEventListener('notificationclick', (event) => {
  const { notification, action } = event
  notification.close()
  event.waitUntil(answer(notification.data as { offer: string }, action))
})

async function answer({ offer }: { offer: string }, action: string): Promise<void> {
  const desks = (await self.clients.matchAll({ type: 'window' })).filter(({ url }) => new URL(url).pathname === '/desk')
  // Several desks may be open, for several employees; only the one that has the offer answers it.
  for (const desk of desks) desk.postMessage({ offer, answer: action })
  if (action === 'decline') return
  await (desks[0] ? desks[0].focus() : self.clients.openWindow('/desk'))
}
