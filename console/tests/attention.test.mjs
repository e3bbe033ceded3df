// Notifications that come and go at the same time.
import { test } from 'node:test'
import { source } from './module.mjs'
import { openWorld, untilTrue } from './world.mjs'

const MANY = 60

test('a notification that is taken back takes no other with it', { timeout: 300_000 }, async (t) => {
  const world = await openWorld(t, { whole: true })
  // Its policy would not let the module in.
  const page = await world.page('/desk?as=erika', { permissions: ['notifications'], bypassCSP: true })
  await page.evaluate(() => navigator.serviceWorker.ready)
  await page.evaluate(comeAndGo, { code: await source('../look/attention.ts'), many: MANY })
  await untilTrue(page, async (many) => {
    const registration = await navigator.serviceWorker.getRegistration('/desk')
    return (await registration.getNotifications()).length === many
  }, MANY)
})

/** In a page that nobody sees: of two notifications at a time one stays and one is taken back. */
async function comeAndGo({ code, many }) {
  Object.defineProperty(document, 'hidden', { get: () => true })
  const { beckon, may } = await import(`data:text/javascript,${encodeURIComponent(code)}`)
  may.value = { aloud: false, notify: true }
  let shown = 0
  const { showNotification } = ServiceWorkerRegistration.prototype
  ServiceWorkerRegistration.prototype.showNotification = async function (...given) {
    await showNotification.apply(this, given)
    shown += 1
  }
  for (let n = 0; n < many; n += 1) {
    const [takeBack] = ['goes', 'stays'].map((what) => beckon({ tag: `${what} ${n}`, mark: what, title: what, body: '', stays: true }))
    takeBack()
    await new Promise((done) => setTimeout(done, 20))
  }
  // Whoever looks before would take some away.
  while (shown < 2 * many) await new Promise((done) => setTimeout(done, 20))
}
