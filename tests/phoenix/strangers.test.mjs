// Refused access: bad tokens, and data of other people.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { openWorld } from './people.mjs'
import { refusedUpgrade, token } from './server.mjs'

const NOBODY = '01890000-0000-7000-8000-000000000000'
const CARL = { sub: 'carl', role: 'client', company: 'acme' }

test('without a good token the upgrade is 401', async (t) => {
  const { server } = await openWorld(t)
  const good = token(CARL)
  const [head, body, signature] = good.split('.')
  const forged = Buffer.from(JSON.stringify({ ...CARL, sub: 'eve', exp: 4102444800 })).toString('base64url')
  const bad = {
    none: undefined,
    empty: '',
    garbage: 'not.a.token',
    'algorithm none': token(CARL, { header: { alg: 'none' } }),
    'another algorithm': token(CARL, { header: { alg: 'RS256' } }),
    'wrong secret': token(CARL, { secret: 'some-other-secret-of-a-good-length-0123456789' }),
    'no signature': `${head}.${body}.`,
    'forged body': `${head}.${forged}.${signature}`,
    expired: token(CARL, { lifeSeconds: -3600 }),
    'no exp': token({ ...CARL, exp: undefined }),
    'no sub': token({ ...CARL, sub: undefined }),
    'sub that is no id': token({ ...CARL, sub: 'carl smith' }),
    'no role': token({ ...CARL, role: undefined }),
    'unknown role': token({ ...CARL, role: 'root' }),
    'employee without company': token({ sub: 'ann', role: 'employee' }),
    'admin without company': token({ sub: 'boss', role: 'admin' }),
  }
  for (const [what, bearer] of Object.entries(bad)) {
    assert.equal(await refusedUpgrade(server, bearer), 401, `token: ${what}`)
  }
})

test('a bad token as subprotocol is 401 too', async (t) => {
  const { server } = await openWorld(t)
  const expired = Buffer.from(token(CARL, { lifeSeconds: -3600 })).toString('base64').replaceAll('=', '')
  for (const protocols of [['phoenix'], ['phoenix', 'base64url.bearer.phx.bm9uc2Vuc2U'], ['phoenix', `base64url.bearer.phx.${expired}`]]) {
    assert.equal(await refusedUpgrade(server, undefined, { protocols }), 401, protocols.join())
  }
})

test('a token that expires closes the socket with 4401', async (t) => {
  const world = await openWorld(t)
  // The server allows 5 s beyond the expiry: enough to connect on a busy machine.
  const raw = await world.raw(token(CARL, { lifeSeconds: 1 }))
  const joined = await raw.ask(['1', '1', 'company:acme', 'phx_join', {}])
  assert.equal(joined[4].status, 'ok')
  assert.equal((await raw.closed()).code, 4401)
})

test('a client of one company is a stranger to another; one without a company may ask any', async (t) => {
  const world = await openWorld(t)
  await world.company('globex')
  const other = world.person('gus', { role: 'client', company: 'globex' })
  assert.equal((await other.on('company:acme').refusedJoin()).reason, 'forbidden')
  const any = world.person('vera', { role: 'client' })
  for (const company of ['acme', 'globex']) await any.on(`company:${company}`).join()
  assert.equal((await any.on('company:nowhere').refusedJoin()).reason, 'unknown_company')
})

test('only the token of that employee joins an employee topic', async (t) => {
  const world = await openWorld(t)
  await world.company('globex')
  await world.employee('ann')
  const strangers = [
    world.person('ann', { role: 'client', company: 'acme' }),
    world.person('bob', { role: 'employee', company: 'acme' }),
    world.person('ann', { role: 'employee', company: 'globex' }),
    world.person('ann', { role: 'admin', company: 'acme' }),
  ]
  for (const stranger of strangers) {
    assert.equal((await stranger.on('employee:acme:ann').refusedJoin()).reason, 'forbidden')
  }
  const unknown = world.person('bob', { role: 'employee', company: 'acme' })
  assert.equal((await unknown.on('employee:acme:bob').refusedJoin()).reason, 'unknown_employee')
})

