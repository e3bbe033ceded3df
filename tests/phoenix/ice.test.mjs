// The setup of a call: STUN and TURN servers from the settings, and a credential that a TURN server would accept.
import assert from 'node:assert/strict'
import { createHmac } from 'node:crypto'
import { test } from 'node:test'
import { openWorld } from './people.mjs'
import { runSwitchboard, token } from './server.mjs'

const TURN_SECRET = 'a-secret-that-the-turn-server-shares-0123456789'
const CREDENTIAL_LIFE_S = 12 * 60 * 60

test('both sides of a running session get the servers, and a credential that the secret proves', async (t) => {
  const turnUrls = ['turn:turn.example.com:3478', 'turns:turn.example.com:5349?transport=tcp']
  const env = {
    SWITCHBOARD_STUN_URLS: 'stun:stun.example.com:3478',
    SWITCHBOARD_TURN_URLS: turnUrls.join(','),
    SWITCHBOARD_TURN_SECRET: TURN_SECRET,
  }
  const world = await openWorld(t, { env })
  const { his, hers } = await world.meeting()
  for (const [line, role] of [[his, 'client'], [hers, 'employee']]) {
    const beforeS = Math.floor(Date.now() / 1000)
    const { ice_servers: [stun, turn, ...others], expires_in_ms: expiresInMs } = await line.push('ice')
    assert.deepEqual([stun, others], [{ urls: ['stun:stun.example.com:3478'] }, []])
    assert.deepEqual([turn.urls, Object.keys(turn)], [turnUrls, ['urls', 'username', 'credential']])
    const [expiryS, who, ...more] = turn.username.split(':')
    assert.deepEqual([who, more], [role, []], 'the side, and nothing that names the person')
    const [fromS, untilS] = [beforeS, Date.now() / 1000].map((at) => at + CREDENTIAL_LIFE_S)
    assert.ok(Number(expiryS) >= fromS - 1 && Number(expiryS) <= untilS + 1, `the credential is good until ${expiryS}`)
    assert.ok(expiresInMs > (CREDENTIAL_LIFE_S - 1) * 1000 && expiresInMs <= CREDENTIAL_LIFE_S * 1000, `${expiresInMs}`)
    assert.equal(turn.credential, createHmac('sha1', TURN_SECRET).update(turn.username).digest('base64'))
  }
  assert.ok(!world.server.log.includes(TURN_SECRET))

  await his.push('end')
  for (const line of [his, hers]) await line.refused('session_ended', 'ice')
})

test('without settings nobody else is asked, and nothing expires', async (t) => {
  const world = await openWorld(t)
  const { his, session } = await world.meeting()
  assert.deepEqual(await his.push('ice'), { ice_servers: [], expires_in_ms: null })

  const mallory = await world.raw(token({ sub: 'mallory', role: 'client', company: 'acme' }))
  const topic = `session:${session.id}`
  const joined = await mallory.ask(['1', 'join', topic, 'phx_join', {}])
  const asked = await mallory.ask(['1', 'ask', topic, 'ice', {}])
  assert.deepEqual([joined, asked].map((frame) => frame[4].response.reason), ['forbidden', 'unknown_topic'])
})

test('a TURN server without its secret ends the start, and is named', async () => {
  const run = runSwitchboard(['serve'], { SWITCHBOARD_TURN_URLS: 'turn:turn.example.com', SWITCHBOARD_JWT_SECRET: 's' })
  assert.deepEqual(await run.exited, { code: 2, signal: null })
  assert.match(run.stderr, /`turn_secret` .* because `turn_urls` is/)
})
