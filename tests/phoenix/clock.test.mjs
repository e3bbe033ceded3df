// A machine whose clock is set while the server runs: a preloaded library moves the wall clock and no other clock.
import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { before, after, test } from 'node:test'
import { promisify } from 'node:util'
import { openWorld } from './people.mjs'
import { RawSocket, refusedUpgrade, token } from './server.mjs'

const SHIFT = `
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
int clock_gettime(clockid_t id, struct timespec *t) {
  static int (*real)(clockid_t, struct timespec *);
  if (!real) real = dlsym(RTLD_NEXT, "clock_gettime");
  int rc = real(id, t);
  if (rc == 0 && id == CLOCK_REALTIME) {
    long s = 0;
    FILE *f = fopen(getenv("SHIFT_BY"), "r");
    if (f) { if (fscanf(f, "%ld", &s) != 1) s = 0; fclose(f); }
    t->tv_sec += s;
  }
  return rc;
}`
const HOUR_S = 3600
const HOUR_MS = HOUR_S * 1000

let place

before(async () => {
  place = await mkdtemp(join(tmpdir(), 'switchboard-clock-'))
  await writeFile(join(place, 'shift.c'), SHIFT)
  await promisify(execFile)('cc', ['-shared', '-fPIC', '-o', join(place, 'shift.so'), join(place, 'shift.c'), '-ldl'])
})
after(() => rm(place, { recursive: true, force: true }))

/** Opens a world whose wall clock differs from the test's by so many seconds. */
async function openShifted(t, seconds, settings = {}) {
  const by = join(place, `by-${process.hrtime.bigint()}`)
  const shift = (to) => writeFileSync(by, String(to))
  shift(seconds)
  const env = { LD_PRELOAD: join(place, 'shift.so'), SHIFT_BY: by }
  const world = await openWorld(t, { settings, env })
  return { world, shift }
}

const now = () => Math.floor(Date.now() / 1000)
const near = (time, ms, said) => assert.ok(Math.abs(Date.parse(time) - ms) < HOUR_MS / 10, `${said}: ${time}`)

async function steps(world) {
  const { body } = await world.server.http('GET', '/metrics')
  return Number(/^switchboard_clock_steps_total (\d+)/m.exec(body)[1])
}

test('after a wrong start tokens, times and statistics are by the clock that was set right', async (t) => {
  const { world, shift } = await openShifted(t, -2 * HOUR_S)
  shift(0)
  await world.company('beta')
  near((await world.server.ask('GET', '/v1/companies/beta')).created_at, Date.now(), 'made now')
  const ann = await world.employee('ann')
  const carl = await world.client('carl', { claims: { nbf: now() - 1 } })
  near((await carl.book()).created_at, Date.now(), 'asked now')
  assert.equal(await refusedUpgrade(world.server, token({ sub: 'dora', role: 'client', exp: now() - HOUR_S })), 401)
  assert.equal((await world.http('GET', '/statistics')).bookings.total, 1)
  assert.ok((await ann.offer()).expires_in_ms > 0)
  assert.equal(await steps(world), 1)
  assert.equal((await world.server.logged(/WARN.*wall clock jumped/g)).length, 1, world.server.log)
})

test('two hours ahead: what is open has the time that it had, and an open socket ends with its token', async (t) => {
  const { world, shift } = await openShifted(t, 0, { offer_timeout_ms: 100_000 })
  const claims = { exp: now() + 3 * HOUR_S }
  const ann = await world.employee('ann', { idle: false })
  const hers = await world.device('ann', { claims })
  await hers.setStatus('idle')
  const carl = await world.client('carl', { claims })
  const booking = await carl.book()
  const offer = await ann.offer()
  const raw = await RawSocket.open(world.server, token({ sub: 'dora', role: 'client', exp: now() + HOUR_S }))
  shift(2 * HOUR_S)
  raw.send([null, '1', 'phoenix', 'heartbeat', {}])
  const closed = await raw.inbox.take((frame) => frame.closed !== undefined, 'the end')
  assert.equal(closed.closed.code, 4401)
  const again = (await world.device('ann', { claims })).joined
  assert.equal(again.offer?.id, offer.id, 'the offer stands')
  assert.ok(again.offer.expires_in_ms > 0 && again.offer.expires_in_ms < offer.expires_in_ms, 'with what it had left')
  near(again.offer.expires_at, Date.parse(offer.expires_at) + 2 * HOUR_MS, 'by the clock of now')
  const second = await world.device('ann', { claims })
  await second.accept(offer)
  const shown = await world.booking(booking.id)
  assert.equal(shown.state, 'assigned')
  near(shown.session.started_at, Date.now() + 2 * HOUR_MS, 'begun by the clock of now')
  assert.equal(await steps(world), 1)
})

test('two hours back: what is open ends when it should, nobody is limited for long, and ids go on', async (t) => {
  const { world, shift } = await openShifted(t, 0, { offer_timeout_ms: 1500, delivery_timeout_ms: 0 })
  const ann = await world.employee('ann')
  const carl = await world.client('carl')
  const booking = await carl.book()
  const offer = await ann.offer()
  shift(-2 * HOUR_S)
  assert.equal(await ann.outcome(offer, 10_000), 'timed_out')
  await world.company('beta')
  near((await world.server.ask('GET', '/v1/companies/beta')).created_at, Date.now() - 2 * HOUR_MS, 'made now')
  // Later events do not have earlier times.
  await ann.setStatus('offline')
  await ann.setStatus('idle')
  await carl.booking('unanswered')
  const next = await carl.book()
  assert.ok(next.id > booking.id && next.created_at >= booking.created_at)
  assert.equal(await ann.outcome(await ann.offer(), 10_000), 'timed_out')
  assert.equal(await steps(world), 1)
})
