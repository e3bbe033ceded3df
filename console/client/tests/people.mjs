// The people of these tests, each with a Switchboard, and their server.
import assert from 'node:assert/strict'
import WebSocket from 'ws'
import { PATIENCE_MS, within } from '../../../tests/phoenix/inbox.mjs'
import { Relay } from '../../../tests/phoenix/line.mjs'
import { unhurried } from '../../../tests/phoenix/people.mjs'
import { Server, token } from '../../../tests/phoenix/server.mjs'
import { Switchboard } from '../dist/index.js'

/**
 * Starts a server with the company `acme` and its employees Ann and Bob; after the test all disconnect, and the server
 * stops cleanly.
 */
export async function open(t, { settings = {}, env } = {}) {
  const house = new House(await Server.start({ env }))
  t.after(() => house.close())
  await house.server.ask('PUT', '/v1/companies/acme', { name: 'Acme', settings: unhurried(settings) })
  for (const [id, name] of [['ann', 'Ann'], ['bob', 'Bob']]) {
    await house.server.ask('PUT', `/v1/companies/acme/employees/${id}`, { name })
  }
  return house
}

/** A server, one of its companies, and the people connected to it. */
export class House {
  constructor(server, company = 'acme') {
    this.server = server
    this.company = company
    this.people = []
    this.relays = []
  }

  /** Opens a connection of its own to this server, which can be cut. */
  async relay() {
    const relay = await Relay.open(this.server.port)
    this.relays.push(relay)
    return relay
  }

  /** Connects a person. `claims` describes them; `options` may change how they connect. */
  person(claims, { url = this.server.socketUrl, ...options } = {}) {
    const give = () => token({ company: this.company, ...claims })
    const person = new Switchboard(url, { token: give, transport: WebSocket, device: 'test', ...options })
    person.connect()
    this.people.push(person)
    return person
  }

  carl(options) { return this.person({ sub: 'carl', role: 'client' }, options) }
  ann(options) { return this.person({ sub: 'ann', role: 'employee' }, options) }
  boss(options) { return this.person({ sub: 'boss', role: 'admin' }, options) }

  /** Ann, or the employee called `name`, idle at the desk. */
  async idleDesk({ name = 'ann', company = this.company, ...options } = {}) {
    const desk = this.person({ sub: name, role: 'employee', company }, options).employee(company, name)
    assert.deepEqual(await desk.setStatus('idle'), { status: 'idle', intent: 'idle' })
    return desk
  }

  /** Carl and Ann in a session, each with their own connection. */
  async meeting({ carl: his, ann: hers } = {}) {
    const desk = await this.idleDesk(hers)
    const carl = this.carl(his)
    const page = carl.company('acme')
    await page.book({ topic: 'tax' })
    await until(desk, ({ offer }) => offer)
    const { id } = await desk.accept(desk.state.offer.id)
    const ann = this.people[0]
    const sides = { carl, ann, page, desk, his: carl.session(id), hers: ann.session(id) }
    await until(sides.his, ({ peer }) => peer.online)
    await until(sides.hers, ({ peer }) => peer.online)
    return sides
  }

  async close() {
    for (const person of this.people) person.disconnect()
    for (const relay of this.relays) relay.close()
    try {
      await this.server.stop()
      this.server.assertNoErrors()
    } finally {
      await this.server.remove()
    }
  }
}

/** Waits until a topic's state fits; resolves with the state. */
export function until(topic, fits, timeoutMs = PATIENCE_MS) {
  return seen(topic, () => topic.state !== undefined && fits(topic.state) && { state: topic.state }, timeoutMs)
    .then(({ state }) => state)
}

/** Waits until a topic's own properties fit: `live`, `refusal`. */
export function seen(topic, look, timeoutMs = PATIENCE_MS) {
  const { name } = topic
  const said = () => `${name}: ${JSON.stringify(topic.state)}, live ${topic.live}, refusal ${topic.refusal?.reason}`
  return watched((look) => topic.subscribe(look), look, said, timeoutMs)
}

/** Waits until a person's connection has that state. */
export function line(person, state, timeoutMs = PATIENCE_MS) {
  const look = () => person.line === state
  return watched((look) => person.onLine(look), look, () => `the line is ${person.line}, not ${state}`, timeoutMs)
}

/** Waits for a request's refusal, and checks the reason. */
export async function refused(promise, reason) {
  const refusal = await promise.then(() => assert.fail('it was not refused'), (error) => error)
  assert.equal(refusal.name, 'Refusal', refusal.stack)
  assert.equal(refusal.reason, reason, refusal.message)
  return refusal
}

export function bodies({ messages }) { return messages.map(({ body }) => body) }

function watched(watch, look, said, timeoutMs) {
  let stop = () => {}
  const found = within(timeoutMs, said, (resolve) => {
    const attempt = () => {
      const what = look()
      if (what) resolve(what)
    }
    stop = watch(attempt)
    attempt()
  })
  return found.finally(() => stop())
}
