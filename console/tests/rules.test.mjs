// The rules of a session's page without the page: rings and their ends, notes, marks, and parsing of signals.
import assert from 'node:assert/strict'
import { before, beforeEach, mock, test } from 'node:test'
import { rules } from './module.mjs'

let Call, understood, written, notebook, marks
before(async () => {
  ;[{ Call }, { understood, written }, notebook, marks] = await Promise.all(
    ['call.ts', 'signals.ts', 'notebook.ts', 'marks.ts'].map(rules),
  )
})

/** Devices of two sides, with a wire between them that delivers at once, or on demand while it is `slow`. */
class Sides {
  devices = []
  wire = []
  slow = false

  device(side, name, memory) {
    const device = { side, name, remembered: undefined, connections: [] }
    const parts = {
      device: name,
      freshId: () => `call-${name}-${device.rings++}`,
      tell: (call) => this.send(side, call),
      remember: (kept) => (device.remembered = kept),
      connect: (hooks) => {
        const connection = { hooks, heard: [], agains: 0, closed: false }
        connection.hear = (word) => connection.heard.push(word)
        connection.again = () => (connection.agains += 1)
        connection.close = () => (connection.closed = true)
        device.connections.push(connection)
        return connection
      },
    }
    device.rings = 1
    this.devices.push(device)
    device.call = new Call(parts, memory)
    return device
  }

  send(side, call) {
    this.wire.push({ side, data: JSON.parse(JSON.stringify(written({ about: 'call', call }))) })
    if (!this.slow) this.deliver()
  }

  deliver() {
    for (let next = this.wire.shift(); next; next = this.wire.shift()) {
      for (const { side, call } of this.devices) if (side !== next.side) call?.hear(understood(next.data).call)
    }
  }
}

const is = ({ call }) => call.state.value.is
const why = ({ call }) => call.state.value.why

let sides
beforeEach(() => {
  mock.timers.reset()
  mock.timers.enable({ apis: ['setTimeout', 'setInterval', 'Date'] })
  sides = new Sides()
})

test('a ring reaches all devices, and the first that answers has the call', () => {
  const [a, b, c] = [sides.device('client', 'a'), sides.device('employee', 'b'), sides.device('employee', 'c')]
  a.call.ring(true)
  assert.deepEqual([is(b), is(c)], ['ringing', 'ringing'])
  c.call.answer()
  assert.deepEqual([is(a), is(b), is(c)], ['connecting', 'ended', 'connecting'])
  assert.equal(why(b), 'elsewhere')
  assert.deepEqual([a.remembered.with, c.remembered.with], ['c', 'a'])
})

test('two that answer at the same moment: one has it, the other is told', () => {
  const [a, b, c] = [sides.device('client', 'a'), sides.device('employee', 'b'), sides.device('employee', 'c')]
  a.call.ring(false)
  sides.slow = true
  b.call.answer()
  c.call.answer()
  sides.deliver()
  assert.deepEqual([is(a), is(b), is(c)], ['connecting', 'connecting', 'ended'])
})

test('both ring at once, and it is an answer, in whatever order the rings arrive', () => {
  for (const order of [0, 1]) {
    sides = new Sides()
    const [a, b, c] = [sides.device('client', 'a'), sides.device('employee', 'b'), sides.device('employee', 'c')]
    sides.slow = true
    a.call.ring(false)
    b.call.ring(true)
    if (order) sides.wire.reverse()
    sides.deliver()
    assert.deepEqual([is(a), is(b), is(c)], ['connecting', 'connecting', 'ended'])
    assert.equal(a.remembered.id, b.remembered.id)
    a.call.hangUp()
    sides.deliver()
    assert.deepEqual([is(a), is(b)], ['none', 'ended'])
  }
})

test('nobody answers: it ends on both sides after 45 seconds, each with its reason', () => {
  const [a, b] = [sides.device('client', 'a'), sides.device('employee', 'b')]
  a.call.ring(false)
  mock.timers.tick(44_999)
  assert.deepEqual([is(a), is(b)], ['calling', 'ringing'])
  mock.timers.tick(1)
  assert.deepEqual([why(a), why(b)], ['no_answer', 'missed'])
})

test('who was away is rung when they come, and a ring that was over does not begin anew', () => {
  const a = sides.device('client', 'a')
  a.call.ring(false)
  const b = sides.device('employee', 'b')
  mock.timers.tick(5_000)
  assert.equal(is(b), 'ringing')
  const ring = { from: 'a', id: 'call-a-1', say: { kind: 'ring', video: false } }
  const late = { side: 'client', data: written({ about: 'call', call: ring }) }
  a.call.hangUp()
  assert.equal(why(b), 'missed')
  sides.wire.push(late)
  sides.deliver()
  assert.equal(is(b), 'ended')
})