test('only its client and its employee join a session', async (t) => {
  const world = await openWorld(t)
  await world.company('globex')
  const { session } = await world.meeting()
  const strangers = [
    world.person('eve', { role: 'client', company: 'acme' }),
    world.person('bob', { role: 'employee', company: 'acme' }),
    world.person('ann', { role: 'employee', company: 'globex' }),
    world.person('carl', { role: 'client', company: 'globex' }),
    world.person('ann', { role: 'client', company: 'acme' }),
    world.person('carl', { role: 'employee', company: 'acme' }),
    world.person('boss', { role: 'admin', company: 'acme' }),
  ]
  for (const stranger of strangers) {
    assert.equal((await stranger.on(`session:${session.id}`).refusedJoin()).reason, 'forbidden')
  }
  assert.equal((await strangers[0].on(`session:${NOBODY}`).refusedJoin()).reason, 'unknown_session')
})

test('only the admin of that company joins its board', async (t) => {
  const world = await openWorld(t)
  await world.company('globex')
  const strangers = [
    world.person('carl', { role: 'client', company: 'acme' }),
    world.person('ann', { role: 'employee', company: 'acme' }),
    world.person('boss', { role: 'admin', company: 'globex' }),
  ]
  for (const stranger of strangers) {
    assert.equal((await stranger.on('board:acme').refusedJoin()).reason, 'forbidden')
  }
})

test("another's booking and another's offer cannot be touched", async (t) => {
  const world = await openWorld(t)
  await world.company('globex')
  const ann = await world.employee('ann')
  const carl = await world.client('carl')
  const booking = await carl.book()
  const offer = await ann.offer()

  const bob = await world.employee('bob')
  const far = await world.employee('ann', { company: 'globex' })
  for (const stranger of [bob, far]) {
    for (const push of ['accept', 'reject']) {
      const { status, response } = await stranger.line.ask(push, { offer_id: offer.id })
      assert.equal(status, 'error')
      assert.match(response.reason, /^(unknown_offer|forbidden)$/)
    }
  }
  for (const stranger of [await world.client('eve'), await world.client('carl', { company: 'globex' })]) {
    const { status, response } = await stranger.line.ask('cancel', { booking_id: booking.id })
    assert.equal(status, 'error')
    assert.match(response.reason, /^(unknown_booking|forbidden)$/)
  }
  await ann.accept(offer)
  assert.equal((await carl.booking('assigned')).employee.id, 'ann')
})

test('nothing of a booking reaches anybody else', async (t) => {
  const world = await openWorld(t)
  await world.company('globex')
  const eve = await world.client('eve')
  const bob = await world.employee('bob', { idle: false })
  const far = await world.employee('ann', { company: 'globex' })
  const gus = await world.client('gus', { company: 'globex' })
  const { his, hers } = await world.meeting()
  await his.push('message', { body: 'secret' })
  await his.push('end')
  await hers.next('ended')
  const carl = await gus.book()
  await far.offer()
  assert.equal(carl.company_id, 'globex')

  assert.deepEqual(eve.line.all('booking'), [])
  assert.deepEqual([...bob.line.all('offer'), ...bob.line.all('session')], [])
  assert.equal(far.line.all('offer').length, 1)
  const foreign = gus.line.all('booking').filter(({ booking }) => booking.company_id !== 'globex')
  assert.deepEqual(foreign, [])
})

test('a client cannot use the pushes of an employee, nor an employee those of a client', async (t) => {
  const world = await openWorld(t)
  const ann = await world.employee('ann')
  const carl = await world.client('carl')
  await carl.line.refused('unknown_event', 'set_status', { status: 'idle' })
  await ann.line.refused('unknown_event', 'book', { topic: 'billing' })
})

test('over HTTP one company does not show what belongs to another', async (t) => {
  const world = await openWorld(t)
  await world.company('globex')
  const { booking, session } = await world.meeting()
  const { server } = world
  await server.refused(404, 'unknown_booking', 'GET', `/v1/companies/globex/bookings/${booking.id}`)
  await server.refused(404, 'unknown_booking', 'POST', `/v1/companies/globex/bookings/${booking.id}/cancel`, {})
  await server.refused(404, 'unknown_session', 'GET', `/v1/companies/globex/sessions/${session.id}/messages`)
  await server.refused(404, 'unknown_session', 'POST', `/v1/companies/globex/sessions/${session.id}/end`, {})
  await server.refused(404, 'unknown_employee', 'GET', '/v1/companies/globex/employees/ann')
  for (const list of ['bookings', 'sessions', 'employees']) {
    assert.deepEqual(await server.ask('GET', `/v1/companies/globex/${list}`), { items: [], next: null })
  }
})
