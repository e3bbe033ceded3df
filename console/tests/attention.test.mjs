// Notifications that come and go at the same time.
import { test } from 'node:test'
import { source } from './module.mjs'
import { countShown, notified, openWorld } from './world.mjs'

const MANY = 60

test('a notification that is taken back takes no other with it', { timeout: 300_000 }, async (t) => {
  const world = await openWorld(t, { whole: true })
  // The page's policy would block the module.
  const options = { permissions: ['notifications'], bypassCSP: true, prepare: [countShown] }
  const page = await world.page('/desk?as=erika', options)
  await page.evaluate(() => navigator.serviceWorker.ready)
  await page.evaluate(comeAndGo, { code: await source('../look/attention.ts'), many: MANY })
  await notified(page, { shown: 2 * MANY, left: MANY })
})

/** In a hidden page: of each two notifications, one stays and one is taken back. */
async function comeAndGo({ code, many }) {
  Object.defineProperty(document, 'hidden', { get: () => true })
  const { beckon, may } = await import(`data:text/javascript,${encodeURIComponent(code)}`)
  may.value = { aloud: false, notify: true }
  for (let n = 0; n < many; n += 1) {
    const [takeBack] = ['goes', 'stays'].map((what) => beckon({ tag: `${what} ${n}`, mark: what, title: what, body: '', stays: true }))
    takeBack()
    await new Promise((done) => setTimeout(done, 20))
  }
}
