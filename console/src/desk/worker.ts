// The desk's service worker: it makes the desk installable, opens it without a network, and hears what is pressed on a
// notification.
export {}

declare const self: ServiceWorkerGlobalScope

const KEPT_IN = 'desk'

const PAGE = '/desk'
/** With a page that is kept, so long after it was asked for a network that says nothing counts as none. */
const ANSWERS_WITHIN_MS = 4_000

self.addEventListener('install', (event) => {
  void self.skipWaiting()
  // The page that has this worker was loaded without it: all that it is made of is fetched once more, from the
  // browser's own cache mostly. Without a network now, the next visit keeps it.
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

/** The page itself: as it is now, or as it was when there is no network. */
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

/** Keeps the page once everything is there that it is made of: half of it would be no page without a network. */
async function keepWhole(page: Response): Promise<void> {
  if (!page.ok) return
  const kept = await caches.open(KEPT_IN)
  const files = [...filesIn(await page.clone().text())]
  for (const file of files) {
    const response = await keptOrFresh(new Request(file))
    if (!response.ok) return
    // A style names its fonts.
    if (file.endsWith('.css')) files.push(...[...filesIn(await response.clone().text())].filter((name) => !files.includes(name)))
  }
  // Without what stands in the address: whoever opened it, the page is the same.
  await kept.put(PAGE, page)
}

function filesIn(text: string): Set<string> {
  return new Set(text.match(/\/assets\/[\w.-]+/g))
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
  // There may be several, of several people: only the one that has the offer answers it.
  for (const desk of desks) desk.postMessage({ offer, answer: action })
  if (action === 'decline') return
  await (desks[0] ? desks[0].focus() : self.clients.openWindow('/desk'))
}
