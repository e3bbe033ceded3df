// Connections that break or go silent, and a server that dies: the pages say so, lose nothing, and recover.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { openWorld } from './world.mjs'

async function meeting(t) {
  const world = await openWorld(t)
  const [erika, alice] = await Promise.all([world.desk('erika'), world.client('alice')])
  await erika.on()
  await alice.ask('tax')
  await erika.asked('tax')
  await erika.accept()
  await Promise.all([erika.inSession(), alice.inSession()])
  return { world, erika, alice }
}

const LOST = 'No connection. Reconnecting… Nothing you wrote is lost.'

test('a cut line is shown and heals, and what was written meanwhile arrives once', { timeout: 300_000 }, async (t) => {
  const { world, erika, alice } = await meeting(t)
  await alice.say('before')
  await erika.hears('before')
  world.line.cut()
  await Promise.all([erika.sees(LOST), alice.sees(LOST)])
  await alice.say('while it was away')
  await alice.say('and once more')
  await erika.say('me too')
  await alice.lastIs('Sending')
  world.line.mend()
  await erika.hears('and once more')
  await alice.hears('me too')
  await Promise.all([erika.isBack(), alice.isBack()])
  await alice.lastIs('Seen')
  // Erika's message is in place once the server has echoed it to her.
  await erika.page.locator('.is-own .mark').last().filter({ hasNotText: 'Sending' }).waitFor()
  const said = await alice.said()
  assert.deepEqual([...said].sort(), ['and once more', 'before', 'me too', 'while it was away'])
  assert.deepEqual(await erika.said(), said, 'both sides have the same order')
})

test('a line that says nothing any more is noticed and given up for a new one', { timeout: 300_000 }, async (t) => {
  const { world, erika, alice } = await meeting(t)
  world.line.silence()
  await alice.say('into the void')
  const ask = ({ page }) => page.evaluate(() => void window.dispatchEvent(new Event('online')))
  await Promise.all([erika, alice].map(ask))
  await Promise.all([erika.sees(LOST), alice.sees(LOST)])
  world.line.mend()
  await erika.hears('into the void')
  assert.deepEqual(await erika.said(), ['into the void'])
})

test('the server is killed and started again under them, and everything goes on', { timeout: 300_000 }, async (t) => {
  const { world, erika, alice } = await meeting(t)
  await alice.say('before')
  await erika.hears('before')
  await world.server.kill()
  await Promise.all([erika.sees(LOST), alice.sees(LOST)])
  await alice.say('while it was dead')
  await world.server.restart()
  await erika.hears('while it was dead')
  assert.deepEqual(await erika.said(), ['before', 'while it was dead'])
  await erika.end()
  await alice.isOver('Your session with Erika is over')
})

test('a desk opens without a network after one visit, says so, and goes on when it is back', { timeout: 300_000 }, async (t) => {
  const world = await openWorld(t)
  const erika = await world.desk('erika')
  await erika.is('Offline')
  // By then every file of the page is kept.
  await erika.page.evaluate(() => navigator.serviceWorker.ready)
  world.line.cut()
  await erika.page.reload()
  await erika.find('heading', 'No connection').waitFor()
  world.line.mend()
  await erika.is('Offline')
})

test('a desk whose network says nothing opens from what was kept', { timeout: 300_000 }, async (t) => {
  const world = await openWorld(t)
  const erika = await world.desk('erika')
  await erika.is('Offline')
  await erika.page.evaluate(() => navigator.serviceWorker.ready)
  world.line.silence()
  await erika.page.reload()
  await erika.find('heading', 'No connection').or(erika.page.getByText('Signing in…')).waitFor()
})
