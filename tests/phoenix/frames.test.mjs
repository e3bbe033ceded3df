// The wire protocol frame by frame, as other clients than phoenix.js use it.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Socket } from 'phoenix'
import WebSocket from 'ws'
import { PATIENCE_MS, within } from './inbox.mjs'
import { openWorld } from './people.mjs'
import { refusedUpgrade, token } from './server.mjs'

const CARL = { sub: 'carl', role: 'client', company: 'acme' }
const TOPIC = 'company:acme'

async function openCarl(t, options) {
  const world = await openWorld(t)
  return { world, raw: await world.raw(token(CARL), options) }
}

async function joined(raw, joinRef = '1', topic = TOPIC) {
  const frame = await raw.ask([joinRef, `join-${joinRef}`, topic, 'phx_join', {}])
  assert.deepEqual(frame.slice(0, 4), [joinRef, `join-${joinRef}`, topic, 'phx_reply'])
  assert.equal(frame[4].status, 'ok', JSON.stringify(frame))
  return frame[4].response
}

function assertRefused(frame, reason) {
  assert.equal(frame[4].status, 'error', JSON.stringify(frame))
  if (reason) assert.equal(frame[4].response.reason, reason)
  assert.equal(typeof frame[4].response.message, 'string')
}

test('a heartbeat is answered', async (t) => {
  const { raw } = await openCarl(t)
  await raw.heartbeat('1')
  await raw.heartbeat(2)
})

test('refs come back with the type and value they had', async (t) => {
  const { raw } = await openCarl(t)
  const join = await raw.ask([7, 8, TOPIC, 'phx_join', {}])
  assert.deepEqual(join.slice(0, 4), [7, 8, TOPIC, 'phx_reply'])
  const book = await raw.ask([7, 9, TOPIC, 'book', { topic: 'billing' }])
  assert.deepEqual(book.slice(0, 4), [7, 9, TOPIC, 'phx_reply'])
  assertRefused(book, 'no_idle_employee')
})

test('a join without a join_ref is served, and its pushes too', async (t) => {
  const { raw } = await openCarl(t)
  const join = await raw.ask([null, '1', TOPIC, 'phx_join', {}])
  assert.deepEqual([join[0], join[1], join[4].status], [null, '1', 'ok'])
  const book = await raw.ask([null, '2', TOPIC, 'book', { topic: 'billing' }])
  assert.deepEqual(book.slice(0, 2), [null, '2'])
  assertRefused(book, 'no_idle_employee')
})

test('vsn 1.0.0: one object a frame', async (t) => {
  const { world, raw } = await openCarl(t, { vsn: '1.0.0' })
  const ask = (frame) => {
    raw.send(frame)
    return raw.inbox.take((got) => got.event === 'phx_reply' && got.ref === frame.ref, `reply to ${frame.ref}`)
  }
  const beat = await ask({ topic: 'phoenix', event: 'heartbeat', payload: {}, ref: '1' })
  assert.deepEqual([beat.topic, beat.ref, beat.payload], ['phoenix', '1', { status: 'ok', response: {} }])
  const join = await ask({ topic: TOPIC, event: 'phx_join', payload: {}, ref: '2' })
  assert.deepEqual([join.topic, join.payload.status, join.payload.response.booking], [TOPIC, 'ok', null])
  const book = await ask({ topic: TOPIC, event: 'book', payload: { topic: 'billing' }, ref: 3 })
  assert.equal(book.payload.response.reason, 'no_idle_employee')
  await world.employee('ann')
  const told = await raw.inbox.take((got) => got.event === 'availability' && got.payload.available, 'availability')
  assert.deepEqual([told.topic, told.payload.idle], [TOPIC, 1])
  const leave = await ask({ topic: TOPIC, event: 'phx_leave', payload: {}, ref: '4' })
  assert.equal(leave.payload.status, 'ok')
})

