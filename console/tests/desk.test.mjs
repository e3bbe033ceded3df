// Work that careless pages would lose: messages, notes, questions and offers.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { token } from '../../tests/phoenix/server.mjs'
import { foreignPage } from './foreign.mjs'
import { press, speak } from './stage.mjs'
import { Desk, openWorld, SCREEN, until } from './world.mjs'

test('notes that are written after the end are kept, and are there when the session is opened again', { timeout: 300_000 }, async (t) => {
  const { desk, client } = await talking(t)
  await client.end()
  await desk.sees('Session with Alice Miller is over')
  await desk.find('textbox', 'Your notes').fill('owes us a receipt')
  await desk.page.getByText('Saved', { exact: true }).waitFor()
  await desk.press('Done')
  await press(desk.page.getByRole('button', { name: 'tax with alice' }))
  const again = desk.page.getByRole('dialog').getByRole('textbox', { name: 'Your notes' })
  await again.waitFor()
  assert.equal(await again.inputValue(), 'owes us a receipt')
})

test('what the client asked stays before the employee, also after a reload', { timeout: 300_000 }, async (t) => {
  const { desk } = await talking(t, 'May I deduct my bicycle?')
  const beside = desk.page.locator('.beside').getByText('May I deduct my bicycle?')
  await desk.hears('May I deduct my bicycle?')
  await desk.press('Notes')
  await beside.waitFor()
  await desk.page.reload()
  await desk.inSession()
  await desk.press('Notes')
  await beside.waitFor()
})

test('words that the end was faster than are given back', { timeout: 300_000 }, async (t) => {
  const { desk, client } = await talking(t)
  await client.writing.fill('what I was about to say')
  await desk.end()
  await client.isOver('Your session with Erika is over')
  await client.sees('what I was about to say')
})

test('who asks again need not write the question again', { timeout: 300_000 }, async (t) => {
  const { desk, client } = await asked(t, 'May I deduct my bicycle?')
  await desk.decline()
  await client.isOver('No one was able to take your request.')
  await client.press('Ask again')
  const question = client.page.getByRole('textbox', { name: 'Your question' })
  await question.waitFor()
  assert.equal(await question.inputValue(), 'May I deduct my bicycle?')
  assert.ok(await client.page.locator('.topic', { hasText: 'tax' }).locator('input').isChecked())
})

test('who writes notes while an offer comes answers nothing by them', { timeout: 300_000 }, async (t) => {
  const { desk, client } = await talking(t)
  await client.end()
  await client.isOver('Your session with Erika is over')
  await client.press('Ask again')
  await desk.find('textbox', 'Your notes').focus()
  await client.ask('travel')
  await desk.asked('travel')
  await desk.page.keyboard.type('a bad day and a dad', { delay: 60 })
  assert.equal(await desk.find('textbox', 'Your notes').inputValue(), 'a bad day and a dad')
  await desk.asked('travel')
  await client.waits('Asking the only one who is free')
})

test('every offer is told to screen readers, also the one after a declined one', { timeout: 300_000 }, async (t) => {
  const { desk, client } = await asked(t)
  const told = desk.page.locator('[aria-live=assertive]', { hasText: 'Request: tax from alice' })
  await told.waitFor({ state: 'attached' })
  await desk.decline()
  await client.press('Ask again')
  await client.ask('tax')
  await desk.asked('tax')
  await told.waitFor({ state: 'attached' })
})

test('the day counts all sessions and their time, also what it does not list', { timeout: 300_000 }, async (t) => {
  const world = await openWorld(t)
  const phone = await world.idleDesk({ name: 'erika' })
  const company = world.person({ sub: 'alice', role: 'client' }).company('demo')
  // Only the oldest session is minutes long, and the list does not reach back to it.
  for (let made = 0; made < SESSIONS; made += 1) await session(world, phone, company, made === 0 ? LONG_MS : 0)
  const { items } = await world.server.ask('GET', '/v1/companies/demo/sessions?limit=100')
  const lengths = items.map(({ started_at, ended_at }) => Date.parse(ended_at) - Date.parse(started_at))
  const minutes = Math.floor(lengths.reduce((sum, ms) => sum + ms, 0) / 60_000)
  const figures = new RegExp(`Sessions\\s*60\\s*In sessions\\s*${minutes} min\\s*Declined\\s*0\\s*Missed\\s*0`)
  const { page } = await world.desk('erika', { viewport: SCREEN })
  await page.locator('.today dl').filter({ hasText: figures }).waitFor()
  await page.getByText('Showing the newest 50.', { exact: true }).waitFor()
  assert.equal(await page.locator('.today .sessions li').count(), 50)
})

/** Within this time a failed connection is tried again. */
const DIALS_AGAIN_MS = 2_000
const SESSIONS = 60
const LONG_MS = 61_000

/** One session, which lasts so long. */
async function session({ server }, desk, company, lastsMs) {
  await company.book({ topic: 'tax' })
  const { id } = await desk.accept((await until(desk, ({ offer }) => offer)).offer.id)
  if (lastsMs > 0) await new Promise((done) => setTimeout(done, lastsMs))
  await server.ask('POST', `/v1/companies/demo/sessions/${id}/end`, {})
  await until(desk, ({ session }) => session === null)
}

test('a request that only one could take is told as declined, and no more', { timeout: 300_000 }, async (t) => {
  const { desk, client } = await asked(t)
  await desk.decline()
  await client.isOver('No one was able to take your request.')
  const told = desk.page.locator('.closed-offer')
  await told.waitFor()
  assert.equal(await told.textContent(), 'Declined.')
})