test('a no ends it on all devices', () => {
  const [a, b, c] = [sides.device('client', 'a'), sides.device('employee', 'b'), sides.device('employee', 'c')]
  a.call.ring(false)
  b.call.decline()
  assert.deepEqual([why(a), is(b), is(c)], ['declined', 'none', 'ended'])
})

test('a page that was loaded anew comes back into its call, with a connection of the next round', () => {
  const [a, b] = [sides.device('client', 'a'), sides.device('employee', 'b')]
  a.call.ring(true)
  b.call.answer()
  b.connections[0].hooks.connected()
  sides.devices.pop()
  const again = sides.device('employee', 'b', b.remembered)
  assert.deepEqual([is(a), is(again)], ['reconnecting', 'reconnecting'])
  assert.deepEqual([a.remembered.round, again.remembered.round], [2, 2])
  assert.deepEqual(a.connections.map(({ closed }) => closed), [true, false])
  // Late signals of the first round are ignored.
  b.connections[0].hooks.tell({ kind: 'candidate', candidates: [] })
  assert.deepEqual(a.connections[1].heard, [])
  again.connections[0].hooks.tell({ kind: 'candidate', candidates: [] })
  assert.equal(a.connections[1].heard.length, 1)
})

test('who comes back into a call that is over is told so', () => {
  const [a, b] = [sides.device('client', 'a'), sides.device('employee', 'b')]
  a.call.ring(true)
  b.call.answer()
  const memory = b.remembered
  sides.devices.pop()
  a.call.hangUp()
  sides.slow = true
  const again = sides.device('employee', 'b', memory)
  sides.deliver()
  assert.equal(why(again), 'hung_up')
})

test('a connection that gives up ends the call on both sides', () => {
  const [a, b] = [sides.device('client', 'a'), sides.device('employee', 'b')]
  a.call.ring(false)
  b.call.answer()
  a.connections[0].hooks.shaken()
  assert.equal(is(a), 'reconnecting')
  a.connections[0].hooks.gaveUp()
  assert.deepEqual([why(a), why(b)], ['unreachable', 'hung_up'])
  assert.equal(a.remembered, undefined)
})

test('a call is moved to another device of the same person, and who missed that is told so', () => {
  const [a, b, c] = [sides.device('client', 'a'), sides.device('employee', 'b'), sides.device('employee', 'c')]
  a.call.ring(false)
  b.call.answer()
  const before = b.remembered
  c.call.move()
  assert.deepEqual([is(a), why(b), is(c)], ['connecting', 'elsewhere', 'connecting'])
  assert.deepEqual([a.remembered.with, c.remembered.with], ['c', 'a'])
  assert.deepEqual(a.connections.map(({ closed }) => closed), [true, false])
  sides.slow = true
  const again = sides.device('employee', 'b', before)
  sides.deliver()
  assert.equal(why(again), 'elsewhere')
  assert.deepEqual([is(a), is(c)], ['connecting', 'connecting'], 'the call is not shaken by it')
  c.call.hangUp()
  sides.deliver()
  assert.deepEqual([why(a), why(b), why(again), is(c)], ['hung_up', 'over', 'over', 'none'])
})

test('two devices that take a call over at the same moment: the last has it', () => {
  const names = ['b', 'c', 'd']
  const a = sides.device('client', 'a')
  const [b, c, d] = names.map((name) => sides.device('employee', name))
  a.call.ring(false)
  b.call.answer()
  sides.slow = true
  c.call.move()
  d.call.move()
  sides.deliver()
  assert.deepEqual([why(b), why(c), is(d), a.remembered.with], ['elsewhere', 'elsewhere', 'connecting', 'd'])
})

test('a move that nobody hears ends as one, and goes on when the other comes back meanwhile', () => {
  const [a, b, c] = [sides.device('client', 'a'), sides.device('employee', 'b'), sides.device('employee', 'c')]
  a.call.ring(false)
  b.call.answer()
  const { remembered } = a
  sides.devices.shift()
  c.call.move()
  mock.timers.tick(10_000)
  assert.equal(why(c), 'not_moved')
  c.call.move()
  const again = sides.device('client', 'a', remembered)
  c.call.greeted('a')
  assert.deepEqual([is(c), why(b), again.remembered.with], ['connecting', 'elsewhere', 'c'])
})

