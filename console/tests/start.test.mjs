// The start page of a demo: it tells a new user what to do, and its steps work as described.
import { test } from 'node:test'
import { isInReach, press } from './stage.mjs'
import { openWorld } from './world.mjs'

test('the start page says at each frame what comes first, and its steps lead through a booking', { timeout: 300_000 }, async (t) => {
  const world = await openWorld(t)
  const page = await world.page('/', { viewport: { width: 1440, height: 900 } })
  const frame = (title) => page.frameLocator(`iframe[title="${title}"]`)
  const [erika, alice] = [frame('Erika’s desk'), frame('Alice Miller, a client')]
  await alice.getByText('No one is free right now').waitFor()
  const beside = (title) => page.getByRole('region', { name: title, exact: true })
  await isInReach(beside('Erika’s desk').getByText('First, make Erika available.', { exact: true }))
  const told = 'Once Erika is available, ask here.'
  await isInReach(beside('Alice Miller, a client').getByText(told, { exact: true }))

  await erika.getByRole('switch', { name: 'Take requests' }).click()
  await alice.locator('.topic.is-idle', { hasText: 'tax' }).click()
  await alice.getByRole('button', { name: 'Ask now' }).click()
  await press(erika.getByRole('button', { name: 'Accept' }))
  await alice.getByRole('log').waitFor()
})