test('vsn 1.0.0: a frame that is no object of the form closes with 1002', async (t) => {
  const { raw } = await openCarl(t, { vsn: '1.0.0' })
  raw.send([null, '1', 'phoenix', 'heartbeat', {}])
  assert.equal((await raw.closed()).code, 1002)
})

test('an unknown version is 403 at the upgrade', async (t) => {
  const { server } = await openWorld(t)
  assert.equal(await refusedUpgrade(server, token(CARL), { vsn: '9.9.9' }), 403)
})

test('a leave is answered ok and then the topic closes', async (t) => {
  const { raw } = await openCarl(t)
  await joined(raw)
  raw.send(['1', '2', TOPIC, 'phx_leave', {}])
  const first = await raw.inbox.take((frame) => frame[2] === TOPIC && frame[3].startsWith('phx_'), 'phx frame')
  assert.deepEqual(first, ['1', '2', TOPIC, 'phx_reply', { status: 'ok', response: {} }])
  const close = await raw.next('phx_close', TOPIC)
  assert.deepEqual([close[0], close[4]], ['1', {}])
  assertRefused(await raw.ask(['1', '3', TOPIC, 'book', { topic: 'billing' }]), 'unknown_topic')
  await joined(raw, '4')
})

test('a second join of a topic closes the first with its join_ref', async (t) => {
  const { raw } = await openCarl(t)
  await joined(raw, '1')
  raw.send(['2', 'join-2', TOPIC, 'phx_join', {}])
  const first = await raw.inbox.take((frame) => frame[3]?.startsWith('phx_'), 'phx frame')
  assert.deepEqual([first[0], first[2], first[3]], ['1', TOPIC, 'phx_close'])
  assert.equal((await raw.reply('join-2'))[4].status, 'ok')
  assertRefused(await raw.ask(['2', '3', TOPIC, 'book', { topic: 'billing' }]), 'no_idle_employee')
})

test('frames with the join_ref of an earlier join are ignored', async (t) => {
  const { world, raw } = await openCarl(t)
  await world.employee('ann')
  await joined(raw, '1')
  await joined(raw, '2')
  raw.send(['1', 'stale-book', TOPIC, 'book', { topic: 'billing' }])
  raw.send(['1', 'stale-leave', TOPIC, 'phx_leave', {}])
  const book = await raw.ask(['2', 'fresh', TOPIC, 'book', { topic: 'billing' }])
  assert.equal(book[4].status, 'ok', JSON.stringify(book))
  assert.deepEqual(raw.inbox.left((frame) => frame[1] === 'stale-book'), [])
})

test('an event on a topic that is not joined is refused and the socket stays', async (t) => {
  const { raw } = await openCarl(t)
  assertRefused(await raw.ask(['1', '1', TOPIC, 'book', { topic: 'billing' }]), 'unknown_topic')
  await raw.heartbeat()
})

test('an unknown topic is refused and the socket stays', async (t) => {
  const { raw } = await openCarl(t)
  const unmatched = ['nonsense', 'nonsense:1', 'employee:acme']
  const badIds = ['company:', 'company:a b', 'session:not-an-id', `company:${'x'.repeat(129)}`]
  for (const [i, topic] of [...unmatched, ...badIds].entries()) {
    const reply = await raw.ask([`${i}`, `join-${i}`, topic, 'phx_join', {}])
    assertRefused(reply, unmatched.includes(topic) ? 'unknown_topic' : undefined)
  }
  await raw.heartbeat()
})

test('an unknown event is refused and the socket stays', async (t) => {
  const { raw } = await openCarl(t)
  await joined(raw)
  assertRefused(await raw.ask(['1', '2', TOPIC, 'dance', {}]), 'unknown_event')
  assertRefused(await raw.ask(['1', '3', TOPIC, 'book', { topic: 'billing' }]), 'no_idle_employee')
})

