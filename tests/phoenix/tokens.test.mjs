// Tokens of the library `jose`: every algorithm, keys that are exchanged, and attempts to have a key misused.
import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import * as jose from 'jose'
import { RawSocket, Server, SECRET, refusedUpgrade } from './server.mjs'

const AUDIENCE = 'switchboard'
const ISSUER = 'https://issuer.example'

/** A key pair of jose's, with the key id that its tokens name. */
async function pair(algorithm, kid, options = {}) {
  const { publicKey, privateKey } = await jose.generateKeyPair(algorithm, { extractable: true, ...options })
  return { algorithm, kid, publicKey, privateKey, jwk: { ...(await jose.exportJWK(publicKey)), kid } }
}

function sign({ algorithm, kid, privateKey }, { claims = {}, header = {}, audience = AUDIENCE, issuer = ISSUER, exp = '1h' } = {}) {
  const token = new jose.SignJWT({ role: 'client', ...claims }).setSubject('carl').setAudience(audience).setIssuer(issuer)
  return token.setIssuedAt().setExpirationTime(exp).setProtectedHeader({ alg: algorithm, kid, ...header }).sign(privateKey)
}

async function serverWith(t, text, env = {}) {
  const place = await mkdtemp(join(tmpdir(), 'switchboard-keys-'))
  const file = join(place, 'keys')
  await writeFile(file, text)
  const server = await Server.start({
    env: { SWITCHBOARD_JWT_KEYS: file, SWITCHBOARD_JWT_AUDIENCE: AUDIENCE, SWITCHBOARD_JWT_ISSUER: ISSUER, ...env },
  })
  t.after(async () => {
    await server.stop()
    server.assertNoErrors()
    await server.remove()
    await rm(place, { recursive: true })
  })
  return server
}

async function assertTaken(server, bearer) {
  const raw = await RawSocket.open(server, bearer)
  await raw.heartbeat()
  raw.drop()
}

test('tokens of every algorithm, signed by jose, open a socket', async (t) => {
  const pairs = await Promise.all([
    pair('EdDSA', 'ed'), pair('Ed25519', 'ed-2'), pair('ES256', 'ec'), pair('RS256', 'rsa'),
    pair('RS256', 'rsa-big', { modulusLength: 4096 }),
  ])
  const server = await serverWith(t, JSON.stringify({ keys: pairs.map(({ jwk }) => jwk) }))
  for (const one of pairs) {
    await assertTaken(server, await sign(one))
    await assertTaken(server, await sign({ ...one, kid: undefined }))
    await assertTaken(server, await sign(one, { audience: ['other', AUDIENCE] }))
  }
  const secret = { algorithm: 'HS256', privateKey: new TextEncoder().encode(SECRET) }
  await assertTaken(server, await sign(secret))
})

test('public keys in PEM are read too', async (t) => {
  const pairs = await Promise.all([pair('EdDSA'), pair('ES256'), pair('RS256')])
  const pems = await Promise.all(pairs.map(({ publicKey }) => jose.exportSPKI(publicKey)))
  const server = await serverWith(t, pems.join('\n'))
  for (const one of pairs) await assertTaken(server, await sign(one))
})

test('what another key signed, or for another reader, is refused', async (t) => {
  const [ed, other, ec, rsa, stranger] = await Promise.all([
    pair('EdDSA', 'ed'), pair('EdDSA', 'other'), pair('ES256', 'ec'), pair('RS256', 'rsa'), pair('EdDSA', 'ed'),
  ])
  const p384 = await pair('ES384', 'p384')
  const server = await serverWith(t, JSON.stringify({ keys: [ed, other, ec, rsa, p384].map(({ jwk }) => jwk) }))
  const bad = {
    'a stranger by a known name': await sign(stranger),
    'the name of another key': await sign({ ...ed, kid: 'other' }),
    'the name of a key of another kind': await sign({ ...ed, kid: 'ec' }),
    'a name that nobody has': await sign({ ...ed, kid: 'nobody' }),
    'another curve': await sign(p384),
    'another hash of RSA': await sign({ ...rsa, algorithm: 'RS512', privateKey: await as(rsa, 'RS512') }),
    'another padding of RSA': await sign({ ...rsa, algorithm: 'PS256', privateKey: await as(rsa, 'PS256') }),
    'its own key in the header': await sign(stranger, { header: { jwk: stranger.jwk } }),
    'for somebody else': await sign(ed, { audience: 'other' }),
    'from somebody else': await sign(ed, { issuer: 'https://other.example' }),
    'long expired': await sign(ed, { exp: '-1h' }),
    unsecured: new jose.UnsecuredJWT({ role: 'client' }).setSubject('carl').setExpirationTime('1h').encode(),
  }
  for (const one of [ed, ec, rsa]) {
    const pem = await jose.exportSPKI(one.publicKey)
    const secrets = [pem, JSON.stringify(one.jwk), Buffer.from(pem.split('\n').slice(1, -1).join(''), 'base64')]
    for (const [at, secret] of secrets.entries()) {
      const forged = { algorithm: 'HS256', kid: one.kid, privateKey: Buffer.from(secret) }
      bad[`the public key ${one.kid} as a secret, ${at}`] = await sign(forged)
    }
  }
  for (const [what, bearer] of Object.entries(bad)) {
    assert.equal(await refusedUpgrade(server, bearer), 401, what)
  }
  await assertTaken(server, await sign(ed))
})

/** The same RSA key, for another algorithm. */
async function as({ privateKey }, algorithm) {
  return jose.importPKCS8(await jose.exportPKCS8(privateKey), algorithm)
}
