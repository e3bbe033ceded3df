// The log says how every booking ended, and nothing of who took part or of what was said.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { openWorld } from './people.mjs'
import { API_KEY, SECRET, refusedUpgrade } from './server.mjs'

test('each booking and session has a line with its end, and nobody is named in it', async (t) => {
  // As much as our own code can say.
  const env = { SWITCHBOARD_LOG: 'info,switchboard=trace', SWITCHBOARD_LOG_FORMAT: 'json' }
  const world = await openWorld(t, { env })
  const people = { client: 'carl-personal-id', employee: 'ann-personal-id' }
  const { ann, carl, booking, session, hers, his } = await world.meeting({ ...people, topic: 'topic-of-a-patient' })
  await his.push('message', { body: 'words-that-were-said' })
  await hers.push('end', { reason: 'words-about-the-end' })
  await ann.status('idle')
  await carl.booking('assigned')
  const second = await carl.book('topic-of-a-patient', { note: 'words-in-the-note' })
  await ann.reject(await ann.offer(), 'words-with-the-no')
  await carl.booking('unanswered')
  assert.equal(await refusedUpgrade(world.server, 'a-bad-token'), 401)
  await world.server.stop()

  const lines = world.server.log.trim().split('\n').map((line) => JSON.parse(line))
  const about = (id, message) => lines.find((line) => line.booking === id && line.message === message)
  const found = about(booking.id, 'a booking found somebody')
  assert.deepEqual([found.level, found.company, found.session, found.offers], ['INFO', 'acme', session.id, 1])
  assert.ok(found.searched_ms >= 0)
  assert.equal(about(booking.id, 'a session ended').by, 'employee')
  const ended = about(second.id, 'a booking ended without anybody')
  assert.deepEqual([ended.reason, ended.offers], ['everyone_declined', 1])

  const secrets = [SECRET, API_KEY, 'a-bad-token', 'eyJ', 'personal-id', 'words-', 'topic-of-a-patient', 'Ann']
  for (const secret of secrets) assert.ok(!world.server.log.includes(secret), `the log holds ${secret}`)
})
