// A session's chat and notes, in two browsers at a real server.
import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { after, before, test } from 'node:test'
import { relay, session, world } from './room/world.mjs'

let here
before(async () => (here = await world()))
after(() => here?.close())

const PHONE = { viewport: { width: 320, height: 568 } }
const box = (page) => page.locator('.composer textarea')

async function say(page, text) {
  await box(page).fill(text)
  await box(page).press('Enter')
}

/** The messages of a page, as somebody reads them. */
const said = (page) => page.locator('.bubble').allInnerTexts()

test('a message is delivered, and seen once it is on the other’s screen', async (t) => {
  const { page } = await session(here, 'marks', t)
  const client = await page('client')
  const employee = await page('employee', PHONE)
  await employee.getByRole('button', { name: 'Notes' }).click()
  await say(client, 'Are you there?')
  await client.locator('.mark.is-delivered').waitFor()
  assert.equal(await client.locator('.mark.is-seen').count(), 0)
  await employee.getByRole('button', { name: 'Chat' }).click()
  await client.locator('.mark.is-seen').waitFor()
  assert.deepEqual(await said(employee), ['Are you there?'])
})

test('who joins later is told what was seen before', async (t) => {
  const { page } = await session(here, 'hello', t)
  const client = await page('client')
  const employee = await page('employee')
  await say(client, 'Hello')
  await client.locator('.mark.is-seen').waitFor()
  await client.reload()
  await client.locator('.mark.is-seen').waitFor()
  await client.locator('.presence.is-there').waitFor()
  await employee.close()
  await client.locator('.presence:not(.is-there)').waitFor()
})

test('typing is shown until the message is there', async (t) => {
  const { page } = await session(here, 'typing', t)
  const [client, employee] = [await page('client'), await page('employee')]
  await box(employee).pressSequentially('Well')
  await client.locator('.typing').waitFor()
  await box(employee).press('Enter')
  await client.locator('.typing').waitFor({ state: 'detached' })
  assert.deepEqual(await said(client), ['Well'])
})

test('a draft and unsent words outlive a lost line and a reload, and are said once', async (t) => {
  const line = await relay(here.url)
  t.after(line.close)
  const { page } = await session(here, 'unsent', t)
  const client = await page('client', { over: line.url })
  const employee = await page('employee')
  line.cut()
  await client.locator('.line-strip p').waitFor()
  await say(client, 'First')
  await say(client, 'Second')
  await box(client).fill('Half a thou')
  assert.equal(await client.locator('.bubble.is-waiting').count(), 2)
  await client.reload({ waitUntil: 'commit' })
  line.mend()
  await employee.locator('.bubble').nth(1).waitFor()
  assert.deepEqual(await said(employee), ['First', 'Second'])
  await client.locator('.mark.is-seen').waitFor()
  assert.deepEqual(await said(client), ['First', 'Second'])
  assert.equal(await box(client).inputValue(), 'Half a thou')
  assert.deepEqual(await client.evaluate(() => Object.values(sessionStorage).filter((kept) => kept.includes('ey'))), [])
})

test('words that the server refuses stay, with the reason', async (t) => {
  const line = await relay(here.url)
  t.after(line.close)
  const { page } = await session(here, 'refused', t)
  const client = await page('client', { over: line.url })
  const employee = await page('employee')
  line.cut()
  await client.locator('.line-strip p').waitFor()
  await say(client, 'Too late')
  await employee.getByRole('button', { name: 'End', exact: true }).click()
  assert.equal(await employee.evaluate(() => document.activeElement.textContent), 'Go on')
  await employee.getByRole('button', { name: 'End session' }).click()
  await employee.locator('.chat-over').waitFor()
  line.mend()
  await client.locator('.bubble.is-refused').waitFor()
  await client.getByText('Not sent. This session is over.').waitFor()
  assert.equal(await client.evaluate(() => sessionStorage.length), 0)
})

test('a message over the bound is told before it is sent, and may be shortened', async (t) => {
  const { page } = await session(here, 'long', t)
  const client = await page('client')
  await box(client).fill('ä'.repeat(4097))
  await client.getByText('Too long by 2 bytes').waitFor()
  await box(client).press('Enter')
  assert.equal(await client.locator('.bubble').count(), 0)
  await box(client).fill('ä'.repeat(4096))
  await box(client).press('Enter')
  await client.locator('.bubble:not(.is-waiting)').waitFor()
})

