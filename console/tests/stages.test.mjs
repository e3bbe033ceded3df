// Every stage of the desk, of a session on the client's page and of the board: the required elements are shown, and can
// be pressed in sight and uncovered, in every window, with the longest names, the longest question and a long chat.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { token } from '../../tests/phoenix/server.mjs'
import { isInEveryWindow, isInReachEverywhere, press } from './stage.mjs'
import { Board, Client, Desk, openWorld, PHONE, until } from './world.mjs'

const LONG_NAME = 'Dr. Maximiliane Theodora Freifrau von und zu Hohenstein-Waldenburg-Schillingsfürst '.repeat(3).slice(0, 250)
const LONG_ID = 'user_8f3a1c77-2b1e-4d53-9c1d-5a7e2f8b6c90@a-company-with-a-very-long-name.example.org'
const QUESTION = 'I want to know whether I may deduct my home office. '.repeat(20).slice(0, 1000)
const MESSAGES = 100
/** No deadline passes while a stage is checked. */
const UNHURRIED = { offer_timeout_ms: 600_000, booking_deadline_ms: 1_200_000, wrap_up_ms: 600_000 }

const BAR = ['.flip', '.desk-bar > button']
const ASK_TO_NOTIFY = ['.ask-notify button:not(.plain)', '.ask-notify .plain']
const ANSWERS = ['.accept', '.decline']
const COMPOSER = ['.composer textarea', '.composer [type=submit]']
const BEGIN = ['.call-begin button:first-child', '.call-begin button:last-child']
const RINGING = ['.call .decline', '.call .answer', '.call .answer-video']
const CONTROLS = ['.call-controls .hang-up', '.call-controls button:nth-child(1)', '.call-controls button:nth-child(2)']
/** From this width on chat and notes stand side by side. */
const BOTH_FROM_PX = 1200
const ROOM = '.consultation-head, .composer'
const CALL = '.consultation-head, .call, .composer'
const CALL_AT_DESK = `.desk-bar, ${CALL}`
const IN_SESSION = ({ width }) => [...BAR, '.end', ...(width < BOTH_FROM_PX ? ['.parts button'] : [])]
const atDesk = (...more) => (viewport) => [...IN_SESSION(viewport), ...more.flat()]

