// An employee's notes on a session: on all of their devices, during and after the session, and never for the client.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { assertTime, openWorld } from './people.mjs'
import { API_KEY } from './server.mjs'

const of = (session) => `/sessions/${session.id}/notes`

test('all devices of the employee show the notes, and the client never hears of them', async (t) => {
  const world = await openWorld(t)
  const { session, his, hers } = await world.meeting()
  assert.equal(hers.joined.notes, null)
  const tablet = await (await world.device('ann')).session(session)
  const { at, ...more } = await hers.push('notes', { body: 'wants a refund\n– 2024' })
  assertTime(at)
  assert.deepEqual(more, {})
  const notes = { body: 'wants a refund\n– 2024', at }
  for (const line of [hers, tablet]) assert.deepEqual(await line.next('notes'), notes)

  const later = await tablet.push('notes', { body: 'got the refund' })
  assert.ok(later.at >= at)
  for (const line of [hers, tablet]) assert.deepEqual(await line.next('notes'), { body: 'got the refund', at: later.at })
  const phone = await (await world.device('ann')).session(session)
  assert.deepEqual(phone.joined.notes, { body: 'got the refund', at: later.at })

  await his.refused('forbidden', 'notes', { body: 'mine' })
  // The message is sent to both sides after the notes: an event about notes would have come before it.
  await hers.push('message', { body: 'goodbye' })
  await his.next('message')
  assert.deepEqual(his.all('notes'), [])
  assert.deepEqual(Object.keys(his.joined), ['session', 'note', 'peer', 'messages'])
  for (const told of his.inbox.history) assert.doesNotMatch(JSON.stringify(told), /refund/)
  assert.doesNotMatch(world.server.log, /refund/)
})

test('the same notes again change nothing, and an empty body clears them', async (t) => {
  const world = await openWorld(t)
  const { session, hers } = await world.meeting()
  assert.deepEqual(await world.http('GET', of(session)), { body: '', at: null })
  const first = await hers.push('notes', { body: 'once' })
  assert.deepEqual(await hers.push('notes', { body: 'once' }), first)
  const cleared = await hers.push('notes', { body: '' })
  assert.deepEqual(await hers.push('notes', { body: '' }), cleared)
  assert.deepEqual(hers.all('notes'), [{ body: 'once', at: first.at }, { body: '', at: cleared.at }])
  assert.deepEqual(await world.http('GET', of(session)), { body: '', at: cleared.at })
})

test('notes have at most 8 KiB', async (t) => {
  const { hers } = await (await openWorld(t)).meeting()
  for (const body of [undefined, null, 7, 'x'.repeat(8 * 1024 + 1), 'é'.repeat(4 * 1024 + 1)]) {
    assert.match((await hers.refused('invalid', 'notes', { body })).message, /body/)
  }
  await hers.push('notes', { body: 'é'.repeat(4 * 1024) })
})

test('notes are finished after the end, survive a kill, and are read with an API key alone', async (t) => {
  const world = await openWorld(t)
  const { ann, session, his, hers } = await world.meeting()
  await his.push('end')
  const { at } = await hers.push('notes', { body: 'call back' })
  await world.server.kill()
  await world.server.restart()
  await ann.rejoined()
  assert.deepEqual(hers.joined.notes, { body: 'call back', at })
  assert.deepEqual(await hers.push('notes', { body: 'call back' }), { at })

  assert.deepEqual(await world.http('GET', of(session)), { body: 'call back', at })
  const shown = await world.http('GET', `/sessions/${session.id}`)
  assert.deepEqual(Object.keys(shown), Object.keys(session), 'a session has the same shape with notes')
  const path = `/v1/companies/acme${of(session)}`
  await world.server.refused(401, 'unauthorized', 'GET', path, undefined, { key: `not ${API_KEY}` })
  await world.company('globex')
  await world.server.refused(404, 'unknown_session', 'GET', `/v1/companies/globex${of(session)}`)
  await world.server.refused(404, 'unknown_session', 'GET', '/v1/companies/acme/sessions/nobody/notes')
})

test('notes leave by an export, go with an erased client, and are told to no webhook', async (t) => {
  const world = await openWorld(t)
  const { session, hers } = await world.meeting()
  const { at } = await hers.push('notes', { body: 'wants a refund' })
  await hers.push('end')
  const exported = async () => (await world.server.http('GET', '/v1/companies/acme/export')).body
  const lines = (await exported()).trimEnd().split('\n').map((line) => JSON.parse(line))
  const { items } = await world.http('GET', '/events')
  assert.ok(items.some(({ type }) => type === 'session.ended'))
  assert.doesNotMatch(JSON.stringify(items), /notes|refund/)
  assert.deepEqual(lines.filter(({ kind }) => kind === 'notes'), [{ kind: 'notes', session_id: session.id, body: 'wants a refund', at }])
  assert.equal(lines.at(-1).notes, 1)

  await world.server.ask('DELETE', '/v1/companies/acme/clients/carl/data')
  assert.deepEqual(await world.http('GET', of(session)), { body: '', at })
  assert.doesNotMatch(await exported(), /refund/)
})
