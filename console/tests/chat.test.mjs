// A session's chat and notes, in two browsers with a real server.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { press } from './stage.mjs'
import { openWorld, SCREEN } from './world.mjs'

const NARROW = { viewport: { width: 320, height: 568 } }

test('a message is delivered, and seen once it is on the other’s screen', async (t) => {
  const { client, desk } = await (await openWorld(t)).session()
  const [alice, erika] = [await client(), await desk(NARROW)]
  await erika.press('Notes')
  await alice.say('Are you there?')
  await alice.lastIs('Delivered')
  await erika.press('Chat')
  await alice.lastIs('Seen')
  assert.deepEqual(await erika.said(), ['Are you there?'])
})

test('who joins later is told what was seen before', async (t) => {
  const { client, desk } = await (await openWorld(t)).session()
  const [alice, erika] = await Promise.all([client(), desk()])
  await alice.say('Hello')
  await alice.lastIs('Seen')
  await alice.page.reload()
  await alice.lastIs('Seen')
  await alice.page.locator('.presence.is-there').waitFor()
  await erika.page.close()
  await alice.page.locator('.presence:not(.is-there)').waitFor()
})

test('typing is shown until the message is there', async (t) => {
  const { client, desk } = await (await openWorld(t)).session()
  const [alice, erika] = await Promise.all([client(), desk()])
  await erika.writing.pressSequentially('Well')
  await alice.page.locator('.typing').waitFor()
  await erika.writing.press('Enter')
  await alice.page.locator('.typing').waitFor({ state: 'detached' })
  assert.deepEqual(await alice.said(), ['Well'])
})

test('a draft and unsent words outlive a lost line and a page that was left, and are said once', async (t) => {
  const world = await openWorld(t)
  const { client, desk } = await world.session()
  const [alice, erika] = await Promise.all([client(), desk({ base: world.server.url })])
  world.line.cut()
  await alice.isLost()
  await alice.say('First')
  await alice.say('Second')
  await alice.writing.fill('Half a thou')
  assert.equal(await alice.page.locator('.bubble.is-waiting').count(), 2)
  await alice.comesBackAfter(() => world.line.mend())
  await erika.hears('Second')
  assert.deepEqual(await erika.said(), ['First', 'Second'])
  await alice.lastIs('Seen')
  assert.deepEqual(await alice.said(), ['First', 'Second'])
  assert.equal(await alice.writing.inputValue(), 'Half a thou')
})

test('words that come after the end are said to nobody', async (t) => {
  const world = await openWorld(t)
  const { client, desk } = await world.session()
  const [alice, erika] = await Promise.all([client(), desk({ base: world.server.url })])
  world.line.cut()
  await alice.isLost()
  await alice.say('Too late')
  await erika.press('End')
  await erika.page.waitForFunction(() => document.activeElement.textContent === 'Stay')
  await erika.press('End session')
  await erika.sees('You ended it.')
  world.line.mend()
  await alice.isOver('Your session with Erika is over')
  await erika.press('Done')
  await press(erika.page.getByRole('button', { name: 'tax with alice' }))
  await erika.sees('No messages.')
})

test('a message over the bound is told before it is sent, and may be shortened', async (t) => {
  const { client } = await (await openWorld(t)).session()
  const alice = await client()
  await alice.writing.fill('ä'.repeat(4097))
  await alice.sees('Too long by one character')
  await alice.writing.press('Enter')
  assert.equal(await alice.page.locator('.bubble').count(), 0)
  await alice.writing.fill('ä'.repeat(4096))
  await alice.writing.press('Enter')
  await alice.page.locator('.bubble:not(.is-waiting)').waitFor()
})

test('whoever reads further up is not torn away, and comes to what is new by a button', async (t) => {
  const { client, desk } = await (await openWorld(t)).session()
  const [alice, erika] = [await client(NARROW), await desk()]
  for (let number = 1; number <= 12; number += 1) await erika.say(`Line ${number}\nand more of it`)
  await alice.hears('Line 12')
  const isAtEnd = () => alice.page.waitForFunction(() => {
    const log = document.querySelector('[role=log]')
    return log.scrollHeight - log.scrollTop - log.clientHeight < 4
  })
  await isAtEnd()
  // Waits until the page has handled the scroll event.
  await alice.log.evaluate((it) => new Promise((heard) => {
    it.addEventListener('scroll', () => requestAnimationFrame(heard), { once: true })
    it.scrollTop = 0
  }))
  await erika.say('News')
  await alice.press('New messages')
  await isAtEnd()
  await alice.find('button', 'New messages').waitFor({ state: 'detached' })
})

test('addresses are links of their own, and only safe ones', async (t) => {
  const { client, desk } = await (await openWorld(t)).session()
  const [alice, erika] = await Promise.all([client(), desk()])
  await erika.say('See https://example.org/a?b=1, and http://a.org, not javascript:alert(1), https://b@c.org <b>x</b>')
  const links = alice.log.locator('.bubble a')
  await links.first().waitFor()
  assert.deepEqual(
    await links.evaluateAll((all) => all.map(({ href, rel, target }) => [href, rel, target])),
    [
      ['https://example.org/a?b=1', 'noopener noreferrer nofollow', '_blank'],
      ['http://a.org/', 'noopener noreferrer nofollow', '_blank'],
    ],
  )
  assert.match((await alice.said())[0], /<b>x<\/b>/)
})

test('notes save themselves, follow on another device, and ask when both were written', async (t) => {
  const world = await openWorld(t)
  const [erika, alice] = await Promise.all([world.desk('erika', { viewport: SCREEN }), world.client('alice')])
  await erika.on()
  await alice.ask('tax', 'How much?')
  await erika.accept()
  await erika.hears('How much?')
  const phone = await world.desk('erika', { viewport: SCREEN, base: world.server.url })
  const sheet = ({ page }) => page.locator('.notes textarea')
  const reads = ({ page }, text) =>
    page.waitForFunction((text) => document.querySelector('.notes textarea')?.value === text, text)
  await sheet(erika).fill('Flat rate')
  await erika.page.getByText('Saved', { exact: true }).waitFor()
  await reads(phone, 'Flat rate')
  world.line.cut()
  await erika.isLost()
  await sheet(erika).fill('Flat rate, at home')
  await sheet(phone).fill('Flat rate, on the way')
  await sheet(phone).blur()
  await phone.page.getByText('Saved', { exact: true }).waitFor()
  await erika.comesBackAfter(() => world.line.mend())
  await erika.page.locator('.notes-conflict').getByText('Flat rate, on the way').waitFor()
  assert.equal(await sheet(erika).inputValue(), 'Flat rate, at home')
  await erika.press('Keep this version')
  await reads(phone, 'Flat rate, at home')
  await erika.page.getByText('Saved', { exact: true }).waitFor()
})
