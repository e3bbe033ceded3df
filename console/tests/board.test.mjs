// The board in a browser: it follows a company live, acts on it, and stays smooth with thousands of employees.
import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { after, before, test } from 'node:test'
import { chromium } from 'playwright-core'
import { House } from './house.mjs'

const BROWSER = {
  executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
  args: [
    '--headless', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run',
    '--disable-background-networking', '--disable-component-update', '--disable-sync',
  ],
}
const PATIENCE_MS = 8_000

let house
let browser

before(async () => {
  house = await House.start()
  browser = await chromium.launch(BROWSER)
})
after(async () => {
  await browser?.close()
  await house?.stop()
})

test('a booking is followed from the first question to the end of its session', async () => {
  const company = await companyWith('followed', ['ann', 'ben'])
  const page = await boardOf(company)
  const ann = await idle(company, 'ann')
  await page.locator('.rows-row', { hasText: 'Ann' }).getByText('Idle').waitFor()
  const carl = await house.device('client', 'carl', { company })
  await carl.ask('book', { topic: 'tax', note: { question: 'May I?' } })
  const asked = page.locator('.pane-asked .entry', { hasText: 'carl' })
  await asked.getByText('1 asked').waitFor()
  await page.locator('.rows-row', { hasText: 'Ann' }).getByText('Being asked').waitFor()

  await asked.click()
  const story = page.getByRole('dialog', { name: 'tax' })
  await story.getByText('question: May I?').waitFor()
  await story.getByText(/^Ann was asked \(idle since/).waitFor()
  const { offer } = await ann.event('offer')
  const { session } = await ann.ask('accept', { offer_id: offer.id })
  await story.getByText('Ann said yes, and the session began.').waitFor()
  await page.keyboard.press('Escape')
  await page.locator('.pane-running .entry', { hasText: 'carl' }).getByText('Ann').waitFor()
  assert.equal(await page.locator('.pane-asked .entry').count(), 0)

  await house.api('POST', `/${company}/sessions/${session.id}/end`, {})
  await page.getByText('No session is running.').waitFor()
  const figures = await page.locator('.today dl').innerText()
  assert.match(figures.replaceAll('\n', ' '), /Booked 1 Assigned 1 Unanswered 0 Cancelled 0 Expired 0 Served 100%/)
  await page.close()
})

test('an admin cancels a booking and ends a session, each after a question', async () => {
  const company = await companyWith('acted-on', ['ann', 'ben'])
  const page = await boardOf(company)
  const ann = await idle(company, 'ann')
  const carl = await house.device('client', 'carl', { company })
  await carl.ask('book', { topic: 'tax' })
  await page.locator('.pane-asked .entry').click()
  await page.getByRole('dialog', { name: 'tax' }).getByRole('button', { name: 'Cancel booking' }).click()
  const question = page.getByRole('dialog', { name: 'Cancel this booking?' })
  await question.getByRole('button', { name: 'Leave it' }).click()
  await question.waitFor({ state: 'detached' })
  assert.equal(await page.locator('.pane-asked .entry').count(), 1, 'nothing happened yet')
  await page.getByRole('button', { name: 'Cancel booking' }).click()
  await question.getByRole('button', { name: 'Cancel booking' }).click()
  await page.getByText('It was cancelled by whoever runs the company.').waitFor()
  await page.keyboard.press('Escape')
  await page.getByText('No client is waiting.').waitFor()

  await ann.event('offer')
  await ann.event('offer_closed')
  await carl.ask('book', { topic: 'visa' })
  await ann.ask('accept', { offer_id: (await ann.event('offer')).offer.id })
  await page.locator('.pane-running .entry').click()
  await page.getByRole('button', { name: 'End session' }).click()
  const end = page.getByRole('dialog', { name: 'End this session?' })
  await end.getByLabel('Reason').fill('fire drill')
  await end.getByRole('button', { name: 'End session' }).click()
  await page.getByText('Reason given: “fire drill”').waitFor()
  const { items } = await house.api('GET', `/${company}/sessions`)
  assert.deepEqual([items[0].ended_by, items[0].reason], ['admin', 'fire drill'])
  await page.close()
})

test('an employee is added to an empty company, set idle, edited beside somebody else, and removed', async () => {
  const company = await companyWith('staffed', [])
  const page = await boardOf(company)
  await page.getByText('Nobody works here yet').waitFor()
  await page.getByRole('button', { name: 'Add employee' }).click()
  const add = page.getByRole('dialog', { name: 'Add employee' })
  await add.getByLabel('Id').fill('dora')
  await add.getByLabel('Name').fill('Dora')
  await add.getByLabel('Topics').fill('tax, travel')
  await add.getByRole('button', { name: 'Add employee' }).click()
  const row = page.locator('.pane-employees .entry', { hasText: 'Dora' })
  await row.getByText('tax · travel').waitFor()

  await row.click()
  const dora = page.getByRole('dialog', { name: 'Dora' })
  await dora.getByRole('button', { name: 'Set idle' }).click()
  await dora.getByRole('button', { name: 'Set offline' }).waitFor()
  await dora.getByLabel('Name').fill('Dora Diaz')
  await house.api('PATCH', `/${company}/employees/dora`, { name: 'Dora D.', topics: ['visa'] })
  await page.getByRole('button', { name: 'Save' }).click()
  await page.getByText('It is now: Dora D.').waitFor()
  assert.equal(await field(page, 'Topics').inputValue(), 'visa', 'what was not edited here is what it is now')
  assert.equal(await field(page, 'Name').inputValue(), 'Dora Diaz')
  await page.getByRole('button', { name: 'Save' }).click()
  await page.locator('.pane-employees .entry', { hasText: 'Dora Diaz' }).getByText('visa').waitFor()
  const { name, topics } = await house.api('GET', `/${company}/employees/dora`)
  assert.deepEqual([name, topics], ['Dora Diaz', ['visa']])

  await page.locator('.pane-employees .entry').click()
  await page.getByRole('button', { name: 'Remove employee' }).click()
  await page.getByRole('dialog', { name: 'Remove Dora Diaz?' }).getByRole('button', { name: 'Remove employee' }).click()
  await page.getByText('Nobody works here yet').waitFor()
  await page.close()
})

test('nobody who is there is overwritten by adding somebody with the same id', async () => {
  const company = await companyWith('taken', ['ann'])
  const page = await boardOf(company)
  await page.locator('.pane-employees').getByRole('button', { name: 'Add' }).click()
  await field(page, 'Id').fill('ann')
  await field(page, 'Name').fill('Another')
  await page.getByRole('button', { name: 'Add employee' }).click()
  await page.getByText('Somebody has this id already.').waitFor()
  assert.equal((await house.api('GET', `/${company}/employees/ann`)).name, 'Ann')
  await page.close()
})

test('a setting that somebody else changed meanwhile is shown before it is changed again', async () => {
  const company = await companyWith('set', ['ann'])
  const page = await boardOf(company)
  await page.getByRole('button', { name: 'Settings' }).click()
  const answer = page.getByRole('spinbutton', { name: 'Time to answer' })
  await answer.fill('20')
  await house.api('PATCH', `/${company}`, { settings: { offer_timeout_ms: 60_000, wrap_up_ms: 90_000 } })
  await page.getByRole('button', { name: 'Save' }).click()
  await page.getByText('It is now: 1 minute').waitFor()
  assert.equal(await page.getByRole('spinbutton', { name: 'Time after a session' }).inputValue(), '90', 'in seconds')
  assert.equal(await answer.inputValue(), '20')
  await page.getByRole('button', { name: 'Save' }).click()
  await page.getByRole('dialog').waitFor({ state: 'detached' })
  const { settings } = await house.api('GET', `/${company}`)
  assert.deepEqual([settings.offer_timeout_ms, settings.wrap_up_ms], [20_000, 90_000])
  await page.close()
})

test('what the scope does not allow is not shown', async () => {
  const company = await companyWith('looked-at', ['ann'])
  const page = await boardOf(company, { scope: 'read' })
  await page.locator('.pane-employees .entry').click()
  const ann = page.getByRole('dialog', { name: 'Ann' })
  await ann.getByText('All topics').waitFor()
  assert.deepEqual(await ann.getByRole('button').allInnerTexts(), [''], 'only the one that closes')
  await page.keyboard.press('Escape')
  for (const name of ['Settings', 'Add']) assert.equal(await page.getByRole('button', { name }).count(), 0)
  await page.close()
})

test('a company that is removed says so in words', async () => {
  const company = await companyWith('removed', ['ann'])
  const page = await boardOf(company)
  await house.api('DELETE', `/${company}`)
  await page.getByRole('heading', { name: `No board of ${company}` }).waitFor()
  await page.close()
})

test('while the line is lost the wall stays and says from when it is, and then heals by itself', async () => {
  const company = await companyWith('cut-off', ['ann'])
  const lines = new Set()
  let isCut = false
  const page = await boardOf(company, {}, undefined, (fresh) =>
    fresh.routeWebSocket(/\/socket\/websocket/, (line) => {
      if (isCut) return line.close()
      line.connectToServer()
      lines.add(line)
    }),
  )
  const row = page.locator('.pane-employees .entry', { hasText: 'Ann' })
  await row.getByText('Offline').waitFor()
  isCut = true
  for (const line of lines) await line.close()
  await page.getByText(/^As of /).waitFor()
  await page.getByText('No connection.').waitFor()
  const ann = await idle(company, 'ann')
  assert.equal(await row.getByText('Offline').count(), 1, 'it is from before')
  isCut = false
  await row.getByText('Idle').waitFor()
  assert.equal(await page.getByText(/^As of /).count(), 0)
  ann.close()
  await page.close()
})

test('axe finds nothing serious on the wall, in a story and on a phone', async () => {
  const company = await companyWith('inspected', ['ann', 'ben', 'cleo'])
  const ann = await idle(company, 'ann')
  const carl = await house.device('client', 'carl', { company })
  await carl.ask('book', { topic: 'tax' })
  await ann.event('offer')
  for (const [width, height] of [[1280, 800], [390, 844]]) {
    const page = await boardOf(company, {}, { width, height })
    assert.deepEqual(await seriousOn(page), [])
    await page.getByRole('button', { name: 'Settings' }).click()
    await page.getByLabel('Company name').waitFor()
    assert.deepEqual(await seriousOn(page), [])
    await page.keyboard.press('Escape')
    for (const part of width < 1000 ? ['Now', 'Hours', 'Bookings'] : []) {
      await page.getByRole('button', { name: part }).click()
      assert.deepEqual(await seriousOn(page), [], part)
    }
    await page.locator('.pane-latest .entry').first().click()
    await page.getByText('How it went').waitFor()
    assert.deepEqual(await seriousOn(page), [])
    await page.close()
  }
})

test('with 5,000 employees and 200 changes a second the wall stays smooth', async (context) => {
  const company = await companyWith('storm', [])
  const file = Array.from({ length: 5000 }, (_, at) => `e${at},Employee ${at},${['tax', 'travel;visa', ''][at % 3]}`)
  const csv = { 'content-type': 'text/csv' }
  await house.api('POST', `/${company}/employees/import`, `id,name,topics\n${file.join('\n')}`, csv)
  const ids = Array.from({ length: STORM_DEVICES }, (_, at) => `e${at * 20}`)
  const devices = []
  for (const group of groupsOf(ids, 20)) {
    devices.push(...(await Promise.all(group.map((id) => house.device('employee', id, { company, topics: ['tax'] })))))
  }
  const page = await boardOf(company)
  await page.locator('.count', { hasText: 'Offline' }).getByText('5,000').waitFor()
  const rows = page.getByRole('list', { name: 'Employees' })
  assert.equal(await rows.locator('li[aria-posinset="1"]').getAttribute('aria-setsize'), '5000')

  const storm = stormOf(devices)
  await browser.startTracing(page, { categories: ['disabled-by-default-devtools.timeline'] })
  const measured = await page.evaluate(measure, STORM_MS)
  const rate = await storm.end()
  const busiestTaskMs = busiestTask(await browser.stopTracing())
  context.diagnostic(JSON.stringify({ rate, busiestTaskMs, ...measured }))
  assert.ok(rate >= 190, `${rate} changes a second`)
  // By the processor's time: how long a task takes by the clock is also said, but depends on who else is at work here.
  assert.ok(busiestTaskMs <= 100, `a task took ${busiestTaskMs} ms`)
  assert.ok(measured.medianFrameMs <= 34, `the median frame took ${measured.medianFrameMs} ms`)
  assert.ok(measured.nodes < 2000, `${measured.nodes} nodes`)

  assert.equal(await rows.locator('button:not([tabindex="-1"])').count(), 1, 'the list is one stop for the keyboard')
  await rows.locator('button:not([tabindex="-1"])').focus()
  await page.keyboard.press('End')
  const last = page.locator('li[aria-posinset="5000"] button')
  await last.waitFor()
  assert.ok(await last.evaluate((button) => button === document.activeElement), 'the last row has the focus')
  await page.close()
})

const STORM_DEVICES = 200
const STORM_MS = 6_000

/** Each device sets its status once a second, all of them spread over it. */
function stormOf(devices) {
  let sent = 0
  const asked = []
  const timer = setInterval(() => {
    // Timers come late: what is due is counted by the clock.
    const due = Math.floor(((performance.now() - begun) / 1000) * devices.length)
    for (; sent < due; sent += 1) {
      const status = Math.floor(sent / devices.length) % 2 === 0 ? 'idle' : 'offline'
      asked.push(devices[sent % devices.length].ask('set_status', { status }))
    }
  }, 10)
  const begun = performance.now()
  return {
    end: async () => {
      clearInterval(timer)
      const lasted = performance.now() - begun
      return Math.round((await Promise.all(asked)).length / (lasted / 1000))
    },
  }
}

/** In the page: scrolls through all employees, up and down, and watches frames, tasks and nodes. */
async function measure(lastsMs) {
  const tasks = [0]
  new PerformanceObserver((list) => tasks.push(...list.getEntries().map(({ duration }) => duration))).observe({
    type: 'longtask',
  })
  const list = document.querySelector('.pane-employees .rows')
  const frames = []
  let nodes = 0
  const begun = performance.now()
  let before = begun
  for (;;) {
    const now = await new Promise(requestAnimationFrame)
    frames.push(now - before)
    before = now
    if (now - begun > lastsMs) break
    const way = Math.abs((((now - begun) / 3000) % 2) - 1)
    list.scrollTop = (1 - way) * list.scrollHeight
    nodes = Math.max(nodes, document.getElementsByTagName('*').length)
  }
  frames.sort((a, b) => a - b)
  const at = (share) => Math.round(frames[Math.floor(frames.length * share)] * 10) / 10
  const longestTaskMs = Math.round(Math.max(...tasks))
  return { medianFrameMs: at(0.5), p95FrameMs: at(0.95), frames: frames.length, longestTaskMs, nodes }
}

/** The processor's time of the longest task of a page's main thread. */
function busiestTask(trace) {
  const { traceEvents } = JSON.parse(trace.toString())
  const mains = traceEvents.filter(({ name, args }) => name === 'thread_name' && args.name === 'CrRendererMain')
  const threads = new Set(mains.map(({ pid, tid }) => `${pid} ${tid}`))
  const tasks = traceEvents.filter(({ name, pid, tid }) => name === 'RunTask' && threads.has(`${pid} ${tid}`))
  assert.ok(tasks.length > 100, 'tasks were traced')
  return Math.round(Math.max(...tasks.map(({ tdur }) => tdur ?? 0)) / 1000)
}

function groupsOf(items, size) {
  return Array.from({ length: Math.ceil(items.length / size) }, (_, at) => items.slice(at * size, (at + 1) * size))
}

/** A company with these employees, named like their ids. */
async function companyWith(company, ids) {
  await house.api('PUT', `/${company}`, { name: company })
  for (const id of ids) await house.api('PUT', `/${company}/employees/${id}`, { name: nameOf(id) })
  return company
}

async function idle(company, id) {
  const device = await house.device('employee', id, { company, name: nameOf(id) })
  await device.ask('set_status', { status: 'idle' })
  return device
}

function nameOf(id) {
  return id[0].toUpperCase() + id.slice(1)
}

async function boardOf(company, claims = {}, viewport = { width: 1280, height: 800 }, prepare = async () => {}) {
  const page = await browser.newPage({ viewport, locale: 'en-GB' })
  await prepare(page)
  page.setDefaultTimeout(PATIENCE_MS)
  page.on('pageerror', (error) => assert.fail(`the page threw ${error.stack}`))
  const token = house.token('admin', 'olga', { company, scope: 'manage', ...claims })
  await page.goto(`${house.pages}/board#token=${token}`)
  await page.locator('.wall').waitFor()
  return page
}

/** A field of the dialog that is open. */
function field(page, name) {
  return page.getByRole('dialog').getByLabel(name)
}

async function seriousOn(page) {
  const source = await readFile(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')
  // Not as a script of the page, which its policy would not let in.
  await page.evaluate(source)
  const { violations } = await page.evaluate(() => globalThis.axe.run(document))
  const serious = violations.filter(({ impact }) => impact === 'serious' || impact === 'critical')
  return serious.map(({ id, nodes }) => `${id}: ${nodes[0].html}`)
}