test('whoever accepts or ends stands where it led, by keys and at a screen', { timeout: 300_000 }, async (t) => {
  const world = await openWorld(t)
  const [desk, client] = await Promise.all([world.desk('erika', { viewport: SCREEN }), world.client('alice')])
  const isAt = (place) => desk.page.waitForFunction((place) => document.activeElement.matches(place), place)
  await desk.on()
  await client.ask('tax')
  await desk.asked('tax')
  await desk.page.locator('.accept').focus()
  await desk.page.keyboard.press('Enter')
  await isAt('.composer textarea')
  await desk.find('button', 'End').focus()
  await desk.page.keyboard.press('Enter')
  await desk.find('button', 'End session').focus()
  await desk.page.keyboard.press('Enter')
  await isAt('.over')
})

test('on a phone no keyboard comes up by itself: the session has the focus', { timeout: 300_000 }, async (t) => {
  const world = await openWorld(t)
  const [desk, client] = await Promise.all([world.desk('erika', { hasTouch: true, isMobile: true }), world.client('alice')])
  await desk.on()
  await client.ask('tax')
  await desk.accept()
  await desk.page.waitForFunction(() => document.activeElement.matches('.consultation'))
})

test('in Arabic an empty box runs from right to left, and what is written as its own letters say', { timeout: 300_000 }, async (t) => {
  const world = await openWorld(t)
  const { client, desk } = await world.session()
  for (const open of [client, desk]) {
    const { page } = await open()
    await speak(page, 'ar')
    const box = page.locator('.composer textarea')
    const directions = () => box.evaluate((element) => {
      const shown = getComputedStyle(element)
      return [shown.direction, getComputedStyle(element, '::placeholder').direction, element.matches(':dir(rtl)')]
    })
    assert.deepEqual(await directions(), ['rtl', 'rtl', true])
    await box.fill('Good morning')
    assert.deepEqual(await directions(), ['ltr', 'ltr', false])
    await box.fill('صباح الخير')
    assert.deepEqual(await directions(), ['rtl', 'rtl', true])
    await box.fill('')
  }
})

test('a desk whose employee is removed says that it is closed, and stays so', { timeout: 300_000 }, async (t) => {
  // The day's requests in progress are refused then.
  const world = await openWorld(t, { expected: /status of 40[134]/ })
  await world.server.ask('PUT', '/v1/companies/demo/employees/ivo', { name: 'Ivo' })
  const page = await world.page(`/desk#token=${token({ sub: 'ivo', role: 'employee', company: 'demo', name: 'Ivo' })}`)
  await page.getByRole('switch').waitFor()
  await world.server.ask('DELETE', '/v1/companies/demo/employees/ivo')
  await page.getByRole('heading', { name: 'This desk is closed' }).waitFor()
  assert.equal(await page.getByRole('switch').count(), 0)
})

test('whoever is shut out reads so at the desk, and the line comes back with another token alone', { timeout: 300_000 }, async (t) => {
  const world = await openWorld(t)
  const context = await world.context()
  const closed = []
  let dials = 0
  await context.routeWebSocket(/\/socket/, (near) => {
    dials += 1
    const far = near.connectToServer()
    far.onClose((code, reason) => {
      closed.push(code)
      near.close({ code, reason })
    })
  })
  await context.exposeFunction('freshToken', () => token({ sub: 'erika', role: 'employee', company: 'demo', name: 'Erika' }))
  const app = await context.newPage()
  await app.goto(await foreignPage(t, `<button onclick="window.open('${world.url}/desk')">Work</button>
    <script>
      addEventListener('message', async ({ source, origin, data }) => {
        if (data.type === 'switchboard:token') source.postMessage({ type: data.type, token: await freshToken() }, origin)
      })
    </script>`))
  const opened = app.waitForEvent('popup')
  await press(app.getByRole('button', { name: 'Work' }))
  const desk = new Desk(await opened)
  await desk.on()
  assert.equal(dials, 1)
  await world.server.ask('POST', '/v1/companies/demo/employees/erika/revoke')
  await desk.page.getByRole('heading', { name: 'This desk is closed' }).waitFor()
  while (dials < 2) await desk.page.waitForTimeout(20)
  // A refused connection would be followed by others within this time.
  await desk.page.waitForTimeout(DIALS_AGAIN_MS)
  assert.deepEqual([closed, dials], [[4403], 2], 'not once with the token that counts no more')
  await desk.page.reload()
  await desk.is('Available')
})

test('the desk can be installed', { timeout: 300_000 }, async (t) => {
  const world = await openWorld(t, { whole: true })
  const { page } = await world.desk('erika')
  await page.evaluate(() => navigator.serviceWorker.ready)
  const devtools = await page.context().newCDPSession(page)
  const { installabilityErrors } = await devtools.send('Page.getInstallabilityErrors')
  // A test's browser is in incognito mode, which installs nothing.
  assert.deepEqual(installabilityErrors.map(({ errorId }) => errorId), ['in-incognito'])
})

/** Alice has booked, and Erika's desk shows the offer. */
async function asked(t, question) {
  const world = await openWorld(t)
  const [desk, client] = await Promise.all([world.desk('erika'), world.client('alice')])
  await desk.on()
  await client.ask('tax', question)
  await desk.asked('tax')
  return { desk, client }
}

async function talking(t, question) {
  const both = await asked(t, question)
  await both.desk.accept()
  await Promise.all([both.desk.inSession(), both.client.inSession()])
  return both
}