test('the 101st topic of a socket is refused and the socket stays', async (t) => {
  const world = await openWorld(t)
  const companies = Array.from({ length: 101 }, (_, i) => `company-${i}`)
  for (const id of companies) await world.company(id)
  const raw = await world.raw(token({ sub: 'vera', role: 'client' }))
  for (const [i, id] of companies.slice(0, 100).entries()) await joined(raw, `${i}`, `company:${id}`)
  assertRefused(await raw.ask(['last', 'last', 'company:company-100', 'phx_join', {}]))
  await raw.ask(['0', 'leave', 'company:company-0', 'phx_leave', {}])
  await joined(raw, 'again', 'company:company-100')
})

test('a frame of 64 KiB is taken, one over it closes with 1009', async (t) => {
  const { raw } = await openCarl(t)
  const frameOf = (bytes) => {
    const empty = JSON.stringify([null, 'big', 'phoenix', 'heartbeat', { x: '' }])
    return empty.replace('""', `"${'x'.repeat(bytes - empty.length)}"`)
  }
  raw.send(frameOf(64 * 1024))
  assert.equal((await raw.reply('big'))[4].status, 'ok')
  raw.send(frameOf(64 * 1024 + 1))
  assert.equal((await raw.closed()).code, 1009)
})

test('a frame that is not JSON closes with 1007', async (t) => {
  for (const frame of ['hello', '[null,"1","phoenix"', '']) {
    const { raw } = await openCarl(t)
    raw.send(frame)
    assert.equal((await raw.closed()).code, 1007, frame)
  }
})

test('a frame that is not of the form closes with 1002', async (t) => {
  const world = await openWorld(t)
  const wrong = [
    {},
    [],
    [null, '1', 'phoenix', 'heartbeat'],
    [null, '1', 'phoenix', 'heartbeat', {}, 'more'],
    [null, '1', 7, 'heartbeat', {}],
    [null, '1', 'phoenix', null, {}],
    [null, '1', TOPIC, 'phx_join', 'text'],
    [{}, '1', TOPIC, 'phx_join', {}],
  ]
  for (const frame of wrong) {
    const raw = await world.raw(token(CARL))
    raw.send(frame)
    assert.equal((await raw.closed()).code, 1002, JSON.stringify(frame))
  }
})

test('a token as subprotocol is taken and the answer selects phoenix', async (t) => {
  const world = await openWorld(t)
  const bearer = Buffer.from(token(CARL)).toString('base64').replaceAll('=', '')
  const raw = await world.raw(undefined, { protocols: ['phoenix', `base64url.bearer.phx.${bearer}`] })
  assert.equal(raw.ws.protocol, 'phoenix')
  await joined(raw)
  const plain = await world.raw(token(CARL))
  assert.equal(plain.ws.protocol, '')
})

test('phoenix.js connects with its authToken', async (t) => {
  const world = await openWorld(t)
  const socket = new Socket(world.server.socketUrl, { transport: WebSocket, authToken: token(CARL) })
  world.sockets.add({
    drop() {
      socket.conn?.terminate()
      socket.disconnect()
    },
  })
  socket.connect()
  const snapshot = await within(PATIENCE_MS, () => 'no join reply', (resolve, reject) => {
    socket.channel(TOPIC).join().receive('ok', resolve).receive('error', (error) => reject(new Error(JSON.stringify(error))))
  })
  assert.equal(snapshot.booking, null)
})

test('a note that no app could read is refused, and nothing breaks', async (t) => {
  const { world, raw } = await openCarl(t)
  await world.employee('ann')
  await joined(raw)
  for (const note of ['1e999', '"\\ud800"', '['.repeat(200) + ']'.repeat(200)]) {
    raw.send(`["1","b","${TOPIC}","book",{"topic":"billing","note":${note}}]`)
    const refused = await raw.inbox.take((got) => got[1] === 'b', 'reply to book')
    assertRefused(refused, 'invalid')
  }
  const booked = await raw.ask(['1', 'good', TOPIC, 'book', { topic: 'billing', note: { big: 1 } }])
  assert.equal(booked[4].status, 'ok', JSON.stringify(booked))
})