test('at every stage everything that can be pressed is in reach, in every window', { timeout: 900_000 }, async (t) => {
  const world = await openWorld(t, { whole: true })
  await world.server.ask('PATCH', '/v1/companies/demo', { settings: UNHURRIED })
  const { desk, client, other } = await people(world)
  const holds = (person, stage, ...rest) => t.test(stage, () => isInReachEverywhere(person.page, stage, ...rest))

  await desk.switch.waitFor()
  await holds(desk, 'off', '.desk-bar', BAR)
  await desk.on()
  await holds(desk, 'waiting', '.desk-bar, .ask-notify', [...BAR, ...ASK_TO_NOTIFY])
  await desk.press('Device settings')
  await holds(desk, 'the desk’s settings', 'dialog[open]', ['dialog[open] form button'], { scrolled: 'dialog label, dialog .row' })
  await desk.press('Close')
  await ask(other, 'tax', QUESTION)
  await desk.asked('tax')
  await holds(desk, 'a request', '.offer', ANSWERS)
  world.line.cut()
  await desk.isLost()
  await holds(desk, 'a request while the line is lost', '.offer, .line-strip', ANSWERS)
  await desk.page.setViewportSize(PHONE)
  await desk.page.locator('.line-strip p').waitFor()
  world.line.mend()
  await desk.isBack()
  await desk.accept()
  await Promise.all([desk.inSession(), client.inSession()])
  const topic = other.session((await until(other.company('demo'), ({ booking }) => booking?.session)).booking.session.id)
  for (let number = 1; number <= MESSAGES; number += 1) topic.send(`message ${number}`)
  await Promise.all([desk.hears(`message ${MESSAGES}`), client.hears(`message ${MESSAGES}`)])
  await holds(desk, 'a desk with a hundred messages', `.desk-bar, ${ROOM}`, atDesk(COMPOSER, BEGIN))
  await holds(client, 'a client with a hundred messages', ROOM, [...COMPOSER, ...BEGIN, '.end'])
  await press(desk.switch)
  await desk.sees('Applies after this session')
  await holds(desk, 'a session after which the desk is off', `.desk-bar, ${ROOM}`, atDesk(COMPOSER, BEGIN))
  await press(desk.switch)
  await desk.page.getByText('Applies after this session').waitFor({ state: 'detached' })
  await desk.press('Notes')
  await holds(desk, 'the notes', '.desk-bar, .consultation-head, .beside', atDesk('.beside .notes textarea'))
  await desk.press('Chat')

  const tablet = await anotherDesk(world)
  await client.callByVideo()
  await Promise.all([desk, tablet].map((device) => device.callIs('ringing')))
  await Promise.all([
    holds(desk, 'a call that rings', CALL_AT_DESK, atDesk(RINGING, COMPOSER)),
    holds(client, 'a call', CALL, ['.call .hang-up', '.end', ...COMPOSER]),
  ])
  await desk.answer()
  await Promise.all([desk.callIs('talking'), client.callIs('talking')])
  await holds(desk, 'a desk that talks', CALL_AT_DESK, atDesk(CONTROLS, COMPOSER))
  await holds(client, 'a client who talks', CALL, [...CONTROLS, ...COMPOSER, '.end'])
  await tablet.callIs('ended')
  await holds(tablet, 'a call that another device has', CALL_AT_DESK, atDesk('.call-choices button', '.call-choices .act', COMPOSER))
  await tablet.page.context().close()
  await client.press('Hang up')
  await desk.callIs('ended')
  await holds(desk, 'a call that is over', CALL_AT_DESK, atDesk('.call-choices button', '.call-choices .act', COMPOSER))
  await desk.press('Close')
  await desk.callByVideo()
  await client.callIs('ringing')
  await holds(client, 'a call that rings at the client', CALL, [...RINGING, ...COMPOSER, '.end'])
  await client.press('Decline')
  await desk.callIs('ended')

  await desk.press('End')
  await holds(desk, 'whether it shall end', '.end-question', ['.end-yes', '.end-question button:not(.end-yes)'])
  await desk.press('End session')
  await desk.page.locator('.over').waitFor()
  await holds(desk, 'what is left of a session', '.desk-bar, .over', [...BAR, '.over .notes textarea', '.over > .act'])
  await client.page.locator('.over').waitFor()
  await holds(client, 'the end', '.over', ['.over-foot .act', '.over-foot button:not(.act)'])
  await desk.press('Done')
  await desk.page.locator('.waiting h2', { hasText: 'Wrap-up' }).waitFor()
  await holds(desk, 'a wrap-up', '.desk-bar, .ask-notify', [...BAR, ...ASK_TO_NOTIFY])
  await press(desk.page.getByRole('button', { name: 'tax with' }))
  await desk.page.locator('.past .notes textarea').waitFor()
  await holds(desk, 'a session of before', '.past', ['.past form button'], { scrolled: '.past .notes' })
  await desk.press('Back')
})

test('how a request ended is in sight, also beside open notes', { timeout: 300_000 }, async (t) => {
  const world = await openWorld(t)
  await world.server.ask('PATCH', '/v1/companies/demo', { settings: { ...UNHURRIED, wrap_up_ms: 0 } })
  const { desk, other } = await people(world)
  await desk.on()
  await ask(other, 'tax', QUESTION)
  await desk.accept()
  await desk.inSession()
  await desk.end()
  await desk.page.locator('.over').waitFor()
  await ask(other, 'travel', QUESTION)
  await desk.asked('travel')
  await isInReachEverywhere(desk.page, 'a request over open notes', '.offer', ANSWERS)
  await desk.decline()
  await isInEveryWindow(desk.page.locator('.closed-offer'))
})