test('what is malformed, or of a newer page, is not heard', () => {
  const call = { from: 'a', id: 'c', kind: 'ring', video: true }
  assert.ok(understood({ call }))
  const strange = [
    null, 7, 'ring', [], {}, { call: 7 }, { call: { ...call, kind: 'sing' } }, { call: { ...call, from: 7 } },
    { call: { ...call, to: '' } }, { call: { ...call, id: 'x'.repeat(129) } },
    { call: { ...call, kind: 'back', round: -1 } },
    { call: { ...call, kind: 'description', round: 1, description: { type: 'rollback', sdp: '' } } },
    { call: { ...call, kind: 'candidate', round: 1, candidates: 'many' } }, { typing: 'yes' }, { hello: {} },
  ]
  for (const data of strange) assert.equal(understood(data), undefined, JSON.stringify(data))
})

test('notes: what is typed is never written over, nor writes over what nobody has looked at', () => {
  const { opened, typed, heard, unsaved, begun, ended, kept } = notebook
  let page = typed(opened('a', undefined), 'ab')
  assert.equal(unsaved(page), 'ab')
  page = typed(begun(page, 'ab'), 'abc')
  page = ended(heard(page, 'ab'), true)
  assert.deepEqual([page.theirs, unsaved(page)], [undefined, 'abc'])
  page = heard(page, 'x')
  assert.deepEqual([page.text, page.theirs, unsaved(page)], ['abc', 'x', undefined])
  assert.equal(unsaved(kept(page, 'mine')), 'abc')
  assert.deepEqual([kept(page, 'theirs').text, unsaved(kept(page, 'theirs'))], ['x', undefined])
  assert.equal(heard(opened('a', undefined), 'b').text, 'b')
  assert.equal(opened('b', { text: 'a2', base: 'a' }).theirs, 'b')
  assert.equal(unsaved(opened('a', { text: 'a2', base: 'a' })), 'a2')
})

test('marks: the furthest of all devices counts, also of messages that come after their mark', () => {
  const { deliveryOf, heardToo, NOTHING_HEARD } = marks
  const messages = ['1', '2', '3'].map((id) => ({ id, from: 'client' }))
  let heard = heardToo(NOTHING_HEARD, { delivered: '3', seen: '1' }, messages.slice(0, 2))
  assert.deepEqual([0, 1].map((place) => deliveryOf(place, heard, messages.slice(0, 2))), ['seen', 'sent'])
  assert.deepEqual([0, 1, 2].map((place) => deliveryOf(place, heard, messages)), ['seen', 'delivered', 'delivered'])
  heard = heardToo(heard, { delivered: '1' }, messages)
  assert.equal(deliveryOf(2, heard, messages), 'delivered')
})

test('an estimate is a range, never a point, and never goes on below the time that has passed', async () => {
  const { rangeOf } = await rules('../book/range.ts')
  const minutes = (from, to) => ({ from_ms: from * 60_000, to_ms: to * 60_000 })
  assert.deepEqual(rangeOf(minutes(1, 3), 0), { from: 1, to: 3, unit: 'minute' })
  assert.deepEqual(rangeOf(minutes(3, 3), 0), { from: 3, to: 4, unit: 'minute' }, 'no point')
  assert.deepEqual(rangeOf(minutes(1, 3), 90_000), { from: 0, to: 90, unit: 'second' })
  assert.deepEqual(rangeOf(minutes(12, 31), 0), { from: 10, to: 35, unit: 'minute' })
  assert.equal(rangeOf(minutes(1, 3), 180_000), undefined, 'it was wrong, and no other is made up')
})

test('a value is set at the path that the server names, and the server’s words lead to the field', async () => {
  const { withValue, wrongOf } = await rules('../board/routing-shape.ts')
  const routing = { routes: [{ steps: [{ level: 1 }, { level: 2 }] }], rest: { missed_ms: 0 } }
  const changed = withValue(routing, 'routes[0].steps[1].level', 5)
  assert.deepEqual(changed, { routes: [{ steps: [{ level: 1 }, { level: 5 }] }], rest: { missed_ms: 0 } })
  assert.deepEqual(withValue(routing, 'rest.missed_ms', 7).rest, { missed_ms: 7 })
  assert.equal(routing.routes[0].steps[1].level, 2, 'what was read stays as it was')
  assert.equal(wrongOf(new Error('`rest.missed_ms` is too long')), undefined, 'only the server names fields')
})
