// The feed as a back end reads it: page by page, by long polling, and as a stream of server-sent events.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { eventually } from './inbox.mjs'
import { openWorld } from './people.mjs'
import { API_KEY, token } from './server.mjs'

/** Longer than any request of a test may take, so that a request which waits to the end fails its test. */
const LONGEST_WAIT_MS = 60_000

const types = (events) => events.map(({ type }) => type)

/** A stream of server-sent events, parsed as in the specification. */
class Stream {
  static async open(t, world, query = '', headers = {}) {
    const stop = new AbortController()
    t.after(() => stop.abort())
    const answer = await fetch(`${world.server.url}/v1/companies/acme/events${query}`, {
      headers: { authorization: `Bearer ${API_KEY}`, accept: 'text/event-stream', ...headers },
      signal: stop.signal,
    })
    assert.equal(answer.status, 200, await (answer.status === 200 ? '' : answer.text()))
    assert.match(answer.headers.get('content-type'), /^text\/event-stream/)
    const stream = new Stream()
    stream.stop = stop
    stream.reader = answer.body.pipeThrough(new TextDecoderStream()).getReader()
    stream.text = ''
    stream.lastId = ''
    return stream
  }

  /** The next event with data; null at the end of the stream. */
  async next() {
    for (;;) {
      const at = this.text.indexOf('\n\n')
      if (at < 0) {
        const { done, value } = await this.reader.read()
        if (done) return null
        this.text += value
        continue
      }
      const lines = this.text.slice(0, at).split('\n').map((line) => line.split(/: ?(.*)/s))
      this.text = this.text.slice(at + 2)
      const fields = Object.fromEntries(lines)
      if (fields.id !== undefined) this.lastId = fields.id
      if (fields.data !== undefined) return { ...fields, event: fields.event, data: JSON.parse(fields.data) }
    }
  }
}

test('the feed tells everything from the beginning, page by page, in the order of the commits', async (t) => {
  const world = await openWorld(t)
  const { session } = await world.meeting()
  await world.http('POST', `/sessions/${session.id}/end`, {})
  const whole = await world.http('GET', '/events')
  assert.deepEqual(types(whole.items).filter((type) => type !== 'offer.delivered'), [
    'company.set', 'employee.set', 'employee.intent', 'booking.opened', 'offer.made', 'session.started', 'session.ended',
  ])
  const paged = []
  for (let after = 0; ;) {
    const { items, next } = await world.http('GET', `/events?after=${after}&limit=2`)
    paged.push(...items)
    if (items.length === 0) break
    after = next
  }
  assert.deepEqual(paged, whole.items)
  assert.deepEqual(paged.map(({ seq }) => seq).toSorted((a, b) => a - b), paged.map(({ seq }) => seq))
  const some = await world.http('GET', '/events?types=session.started,session.ended')
  assert.deepEqual(types(some.items), ['session.started', 'session.ended'])
  assert.equal(some.items[0].data.session_id, session.id)
  assert.ok(some.next >= some.items[1].seq)
  const latest = await world.http('GET', '/events?after=latest')
  assert.deepEqual(latest.items, [])
})

test('whoever waits is told as soon as something happens, and else after the time', async (t) => {
  const world = await openWorld(t)
  const { next } = await world.http('GET', '/events?after=latest')
  const start = Date.now()
  const nothing = await world.http('GET', `/events?after=${next}&wait_ms=300`)
  assert.deepEqual(nothing, { items: [], next })
  assert.ok(Date.now() - start >= 290, 'it waited')
  const waiting = world.http('GET', `/events?after=${next}&wait_ms=${LONGEST_WAIT_MS}`)
  await world.http('PUT', '/employees/ann', { name: 'Ann' })
  const { items } = await waiting
  assert.deepEqual(types(items), ['employee.set'])
  assert.deepEqual(items[0].data, { employee_id: 'ann', name: 'Ann', topics: [] })
})

test('a stream goes on where the last one ended', async (t) => {
  const world = await openWorld(t)
  const stream = await Stream.open(t, world)
  assert.equal((await stream.next()).event, 'company.set')
  await world.http('PUT', '/employees/ann', {})
  const ann = await stream.next()
  assert.deepEqual([ann.event, ann.data.data.employee_id, ann.id], ['employee.set', 'ann', String(ann.data.seq)])
  stream.stop.abort()
  await world.http('PUT', '/employees/bob', {})
  const again = await Stream.open(t, world, '?after=0', { 'last-event-id': stream.lastId })
  assert.equal((await again.next()).data.data.employee_id, 'bob', 'the last id counts before the query')
  await world.http('PUT', '/employees/eve', {})
  assert.equal((await again.next()).data.data.employee_id, 'eve')
})

test('a stream and a wait end when the server stops', async (t) => {
  const world = await openWorld(t)
  const key = token({ sub: 'olga', role: 'admin', company: 'acme' })
  const open = () => Stream.open(t, world, '?after=latest', { authorization: `Bearer ${key}` })
  // All but one of the places that a person has.
  const [stream] = await Promise.all(Array.from({ length: 15 }, open))
  await world.http('PUT', '/employees/ann', {})
  const { id } = await stream.next()
  const wait = async () => {
    const answer = await world.server.http('GET', `/v1/companies/acme/events?after=${id}&wait_ms=${LONGEST_WAIT_MS}`, undefined, { key })
    // The check below may have the place just then.
    return answer.status === 429 ? wait() : answer
  }
  const waiting = wait()
  await eventually('the last place is taken by who waits', async () => {
    const more = await world.server.http('GET', '/v1/companies/acme/events?wait_ms=1', undefined, { key })
    return more.status === 429
  })
  world.server.signal('SIGTERM')
  const [ended, answer] = await Promise.all([stream.next(), waiting, world.server.exit()])
  assert.deepEqual(answer.body, { items: [], next: Number(id) })
  assert.equal(ended, null)
})

test('a question that cannot be answered is refused', async (t) => {
  const world = await openWorld(t)
  const base = '/v1/companies/acme/events'
  for (const query of ['after=x', 'after=-1', 'after=999', 'limit=0', 'limit=501', 'wait_ms=60001', 'types=offer.lost', 'x=1']) {
    await world.server.refused(422, 'invalid', 'GET', `${base}?${query}`)
  }
  await world.server.refused(404, 'unknown_company', 'GET', '/v1/companies/nowhere/events')
  await world.server.ask('DELETE', '/v1/companies/acme')
  const { items } = await world.http('GET', '/events')
  assert.equal(items.at(-1).type, 'company.removed', 'what a company told is kept')
})
