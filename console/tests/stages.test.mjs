// Every stage of the desk and of a session on the client's page: what can be pressed there is in sight and on top, in
// every window, with the longest names, the longest question and a long chat.
import { test } from 'node:test'
import { token } from '../../tests/phoenix/server.mjs'
import { isInReachEverywhere } from './stage.mjs'
import { Client, Desk, openWorld, until } from './world.mjs'

const LONG_NAME = 'Dr. Maximiliane Theodora Freifrau von und zu Hohenstein-Waldenburg-Schillingsfürst '.repeat(3).slice(0, 250)
const LONG_ID = 'user_8f3a1c77-2b1e-4d53-9c1d-5a7e2f8b6c90@a-company-with-a-very-long-name.example.org'
const QUESTION = 'I want to know whether I may deduct my home office. '.repeat(20).slice(0, 1000)
const MESSAGES = 100

test('at every stage everything that can be pressed is in reach, in every window', { timeout: 600_000 }, async (t) => {
  const world = await openWorld(t)
  // Nothing ends by itself while it is looked at.
  const settings = { offer_timeout_ms: 600_000, booking_deadline_ms: 1_200_000 }
  await world.server.ask('PATCH', '/v1/companies/demo', { settings })
  const { desk, client, other } = await people(world)
  const holds = (person, stage, within) => t.test(stage, () => isInReachEverywhere(person.page, stage, within))

  await desk.switch.waitFor()
  await holds(desk, 'off', '.desk-bar')
  await desk.on()
  await holds(desk, 'waiting', '.desk-bar')
  await ask(other, 'tax', QUESTION)
  await desk.asked('tax')
  await holds(desk, 'a request', '.offer')
  await desk.accept()
  await Promise.all([desk.inSession(), client.inSession()])
  const topic = other.session((await until(other.company('demo'), ({ booking }) => booking?.session)).booking.session.id)
  for (let number = 1; number <= MESSAGES; number += 1) topic.send(`message ${number}`)
  await Promise.all([desk.hears(`message ${MESSAGES}`), client.hears(`message ${MESSAGES}`)])
  await holds(desk, 'a desk with a hundred messages', '.desk-bar, .consultation-head, .composer')
  await holds(client, 'a client with a hundred messages', '.consultation-head, .composer')

  const tablet = await anotherDesk(world)
  await client.callByVideo()
  await Promise.all([desk, tablet].map((device) => device.callIs('ringing')))
  await Promise.all([
    holds(desk, 'a call that rings', '.consultation-head, .call, .composer'),
    holds(client, 'a call', '.consultation-head, .call, .composer'),
  ])
  await desk.answer()
  await Promise.all([desk.callIs('talking'), client.callIs('talking')])
  await holds(desk, 'a desk that talks', '.consultation-head, .call, .composer')
  await holds(client, 'a client who talks', '.consultation-head, .call, .composer')
  await tablet.callIs('ended')
  await holds(tablet, 'a call that another device has', '.consultation-head, .call, .composer')
  await tablet.page.context().close()
  await client.press('Hang up')
  await desk.callIs('ended')
  await holds(desk, 'a call that is over', '.consultation-head, .call, .composer')

  await desk.press('End')
  await holds(desk, 'whether it shall end', '.end-question')
  await desk.press('End session')
  await desk.page.locator('.over').waitFor()
  await holds(desk, 'what is left of a session', '.desk-bar, .over')
  await client.page.locator('.over').waitFor()
  await holds(client, 'the end', '.over')

  await ask(other, 'travel', QUESTION)
  await desk.asked('travel')
  await holds(desk, 'a request over open notes', '.offer')
  await desk.decline()
  await desk.page.locator('.closed-offer').waitFor()
})

const EMPLOYEE = { sub: 'erika', role: 'employee', company: 'demo', name: LONG_NAME }

/** A second device of the employee. */
async function anotherDesk(world) {
  const desk = new Desk(await world.page(`/desk#token=${token(EMPLOYEE)}`))
  await desk.inSession()
  return desk
}

/** An employee at a desk, a client at the page, and a line of that client's that asks at once. */
async function people(world) {
  const client = { sub: LONG_ID, role: 'client', company: 'demo', name: LONG_NAME }
  const [desk, page] = await Promise.all([
    world.page(`/desk#token=${token(EMPLOYEE)}`),
    world.page(`/book/demo#token=${token(client)}`),
  ])
  return { desk: new Desk(desk), client: new Client(page), other: world.person(client) }
}

async function ask(person, topic, question) {
  const company = person.company('demo')
  await until(company, ({ availability }) => availability.topics[topic]?.available)
  await company.book({ topic, note: { question } })
}
