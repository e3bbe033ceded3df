// The people of a test, on phoenix.js, and their world: one server and a company.
import assert from 'node:assert/strict'
import { Socket } from 'phoenix'
import WebSocket from 'ws'
import { Inbox, PATIENCE_MS, within } from './inbox.mjs'
import { RawSocket, Server, token } from './server.mjs'

/** A time limit that a device can keep on a busy machine; limits that no device must keep may be shorter. */
export const LONG_ENOUGH_MS = 2000

/**
 * Starts a server with the company `acme`; when the test ends, all leave, the server stops cleanly, and its log is
 * checked.
 */
export async function openWorld(t, { settings = {}, env } = {}) {
  const world = new World(await Server.start({ env }))
  t.after(() => world.close())
  await world.company('acme', settings)
  return world
}

export class World {
  constructor(server) {
    this.server = server
    this.sockets = new Set()
  }

  /** Creates or replaces a company with these settings. */
  async company(id, settings = {}) {
    return this.server.ask('PUT', `/v1/companies/${id}`, { name: id, settings: unhurried(settings) })
  }

  /** Sends a request about the company `acme`. */
  http(method, path, body) { return this.server.ask(method, `/v1/companies/acme${path}`, body) }

  /** The booking as HTTP shows it, with all its offers. */
  booking(id) { return this.http('GET', `/bookings/${id}`) }

  async client(id, { company = 'acme', claims = {} } = {}) {
    const client = new Client(this, company, id, token({ sub: id, role: 'client', company, ...claims }))
    client.joined = await client.line.join()
    return client
  }

  /** Creates the employee over HTTP, connects a device and, unless told otherwise, sets the status to idle. */
  async employee(id, { company = 'acme', topics = [], idle = true, ...more } = {}) {
    await this.server.ask('PUT', `/v1/companies/${company}/employees/${id}`, { name: nameOf(id), topics, ...more })
    const employee = await this.device(id, { company })
    if (idle) {
      assert.deepEqual(await employee.setStatus('idle'), { status: 'idle', intent: 'idle' })
      assert.equal((await employee.status('idle')).cause, 'set_by_employee')
    }
    return employee
  }

  /** Connects one more device of a known employee. */
  async device(id, { company = 'acme', claims = {} } = {}) {
    const employee = new Employee(this, company, id, employeeToken(id, company, claims))
    employee.joined = await employee.line.join()
    return employee
  }

  /** A device that works with frames, joined to its employee topic. */
  async rawDevice(id, { company = 'acme' } = {}) {
    const raw = await this.raw(employeeToken(id, company))
    const [, , , , reply] = await raw.ask(['1', 'join', `employee:${company}:${id}`, 'phx_join', {}])
    assert.equal(reply.status, 'ok', JSON.stringify(reply))
    return raw
  }

  async raw(bearer, options) {
    const raw = await RawSocket.open(this.server, bearer, options)
    this.sockets.add(raw)
    return raw
  }

  async board({ company = 'acme' } = {}) {
    const admin = new Person(this, `admin of ${company}`, token({ sub: 'boss', role: 'admin', company }))
    const line = admin.on(`board:${company}`)
    line.joined = await line.join()
    return line
  }

  person(name, claims) { return new Person(this, name, token({ sub: name, ...claims })) }

  /** A client and an employee in a running session, both on its topic. */
  async meeting({ client = 'carl', employee = 'ann', topic = 'billing' } = {}) {
    const ann = await this.employee(employee)
    const carl = await this.client(client)
    const booking = await carl.book(topic)
    const session = await ann.accept(await ann.offer())
    await carl.booking('assigned')
    await ann.status('busy')
    return { ann, carl, booking, session, hers: await ann.session(session), his: await carl.session(session) }
  }

  async close() {
    for (const one of this.sockets) (one.leave ?? one.drop).call(one)
    try {
      await this.server.stop()
      this.server.assertNoErrors()
    } finally {
      await this.server.remove()
    }
  }
}

/**
 * Sets the delivery timeout to the offer's, unless the test sets one, because a busy machine may delay a pong for
 * longer than a phone would.
 */
export function unhurried(settings) {
  const { offer_timeout_ms: offer = 15_000 } = settings
  return { delivery_timeout_ms: offer, ...settings }
}

/** A person with one phoenix.js socket. */
export class Person {
  constructor(world, name, bearer, options = {}) {
    this.world = world
    this.name = name
    const usual = { transport: WebSocket, timeout: PATIENCE_MS, params: { token: bearer } }
    this.socket = new Socket(world.server.socketUrl, { ...usual, ...options })
    this.lines = []
    this.socket.connect()
    world.sockets.add(this)
  }

  on(topic) {
    const line = new Line(this.socket, topic, this.name)
    this.lines.push(line)
    return line
  }

  /** Cuts the connection, without a close frame, until `comeBack`. */
  drop() {
    this.socket.conn?.terminate()
    this.socket.disconnect()
  }

  /** Leaves for good: pending requests and retries of phoenix.js end too. */
  leave() {
    this.drop()
    for (const line of this.lines) line.leave()
  }

  /** Connects again; returns the new snapshot of the first topic. */
  comeBack() {
    this.socket.connect()
    return this.rejoined()
  }

  /** Waits until phoenix.js has joined all topics again; the snapshots are in `joined`. */
  async rejoined() {
    await Promise.all(this.lines.map(async (line) => (line.joined = await line.rejoined())))
    return this.lines[0].joined
  }
}

export class Client extends Person {
  constructor(world, company, id, bearer, options) {
    super(world, id, bearer, options)
    this.line = this.on(`company:${company}`)
  }

