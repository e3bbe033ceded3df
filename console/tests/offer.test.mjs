// An offer in full view, also for an employee who looks elsewhere, and for one who wants no motion.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { countShown, notified, openWorld } from './world.mjs'

test('for who wants no motion nothing moves: neither an offer nor a search', { timeout: 300_000 }, async (t) => {
  const world = await openWorld(t)
  const still = { reducedMotion: 'reduce' }
  const [erika, alice, stillErika, stillAlice] = await Promise.all([
    world.desk('erika'),
    world.client('alice'),
    world.desk('erika', still),
    world.client('alice', still),
  ])
  await erika.on()
  await alice.ask('tax')
  await Promise.all([erika, stillErika].map((desk) => desk.asked('tax')))
  await stillAlice.waits('Asking the only one')
  for (const { page } of [erika, alice]) await page.waitForFunction(isMoving)
  for (const { page } of [stillErika, stillAlice]) await page.waitForFunction(isStill)
})

/** In a page: whether any animation runs. */
function isMoving() {
  return document.getAnimations().some(({ playState }) => playState === 'running')
}

/** In a page: whether no animation runs. */
function isStill() {
  return document.getAnimations().every(({ playState }) => playState !== 'running')
}

test('a desk that nobody can see shows a notification, until the offer is over', { timeout: 300_000 }, async (t) => {
  const world = await openWorld(t, { whole: true })
  const prepare = [hideOnDemand, countShown, () => localStorage.setItem('switchboard.desk', JSON.stringify({ notify: true }))]
  const [erika, alice] = await Promise.all([
    world.desk('erika', { permissions: ['notifications'], prepare }),
    world.client('alice'),
  ])
  await erika.on()
  await erika.page.evaluate(() => navigator.serviceWorker.ready)
  await alice.ask('tax')
  await erika.asked('tax')
  assert.deepEqual(await erika.page.evaluate(notifications), [], 'whoever looks at the desk needs none')
  await erika.decline()
  await alice.press('Ask again')
  await erika.page.evaluate(() => (globalThis.isHidden = true))
  await alice.ask('tax')
  await erika.asked('tax')
  await notified(erika.page, { shown: 1, left: 1 })
  assert.deepEqual(await erika.page.evaluate(notifications), [
    { title: 'Request: tax', body: 'from Alice Miller', actions: ['accept', 'decline'] },
  ])
  await alice.press('Cancel')
  await notified(erika.page, { shown: 1, left: 0 })
})

/** In a page: hides it, as behind another window, when the test says so. */
function hideOnDemand() {
  Object.defineProperty(document, 'hidden', { get: () => globalThis.isHidden === true })
}

/** In a page: the notifications that are shown. */
async function notifications() {
  const registration = await navigator.serviceWorker.getRegistration('/desk')
  const shown = await registration.getNotifications()
  return shown.map(({ title, body, actions }) => ({ title, body, actions: actions.map(({ action }) => action) }))
}