test('whoever reads further up is not torn away, and comes to what is new by a button', async (t) => {
  const { page } = await session(here, 'scroll', t)
  const [client, employee] = [await page('client', PHONE), await page('employee')]
  for (let number = 1; number <= 12; number += 1) await say(employee, `Line ${number}\nand more of it`)
  const list = client.locator('.messages-list')
  await client.locator('.bubble').getByText('Line 12').waitFor()
  const fromEnd = () => list.evaluate((it) => Math.round(it.scrollHeight - it.scrollTop - it.clientHeight))
  assert.ok((await fromEnd()) < 4, 'new messages keep the end in sight')
  await list.evaluate((it) => (it.scrollTop = 0))
  await say(employee, 'News')
  await client.getByRole('button', { name: 'New messages' }).click()
  assert.ok((await fromEnd()) < 4)
  await client.getByRole('button', { name: 'New messages' }).waitFor({ state: 'detached' })
})

test('addresses are links of their own, and only safe ones', async (t) => {
  const { page } = await session(here, 'links', t)
  const [client, employee] = [await page('client'), await page('employee')]
  await say(employee, 'See https://example.org/a?b=1, not http://a.org, javascript:alert(1), https://b@c.org <b>x</b>')
  await client.locator('.bubble a').waitFor()
  const links = await client
    .locator('.bubble a')
    .evaluateAll((all) => all.map(({ href, rel, target }) => [href, rel, target]))
  assert.deepEqual(links, [['https://example.org/a?b=1', 'noopener noreferrer nofollow', '_blank']])
  assert.match((await said(client))[0], /<b>x<\/b>/)
})

test('notes save themselves, follow on another device, and ask when both were written', async (t) => {
  const line = await relay(here.url)
  t.after(line.close)
  const { page } = await session(here, 'notes', t)
  const desk = await page('employee', { over: line.url, note: { question: 'How much?' } })
  const phone = await page('employee')
  const sheet = (on) => on.locator('.notes textarea')
  await desk.getByText('How much?').waitFor()
  await sheet(desk).fill('Flat rate')
  await desk.getByText('Saved', { exact: true }).waitFor()
  await phone.waitForFunction(() => document.querySelector('.notes textarea').value === 'Flat rate')
  line.cut()
  await desk.locator('.line-strip p').waitFor()
  await sheet(desk).fill('Flat rate, at home')
  await sheet(phone).fill('Flat rate, on the way')
  await sheet(phone).blur()
  await phone.getByText('Saved', { exact: true }).waitFor()
  await desk.reload({ waitUntil: 'commit' })
  line.mend()
  await desk.locator('.notes-conflict').getByText('Flat rate, on the way').waitFor()
  assert.equal(await sheet(desk).inputValue(), 'Flat rate, at home')
  await desk.getByRole('button', { name: 'Keep what is here' }).click()
  await phone.waitForFunction(() => document.querySelector('.notes textarea').value === 'Flat rate, at home')
  await desk.getByText('Saved', { exact: true }).waitFor()
})

test('the room is whole on the narrowest phone, in each language, and axe finds nothing serious', async (t) => {
  const { page } = await session(here, 'narrow', t)
  const axe = await readFile(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')
  for (const lang of ['en', 'de', 'ar']) {
    const employee = await page('employee', { ...PHONE, lang, note: 'A question' })
    await say(employee, 'https://example.org/'.padEnd(120, 'x'))
    await employee.locator('.bubble').first().waitFor()
    assert.ok(await employee.evaluate(() => document.documentElement.scrollWidth <= innerWidth), `${lang} fits`)
    await employee.evaluate(axe)
    const { violations } = await employee.evaluate(() => axe.run())
    const grave = violations.filter(({ impact }) => impact === 'serious' || impact === 'critical')
    assert.deepEqual(grave.map(({ id, nodes }) => [id, nodes[0].html]), [])
    await employee.context().close()
  }
})