  async book(topic = 'billing', more = {}) { return (await this.line.push('book', { topic, ...more })).booking }
  async cancel(booking) { return (await this.line.push('cancel', { booking_id: booking.id })).booking }

  /** The next event with the booking in this state. */
  async booking(state, timeoutMs) {
    return (await this.line.next('booking', timeoutMs, ({ booking }) => booking.state === state, state)).booking
  }

  /** Joins the session's topic; the line carries the snapshot as `joined`. */
  async session(session) {
    const line = this.on(`session:${session.id}`)
    line.joined = await line.join()
    return line
  }
}

export class Employee extends Person {
  constructor(world, company, id, bearer, options) {
    super(world, id, bearer, options)
    this.id = id
    this.line = this.on(`employee:${company}:${id}`)
  }

  session(session) { return Client.prototype.session.call(this, session) }
  setStatus(status, pause = {}) { return this.line.push('set_status', { status, ...pause }) }
  async offer(timeoutMs) { return (await this.line.next('offer', timeoutMs)).offer }
  async accept(offer) { return (await this.line.push('accept', { offer_id: offer.id })).session }
  reject(offer, reason) { return this.line.push('reject', { offer_id: offer.id, ...(reason ? { reason } : {}) }) }

  /** The next event with this status. */
  status(status, timeoutMs) {
    return this.line.next('status', timeoutMs, (event) => event.status === status, status)
  }

  /** The outcome of that offer. */
  async outcome(offer, timeoutMs) {
    const closed = await this.line.next('offer_closed', timeoutMs, (event) => event.offer_id === offer.id, offer.id)
    return closed.outcome
  }
}

/** One topic on one socket, with everything that arrived on it. */
export class Line {
  constructor(socket, topic, name) {
    this.topic = topic
    this.inbox = new Inbox(`${name} on ${topic}`)
    this.asked = new Set()
    this.channel = socket.channel(topic)
    this.channel.onMessage = (event, payload) => {
      if (isEvent(event)) this.inbox.add({ event, payload })
      return payload
    }
    const joining = this.channel.joinPush
    joining.receive('ok', (payload) => this.inbox.add({ event: 'join ok', payload }))
    joining.receive('error', (payload) => this.inbox.add({ event: 'join error', payload }))
  }

  /** Joins the topic; returns the snapshot. */
  join() {
    this.channel.join()
    return this.rejoined()
  }

  rejoined() { return this.next('join ok') }

  /** The error of a join that must be refused. */
  async refusedJoin() {
    this.channel.join()
    const answer = await this.inbox.take(({ event }) => event.startsWith('join '), 'answer to the join')
    this.channel.leave()
    assert.equal(answer.event, 'join error', `${this.inbox.name}: the join was not refused: ${JSON.stringify(answer.payload)}`)
    return checkedError(answer.payload)
  }

  /** The next event of that name that fits. Events that arrived before the wait count; skipped ones are dropped. */
  async next(event, timeoutMs = PATIENCE_MS, fits = () => true, what = '') {
    const named = (item) => item.event === event
    const wanted = (item) => named(item) && fits(item.payload)
    return (await this.inbox.take(wanted, `event ${event} ${what}`, timeoutMs, named)).payload
  }

  /** Payloads of all events of that name since the beginning. */
  all(event) { return this.inbox.history.filter((item) => item.event === event).map(({ payload }) => payload) }

  async push(event, payload = {}) {
    const { status, response } = await this.ask(event, payload)
    assert.equal(status, 'ok', `${this.inbox.name}: ${event} was refused: ${JSON.stringify(response)}`)
    return response
  }

  /** The error of a push that must be refused, with this reason. */
  async refused(reason, event, payload = {}) {
    const { status, response } = await this.ask(event, payload)
    assert.equal(status, 'error', `${this.inbox.name}: ${event} was not refused: ${JSON.stringify(response)}`)
    assert.equal(checkedError(response).reason, reason, response.message)
    return response
  }

  ask(event, payload, timeoutMs = PATIENCE_MS) {
    // phoenix.js has a time limit too, which starts again when a push has waited for its join, and must not end first.
    const push = this.channel.push(event, payload, 2 * timeoutMs)
    const answer = within(timeoutMs, () => `${this.inbox.name}: no reply to ${event}`, (resolve) => {
      for (const status of ['ok', 'error']) push.receive(status, (response) => resolve({ status, response }))
    })
    const asked = { push, answer }
    const done = () => this.asked.delete(asked)
    this.asked.add(asked)
    answer.then(done, done)
    return answer
  }

  leave() {
    for (const { push, answer } of this.asked) {
      push.cancelTimeout()
      answer.forget()
    }
    this.channel.joinPush.cancelTimeout()
    this.channel.rejoinTimer.reset()
  }
}

/**
 * Whether the server sent the event. phoenix.js also passes replies here, and null when a request that was never sent
 * times out.
 */
function isEvent(event) {
  return event !== null && event !== 'phx_reply' && !event.startsWith('chan_reply_')
}

/** Every error is `{reason, message}`: a stable word, and a text for a person. */
export function checkedError(error) {
  assert.match(error.reason, /^[a-z_]+$/, JSON.stringify(error))
  assert.ok(typeof error.message === 'string' && error.message.length > 0, JSON.stringify(error))
  return error
}

export function employeeToken(id, company, claims = {}) {
  return token({ sub: id, role: 'employee', company, ...claims })
}

export function nameOf(id) { return id[0].toUpperCase() + id.slice(1) }

const UUID_V7 = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/
const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/

export function assertId(id) { assert.match(id, UUID_V7, 'a UUIDv7') }
export function assertTime(time) { assert.match(time, TIME, 'RFC 3339 in UTC with milliseconds') }