test('at every stage of the board what can be pressed is in reach, in every window', { timeout: 600_000 }, async (t) => {
  const world = await openWorld(t)
  await world.server.ask('PATCH', '/v1/companies/demo', { settings: UNHURRIED })
  const client = { sub: LONG_ID, role: 'client', company: 'demo', name: LONG_NAME }
  await world.server.ask('PATCH', '/v1/companies/demo/employees/erika', { name: LONG_NAME })
  const erika = await world.idleDesk({ name: 'erika' })
  await ask(world.person(client), 'tax', QUESTION)
  const { offer } = await until(erika, ({ offer }) => offer)
  const { page } = new Board(await world.page('/board?as=olga'))
  const holds = (stage, ...rest) => t.test(stage, () => isInReachEverywhere(page, stage, ...rest))
  const shut = () => page.keyboard.press('Escape')

  await page.locator('.pane-asked .entry').waitFor()
  // The contents of the parts scroll; the buttons between the parts do not.
  await holds('the wall', '.wall-head, .wall-nav', ({ width }) => ['.wall-head button:nth-of-type(1)', '.wall-head button:nth-of-type(2)', ...(width < 1024 ? NAV : [])])
  const story = async (what, button) => {
    await press(page.locator(`.pane-${what} .entry`))
    await page.locator('.over-story .steps').waitFor()
    await holds(`the story of a booking, ${what}`, '.over-story > .over-head', ['.over-head button'])
    await reachedByScrolling(page, '.over-story .grave')
    await press(page.locator('.over-story .grave'))
    await page.locator('.over-question').waitFor()
    await holds(`the question, ${what}`, '.over-question', ['.over-question .grave', '.over-question .over-foot button:not(.grave)'], { scrolled: 'dialog label' })
    await shut()
    await shut()
  }
  await story('asked')
  await erika.accept(offer.id)
  await page.locator('.pane-running .entry').waitFor()
  await story('running')
  await press(page.locator('.pane-employees .entry').first())
  await page.locator('.over-employee input[name=topics]').waitFor()
  await holds('an employee', '.over-employee > .over-head', ['.over-head button'])
  for (const one of ['.row button', 'input[name=name]', 'input[name=topics]', '.over-foot .act', '.grave']) {
    await reachedByScrolling(page, `.over-employee ${one}`)
  }
  await shut()
})

const NAV = [1, 2, 3, 4].map((nth) => `.wall-nav button:nth-child(${nth})`)

/** Checks that an element can be reached in every window by scrolling its container, as a person would. */
async function reachedByScrolling(page, selector) {
  await isInEveryWindow(page.locator(selector).first(), { scrolled: true })
}

test('a stage whose button is hidden, covered or out of the window is told', { timeout: 120_000 }, async (t) => {
  const world = await openWorld(t)
  const desk = await world.desk('erika')
  const flip = desk.page.locator('.flip')
  await flip.waitFor()
  const wrongs = {
    'display: none': /\.flip is not shown/,
    'visibility: hidden': /\.flip is not shown/,
    'position: fixed; inset-block-start: -99px': /on top/,
    'pointer-events: none': /on top/,
  }
  for (const [style, told] of Object.entries(wrongs)) {
    await flip.evaluate((element, style) => (element.style.cssText = style), style)
    await assert.rejects(isInReachEverywhere(desk.page, 'off', '.desk-bar', BAR, { settlesInMs: 100 }), told, style)
    await flip.evaluate((element) => (element.style.cssText = ''))
  }
})

const EMPLOYEE = { sub: 'erika', role: 'employee', company: 'demo', name: LONG_NAME }

/** Opens a second device of the employee. */
async function anotherDesk(world) {
  const desk = new Desk(await world.page(`/desk#token=${token(EMPLOYEE)}`))
  await desk.inSession()
  return desk
}

/** An employee at a desk, a client at the page, and another connection of that client, which books at once. */
async function people(world) {
  const client = { sub: LONG_ID, role: 'client', company: 'demo', name: LONG_NAME }
  const [desk, page] = await Promise.all([
    world.page(`/desk#token=${token(EMPLOYEE)}`, { viewport: PHONE, permissions: ['notifications'] }),
    world.page(`/book/demo#token=${token(client)}`),
  ])
  return { desk: new Desk(desk), client: new Client(page), other: world.person(client) }
}

async function ask(person, topic, question) {
  const company = person.company('demo')
  await until(company, ({ availability }) => availability.topics[topic]?.available)
  await company.book({ topic, note: { question } })
}
