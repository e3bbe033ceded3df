// A client's display name from the token is shown to the people who talk with them, and removed by erasure.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { openWorld } from './people.mjs'

const lines = (text) => text.trimEnd().split('\n').map((line) => JSON.parse(line))

/** All objects in an answer that identify a client. */
function named(value) {
  if (value === null || typeof value !== 'object') return []
  const own = 'client_id' in value ? [value] : []
  return [...own, ...Object.values(value).flatMap(named)]
}

function assertNamed(where, value, id, name, many) {
  const found = named(value).filter(({ client_id }) => client_id === id)
  assert.equal(found.length, many, `${where}: ${JSON.stringify(value)}`)
  for (const one of found) assert.equal(one.client_name, name, `${where}: ${JSON.stringify(one)}`)
}

test('the name of a client is with the request, the session, the board, the lists, the export and the feed', async (t) => {
  const world = await openWorld(t)
  const board = await world.board()
  const ann = await world.employee('ann')
  const id = 'user_8f3a1c77-2b1e'
  const zoe = await world.client(id, { claims: { name: ' Zoe\u0308 Miller ' } })
  const name = 'Zo\u00eb Miller'

  const booking = await zoe.book('tax', { key: 'once' })
  const offer = await ann.offer()
  const row = await board.next('booking')
  const early = [booking, offer, row, (await world.board()).joined, (await world.device('ann')).joined]
  for (const [at, told] of early.entries()) assertNamed(`while it searches, ${at}`, told, id, name, 1)
  // The name at the time of the booking stays: a token with another name changes nothing, and the same key returns the
  // same booking.
  const later = await world.client(id, { claims: { name: 'Zoe Baker' } })
  assertNamed('her other device', later.joined, id, name, 1)
  assert.deepEqual(await later.book('tax', { key: 'once' }), booking)

  const session = await ann.accept(offer)
  const assigned = await zoe.booking('assigned')
  const hers = await ann.session(session)
  for (const [at, told] of [session, hers.joined].entries()) assertNamed(`the session, ${at}`, told, id, name, 1)
  assertNamed('her booking and its session', assigned, id, name, 2)
  const rowOfSession = await board.next('session')
  assertNamed('the row of the session', rowOfSession, id, name, 1)

  const everywhere = async (name) => {
    assertNamed('the booking', await world.booking(booking.id), id, name, 2)
    assertNamed('the list of bookings', await world.http('GET', '/bookings'), id, name, 2)
    assertNamed('the session', await world.http('GET', `/sessions/${session.id}`), id, name, 1)
    assertNamed('the list of sessions', await world.http('GET', '/sessions'), id, name, 1)
    assertNamed('the timeline', await world.http('GET', `/bookings/${booking.id}/timeline`), id, name, 1)
    const { items } = await world.http('GET', '/events?types=booking.opened,offer.made,session.started')
    assertNamed('the feed', items, id, name, 3)
    assertNamed('the export', lines(await world.http('GET', '/export')), id, name, 3)
  }
  await everywhere(name)
  await world.server.kill()
  await world.server.restart()
  await everywhere(name)
  await world.http('POST', `/sessions/${session.id}/end`)
  const after = await world.client(id)
  const left = await after.session(session)
  assertNamed('the session that is over', left.joined, id, name, 1)
})

test('erasure takes the name away, and a token without a readable one names nobody', async (t) => {
  const world = await openWorld(t)
  const ann = await world.employee('ann')
  const zoe = await world.client('zoe', { claims: { name: 'Zoe Miller' } })
  const booking = await zoe.book('tax')
  const session = await ann.accept(await ann.offer())
  await world.http('POST', `/sessions/${session.id}/end`)
  zoe.drop()
  await world.http('DELETE', '/clients/zoe/data')
  const { client_id: alias } = await world.booking(booking.id)
  assert.match(alias, /^erased-/)
  const exported = await world.http('GET', '/export?events=true')
  assert.ok(!/zoe/i.test(exported), exported)
  assertNamed('what is left', lines(exported), alias, null, 3)

  for (const name of [undefined, null, '', ' \u2003 ', 'Carl\nBerg', 'Carl\u0007']) {
    const carl = await world.client('carl', { claims: { name } })
    await ann.setStatus('idle')
    const asked = await carl.book('tax')
    assert.equal(asked.client_name, null, JSON.stringify(name))
    await carl.cancel(asked)
    carl.drop()
  }
})
