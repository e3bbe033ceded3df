// Routing: levels, wishes, steps, several offers at once, rests, pauses, wrap-ups, and the document that sets them.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { assertTime, LONG_ENOUGH_MS, openWorld } from './people.mjs'
import { API_KEY, token } from './server.mjs'

const ROUTING = '/v1/companies/acme/routing'
const DEFAULTS = {
  routes: [],
  channels: {},
  priority_ms: 60_000,
  hold_ms: 0,
  ask_again_ms: 0,
  rest: { rejected_ms: 0, missed_ms: 0 },
  wrap_up: { max_ms: 0, codes: [], code_required: false },
  pause_reasons: [],
  clients: { employee: false, skills: [] },
}
/** A time that no test waits for. */
const LATER_MS = 3_600_000

/** A world whose company has this routing. */
async function routed(t, routing, options) {
  const world = await openWorld(t, options)
  await world.http('PUT', '/routing', routing)
  return world
}

test('experts are asked first, and a step that opens by its time asks others beside them', async (t) => {
  const steps = [{ level: 5 }, { after_ms: 400, at_once: 2 }]
  const world = await routed(t, { routes: [{ topics: ['tax'], steps }] })
  const bob = await world.employee('bob', { topics: ['tax'], skills: { tax: 2 } })
  const ann = await world.employee('ann', { topics: ['tax'], skills: { tax: 5 } })
  const booking = await (await world.client('carl')).book('tax')
  const first = await ann.offer()
  assert.deepEqual([first.booking_id, first.attempt], [booking.id, 1])
  for (const field of ['others', 'skills']) assert.equal(field in first, false, field)
  const second = await bob.offer()
  assert.deepEqual([second.booking_id, second.attempt, second.others], [booking.id, 2, 1])
  assert.equal((await ann.accept(first)).employee_id, 'ann')
  assert.equal(await bob.outcome(second), 'taken')
  assert.equal((await bob.status('idle')).cause, 'offer')
})

test('without a line the steps are a list to go down at once', async (t) => {
  const world = await routed(t, { routes: [{ steps: [{ level: 5 }, { after_ms: LATER_MS, topic: '*' }] }] })
  const ann = await world.employee('ann', { topics: ['tax'], skills: { tax: 9 } })
  const bob = await world.employee('bob', { topics: ['law'] })
  await (await world.client('carl')).book('tax')
  await ann.reject(await ann.offer())
  assert.equal((await bob.offer()).topic, 'tax')
})

test('the lowest level that is enough spares the experts, and turns go round', async (t) => {
  const routes = [{ topics: ['tax'], steps: [{ prefer: 'least' }] }, { steps: [{ order: 'round_robin' }] }]
  const world = await routed(t, { routes })
  const ann = await world.employee('ann', { skills: { tax: 9 }, topics: ['tax', 'law'] })
  const bob = await world.employee('bob', { skills: { tax: 2 }, topics: ['tax', 'law'] })
  const [carl, dora] = [await world.client('carl'), await world.client('dora')]
  await carl.book('tax')
  await bob.reject(await bob.offer())
  await ann.reject(await ann.offer())
  await carl.booking('unanswered')
  // Ann had the later turn, though Bob has been idle for longer.
  await dora.book('law')
  assert.equal((await bob.offer()).topic, 'law')
})

test('all are asked at once, the first yes wins, and nobody else has lost anything', async (t) => {
  const world = await routed(t, { routes: [{ steps: [{ at_once: 50 }] }] })
  const people = []
  for (const id of ['ann', 'bob', 'cay']) people.push(await world.employee(id))
  const carl = await world.client('carl')
  const booking = await carl.book()
  const offers = await Promise.all(people.map((one) => one.offer()))
  assert.deepEqual(offers.map(({ id, others }) => [id, others]), [1, 2, 3].map((n) => [`${booking.id}.${n}`, 2]))

  const answers = await Promise.all(
    people.map((one, n) => one.line.ask('accept', { offer_id: offers[n].id })),
  )
  const won = answers.findIndex(({ status }) => status === 'ok')
  const { session } = answers[won].response
  assert.equal(session.employee_id, people[won].id)
  for (const [n, loser] of people.entries()) {
    if (n === won) continue
    const { reason, outcome } = answers[n].response
    assert.deepEqual([answers[n].status, reason, outcome], ['error', 'offer_closed', 'taken'])
    assert.equal(await loser.outcome(offers[n]), 'taken')
    assert.deepEqual((await loser.status('idle')).cause, 'offer')
  }
  assert.equal((await people[won].accept(offers[won])).id, session.id, 'a repeat gets the session')
  assert.equal((await carl.booking('assigned')).session.id, session.id)
})

test('a client asks for skills that clients may ask for, and for no others', async (t) => {
  const routes = [{ steps: [{ skills: { senior: 1 } }, { after_ms: LATER_MS, drop: ['*'] }] }]
  const world = await routed(t, { routes, clients: { skills: ['de', 'fr'] } })
  await world.employee('ann', { skills: { senior: 1 } })
  const bob = await world.employee('bob', { skills: { senior: 1, de: 3 } })
  const [carl, dora] = [await world.client('carl'), await world.client('dora')]
  const booking = await carl.book('tax', { skills: { de: 2 } })
  const offer = await bob.offer()
  assert.deepEqual([offer.booking_id, offer.skills], [booking.id, { de: 2 }])
  assert.deepEqual((await world.device('bob')).joined.offer.skills, { de: 2 })

  await dora.line.refused('forbidden', 'book', { topic: 'tax', skills: { senior: 1 } })
  const five = { a: 1, b: 1, c: 1, d: 1, e: 1 }
  for (const skills of [['de'], 'de', 7, { de: 0 }, { de: 11 }, { de: '2' }, { de: null }, { '': 1 }, five]) {
    const { message } = await dora.line.refused('invalid', 'book', { topic: 'tax', skills })
    assert.match(message, /`skills`/, JSON.stringify(skills))
  }
  await world.company('globex')
  const gina = await world.client('gina', { company: 'globex' })
  await gina.line.refused('forbidden', 'book', { topic: 'tax', skills: { de: 1 } })
})

test('after a no an employee rests, until the time is over or they finish the rest', async (t) => {
  const world = await routed(t, { rest: { rejected_ms: LONG_ENOUGH_MS } })
  const ann = await world.employee('ann')
  const [carl, dora] = [await world.client('carl'), await world.client('dora')]
  await carl.book()
  await ann.reject(await ann.offer())
  const declined = await ann.status('idle')
  assert.equal(declined.cause, 'declined')
  assertTime(declined.resting_until)
  await dora.line.refused('no_idle_employee', 'book', { topic: 'billing' })
  const over = await ann.status('idle')
  assert.deepEqual([over.cause, 'resting_until' in over], ['rest_over', false])
  await dora.book()

  await world.http('PATCH', '/routing', { rest: { rejected_ms: LATER_MS } })
  await ann.reject(await ann.offer())
  const { resting_until: until } = await ann.status('idle')
  assert.deepEqual((await world.device('ann')).joined.resting_until, until)
  assert.equal((await world.http('GET', '/employees/ann')).resting_until, until)
  assert.deepEqual((await world.board()).joined.employees.map(({ resting_until: rests }) => rests), [until])
  assert.deepEqual(await ann.line.push('finish'), { status: 'idle' })
  assert.equal((await ann.status('idle')).cause, 'rest_over')
  await carl.book()
  await ann.reject(await ann.offer())
  assert.equal('resting_until' in (await world.http('POST', '/employees/ann/finish')), false)
})

test('a pause has a reason and an end, and ends by itself', async (t) => {
  const world = await routed(t, { pause_reasons: ['lunch', 'training'] })
  const ann = await world.employee('ann')
  const board = await world.board()
  const answer = await ann.setStatus('offline', { reason: ' lunch', for_ms: 700 })
  assert.deepEqual(answer, { status: 'offline', intent: 'offline' })
  const { pause, cause } = await ann.status('offline')
  assert.deepEqual([pause.reason, cause], ['lunch', 'set_by_employee'])
  assertTime(pause.until)
  const row = await board.next('employee', undefined, ({ employee }) => employee.status === 'offline')
  assert.deepEqual(row.employee.pause, pause)
  const over = await ann.status('idle')
  assert.deepEqual([over.cause, over.intent, 'pause' in over], ['pause_over', 'idle', false])

  for (const bad of [{ reason: 'beer' }, { reason: '' }, { for_ms: 0 }, { for_ms: 86_400_001 }, { for_ms: '5' }]) {
    const [field] = Object.keys(bad)
    const { message } = await ann.line.refused('invalid', 'set_status', { status: 'offline', ...bad })
    assert.match(message, new RegExp(`\`${field}\``))
  }
  await ann.setStatus('idle', { reason: 'beer', for_ms: 0 })
  const status = (body) => world.http('POST', '/employees/ann/status', body)
  const paused = await status({ status: 'offline', reason: 'training' })
  assert.deepEqual([paused.status, paused.pause], ['offline', { reason: 'training', until: null }])
  assert.deepEqual((await world.device('ann')).joined.pause, { reason: 'training', until: null })
  const refused = await world.server.refused(422, 'invalid', 'POST', '/v1/companies/acme/employees/ann/status', {
    status: 'offline', reason: 'beer',
  })
  assert.match(refused.detail, /^`reason`/)
  assert.equal('pause' in (await status({ status: 'idle', reason: 'beer' })), false)
})

test('a wrap-up is extended, coded and finished, and the client never sees the code', async (t) => {
  const settings = { wrap_up_ms: 60_000 }
  const world = await routed(t, { wrap_up: { max_ms: 120_000, codes: ['solved', 'lost'] } }, { settings })
  const { ann, carl, session, hers, his } = await world.meeting()
  const code = (word, id = session.id) => ({ session_id: id, code: word })
  assert.equal((await ann.line.push('code', code('solved'))).session.code, 'solved')
  await ann.line.refused('invalid', 'code', code('unheard of'))
  await ann.line.refused('unknown_session', 'code', code('solved', '00000000-0000-7000-8000-000000000000'))
  assert.equal((await world.device('ann')).joined.session.code, 'solved')
  const board = await world.board()
  assert.equal(board.joined.sessions[0].code, 'solved')

  const ended = await his.push('end')
  for (const seen of [ended, await his.next('ended'), await carl.booking('assigned')]) {
    assert.equal('code' in (seen.session ?? seen), false, JSON.stringify(seen))
  }
  assert.equal((await hers.next('ended')).session.code, 'solved')
  const over = await board.next('session', undefined, (event) => event.session.ended_at !== null)
  assert.equal(over.session.code, 'solved')
  assert.equal('code' in (await carl.session(session)).joined.session, false)
  assert.equal((await ann.session(session)).joined.session.code, 'solved')

  const [wrapUp] = (await world.device('ann')).joined.wrap_ups
  const told = async (fits) => (await ann.line.next('session', undefined, ({ wrap_ups: all }) => all?.some(fits))).wrap_ups
  assert.deepEqual(await told(() => true), [wrapUp], 'the end of the session tells of the wrap-up')
  assert.equal(wrapUp.session_id, session.id)
  assert.ok(Date.parse(wrapUp.max_until) - Date.parse(wrapUp.until) === 60_000, JSON.stringify(wrapUp))
  const extend = (ms) => ({ session_id: session.id, for_ms: ms })
  const { until } = await ann.line.push('extend', extend(100_000))
  assert.ok(until > wrapUp.until && until < wrapUp.max_until, until)
  const extended = { ...wrapUp, until }
  assert.deepEqual(await told((one) => one.until === until), [extended])
  assert.deepEqual((await world.device('ann')).joined.wrap_ups, [extended])
  for (const ms of [121_000, 0, -1]) {
    const { message } = await ann.line.refused('invalid', 'extend', extend(ms))
    assert.match(message, /`for_ms`/)
  }
  assert.equal((await ann.line.push('code', code('lost'))).session.code, 'lost', 'the last code counts')
  assert.deepEqual(await ann.line.push('finish', { session_id: session.id }), { status: 'idle' })
  assert.equal((await ann.status('idle')).cause, 'session_ended')
  await ann.line.refused('invalid', 'extend', extend(1))
  assert.equal('wrap_ups' in (await world.device('ann')).joined, false)
  assert.deepEqual(await ann.line.push('finish'), { status: 'idle' }, 'a repeat changes nothing')
})

test('a code that is required ends the wrap-up, and an admin can end one too', async (t) => {
  const world = await routed(t, { wrap_up: { max_ms: LATER_MS, codes: ['solved'], code_required: true } })
  const { ann, session, hers } = await world.meeting()
  await hers.push('end')
  await ann.line.push('code', { session_id: session.id, code: 'solved' })
  assert.equal((await ann.status('idle')).cause, 'session_ended')

  const dora = await world.client('dora')
  await dora.book()
  const next = await ann.accept(await ann.offer())
  await (await ann.session(next)).push('end')
  const finish = (body) => world.http('POST', '/employees/ann/finish', body)
  assert.equal((await finish({ session_id: session.id })).status, 'busy', 'another session is meant')
  assert.equal((await finish({ session_id: next.id })).status, 'idle')
  await world.server.refused(404, 'unknown_employee', 'POST', '/v1/companies/acme/employees/eve/finish')
  await world.server.refused(422, 'invalid', 'POST', '/v1/companies/acme/employees/ann/finish', { session_id: 'x' })
})

test('a routing is a document with a tag of its own, and shows all that it has', async (t) => {
  const { server } = await openWorld(t)
  const nothing = await send(server, 'GET')
  assert.deepEqual([nothing.status, nothing.body], [200, DEFAULTS])
  assert.equal((await send(server, 'GET', undefined, { 'if-none-match': nothing.tag })).status, 304)

  const routes = [{ topics: ['tax'], steps: [{ level: 5 }] }]
  const first = await send(server, 'PUT', { routes, pause_reasons: ['lunch'] }, { 'if-match': nothing.tag })
  const step = {
    after_ms: 0, topic: null, level: 5, skills: {}, drop: [], prefer: 'any', order: 'longest_idle', at_once: 1,
  }
  const wait = { max_ms: 0, max_length: 100, empty: false }
  const shown = { ...DEFAULTS, routes: [{ topics: ['tax'], channel: null, steps: [step], priority: 0, wait }], pause_reasons: ['lunch'] }
  assert.deepEqual([first.status, first.body], [200, shown])
  for (const method of ['PUT', 'PATCH']) {
    const late = await send(server, method, { pause_reasons: [] }, { 'if-match': nothing.tag })
    assert.deepEqual([late.status, late.body.reason, late.tag], [412, 'changed', first.tag])
  }
  const patch = { rest: { missed_ms: 5 }, pause_reasons: null }
  const second = await send(server, 'PATCH', patch, { 'if-match': first.tag })
  assert.deepEqual(second.body, { ...shown, rest: { rejected_ms: 0, missed_ms: 5 }, pause_reasons: [] })
  assert.equal((await send(server, 'PATCH', patch, { 'if-match': second.tag })).tag, second.tag, 'the same again')
  assert.deepEqual(await send(server, 'GET'), second)
  const company = await send(server, 'GET', undefined, {}, '/v1/companies/acme')
  await send(server, 'PUT', {})
  const after = await send(server, 'GET', undefined, {}, '/v1/companies/acme')
  assert.equal(after.tag, company.tag, 'a routing is no part of the company')
  assert.deepEqual((await send(server, 'GET')).body, DEFAULTS)

  const { items } = await server.ask('GET', '/v1/audit?company=acme')
  const [latest] = items
  assert.deepEqual(
    [latest.method, latest.route, latest.status], ['PUT', '/v1/companies/{company}/routing', 200],
  )
  for (const method of ['GET', 'PUT', 'PATCH']) {
    const body = method === 'GET' ? undefined : {}
    await server.refused(404, 'unknown_company', method, '/v1/companies/nowhere/routing', body)
    for (const role of ['employee', 'client']) {
      const key = token({ sub: 'ann', role, company: 'acme' })
      await server.refused(403, 'forbidden', method, ROUTING, body, { key })
    }
  }
  const key = token({ sub: 'olga', role: 'admin', company: 'acme' })
  assert.equal((await server.http('GET', ROUTING, undefined, { key })).status, 200)
  await server.refused(403, 'forbidden', 'PUT', ROUTING, {}, { key })
})

test('a routing with a mistake names its field, and changes nothing', async (t) => {
  const { server } = await openWorld(t)
  const steps = (...all) => ({ routes: [{ steps: [{}] }, { topics: ['tax'], steps: all }] })
  const words = Array.from({ length: 65 }, (_, n) => `word ${n}`)
  const nine = Object.fromEntries(words.slice(0, 9).map((word) => [word, 1]))
  for (const [routing, field] of [
    [{ route: [] }, 'route'],
    [{ routes: {} }, 'routes'],
    [{ routes: [{}] }, 'routes[0].steps'],
    [{ routes: [{ steps: [] }] }, 'routes[0].steps'],
    [{ routes: [{ topics: [], steps: [{}] }] }, 'routes[0].topics'],
    [{ routes: [{ topics: ['tax', ''], steps: [{}] }] }, 'routes[0].topics[1]'],
    [{ routes: words.map(() => ({ steps: [{}] })) }, 'routes'],
    [steps({}, { after_ms: 1, level: 11 }), 'routes[1].steps[1].level'],
    [steps({ level: 0 }), 'routes[1].steps[0].level'],
    [steps({ level: '5' }), 'routes[1].steps[0].level'],
    [steps({ level: 2, topic: '*' }), 'routes[1].steps[0].level'],
    [steps({ levels: 1 }), 'routes[1].steps[0].levels'],
    [steps({ after_ms: 5 }), 'routes[1].steps[0].after_ms'],
    [steps({}, { after_ms: 7 }, { after_ms: 7 }), 'routes[1].steps[2].after_ms'],
    [steps({}, { after_ms: 86_400_001 }), 'routes[1].steps[1].after_ms'],
    [steps({ at_once: 0 }), 'routes[1].steps[0].at_once'],
    [steps({ at_once: 51 }), 'routes[1].steps[0].at_once'],
    [steps({ at_once: 300 }), 'routes[1].steps[0].at_once'],
    [steps({ skills: nine }), 'routes[1].steps[0].skills'],
    [steps({ skills: { de: 11 } }), 'routes[1].steps[0].skills.de'],
    [steps({ skills: { '': 1 } }), 'routes[1].steps[0].skills'],
    [steps({ drop: [7] }), 'routes[1].steps[0].drop[0]'],
    [steps({ prefer: 'worst' }), 'routes[1].steps[0].prefer'],
    [steps({ order: 'random' }), 'routes[1].steps[0].order'],
    [steps(...words.slice(0, 9).map((_, n) => ({ after_ms: n }))), 'routes[1].steps'],
    [{ rest: { rejected_ms: 3_600_001 } }, 'rest.rejected_ms'],
    [{ rest: { missed_ms: -1 } }, 'rest.missed_ms'],
    [{ rest: 7 }, 'rest'],
    [{ wrap_up: { max_ms: 86_400_001 } }, 'wrap_up.max_ms'],
    [{ wrap_up: { codes: ['a', 'b', 'a'] } }, 'wrap_up.codes'],
    [{ wrap_up: { codes: words } }, 'wrap_up.codes'],
    [{ wrap_up: { code_required: true } }, 'wrap_up.code_required'],
    [{ pause_reasons: ['lunch', 'lunch'] }, 'pause_reasons'],
    [{ pause_reasons: ['x'.repeat(65)] }, 'pause_reasons[0]'],
    [{ clients: { skills: words } }, 'clients.skills'],
    [{ clients: { employee: 'ann' } }, 'clients.employee'],
    [{ clients: { employees: true } }, 'clients.employees'],
    [{ priority_ms: 86_400_001 }, 'priority_ms'],
    [{ hold_ms: -1 }, 'hold_ms'],
    [{ ask_again_ms: 86_400_001 }, 'ask_again_ms'],
    [{ channels: { call: { weight: 0 } } }, 'channels.call.weight'],
    [{ channels: { call: { weight: 101 } } }, 'channels.call.weight'],
    [{ channels: { call: { skills: { phone: 11 } } } }, 'channels.call.skills.phone'],
    [{ channels: Object.fromEntries(words.slice(0, 17).map((word) => [word, {}])) }, 'channels'],
    [{ routes: [{ channel: 'call', steps: [{}] }] }, 'routes[0].channel'],
    [{ routes: [{ priority: 11, steps: [{}] }] }, 'routes[0].priority'],
    [{ routes: [{ steps: [{}], wait: { max_ms: 86_400_001 } }] }, 'routes[0].wait.max_ms'],
    [{ routes: [{ steps: [{}], wait: { max_length: 0 } }] }, 'routes[0].wait.max_length'],
    [{ routes: [{ steps: [{}], wait: { max_length: 10_001 } }] }, 'routes[0].wait.max_length'],
    [{ routes: [{ steps: [{}], wait: { away_ms: 5 } }] }, 'routes[0].wait.away_ms'],
  ]) {
    for (const method of ['PUT', 'PATCH']) {
      const { detail } = await server.refused(422, 'invalid', method, ROUTING, routing)
      assert.ok(detail.startsWith(`\`${field}\` `), `${method} ${JSON.stringify(routing)}: ${detail}`)
    }
  }
  const nobody = { routes: [{ topics: ['unheard of'], steps: [{ skills: { latin: 10 } }] }] }
  await server.refused(422, 'invalid', 'PATCH', ROUTING, { hold: null })
  await server.refused(422, 'invalid', 'PUT', ROUTING, [])
  await server.refused(422, 'invalid', 'PATCH', ROUTING, [])
  assert.deepEqual(await server.ask('GET', ROUTING), DEFAULTS)
  await server.ask('PUT', ROUTING, nobody)
})

test('skills and shares are set, merged, found and left out where they say nothing', async (t) => {
  const { server, http } = await openWorld(t).then((world) => ({ server: world.server, http: world.http.bind(world) }))
  const plain = await http('PUT', '/employees/ann', { topics: ['tax'] })
  assert.deepEqual(Object.keys(plain), ['id', 'name', 'topics', 'status', 'since', 'intent'])
  const put = await http('PUT', '/employees/ann', { skills: { tax: 5, ' de': 10 }, share: 3 })
  assert.deepEqual([put.skills, put.share], [{ de: 10, tax: 5 }, 3])
  const change = async (patch) => {
    const { skills, share } = await http('PATCH', '/employees/ann', patch)
    return [skills, share]
  }
  assert.deepEqual(await change({ name: 'Ann' }), [{ de: 10, tax: 5 }, 3])
  assert.deepEqual(await change({ skills: { de: 0, fr: 2 }, share: 1 }), [{ fr: 2, tax: 5 }, undefined])
  assert.deepEqual(await change({ skills: { fr: null, tax: 6 }, share: 100 }), [{ tax: 6 }, 100])
  const path = '/v1/companies/acme/employees/ann'
  const { tag } = await send(server, 'GET', undefined, {}, path)
  assert.equal((await send(server, 'PATCH', { skills: { tax: 7 } }, { 'if-match': tag }, path)).status, 200)
  assert.equal((await send(server, 'PATCH', { skills: { tax: 8 } }, { 'if-match': tag }, path)).status, 412)
  await http('PUT', '/employees/ben', { skills: { de: 1 } })
  const ids = async (query) => (await http('GET', `/employees${query}`)).items.map(({ id }) => id)
  assert.deepEqual([await ids('?skill=tax'), await ids('?skill=de'), await ids('?skill=fr')], [['ann'], ['ben'], []])
  for (const [patch, field] of [
    [{ skills: { de: 11 } }, 'skills.de'], [{ skills: { de: -1 } }, 'skills.de'], [{ skills: ['de'] }, 'skills'],
    [{ skills: Object.fromEntries(Array.from({ length: 65 }, (_, n) => [`s${n}`, 1])) }, 'skills'],
    [{ share: 0 }, 'share'], [{ share: 101 }, 'share'], [{ share: 256 }, 'share'],
    [{ capacity: 0 }, 'capacity'], [{ capacity: 101 }, 'capacity'],
  ]) {
    for (const method of ['PUT', 'PATCH']) {
      const { detail } = await server.refused(422, 'invalid', method, '/v1/companies/acme/employees/ann', patch)
      assert.ok(detail.startsWith(`\`${field}\` `), `${method} ${JSON.stringify(patch)}: ${detail}`)
    }
  }
  await server.refused(422, 'invalid', 'PUT', '/v1/companies/acme/employees/ann', { skills: { de: 0 } })
  assert.equal((await http('PATCH', '/employees/ann', { capacity: 100 })).capacity, 100)
  assert.equal((await http('PATCH', '/employees/ann', { share: 2 })).capacity, 100)
  assert.equal('capacity' in (await http('PATCH', '/employees/ann', { capacity: null })), false)
  assert.deepEqual(await change({ skills: null, share: null }), [undefined, undefined])
  assert.deepEqual(Object.keys(await http('PUT', '/employees/ann', {})), Object.keys(plain))
})

test('a file of employees has their skills, capacities and shares', async (t) => {
  const { server } = await openWorld(t)
  const file = (type, text) => send(server, 'POST', text, { 'content-type': type }, '/v1/companies/acme/employees/import')
  const profiles = async () => {
    const { items } = await server.ask('GET', '/v1/companies/acme/employees')
    return items.map(({ id, skills, capacity, share }) => [id, skills, capacity, share])
  }
  const csv = 'id,skills,capacity,share\nann,de:4; senior:1,3,2\nben,,,\n'
  assert.deepEqual((await file('text/csv', csv)).body, { created: 2, changed: 0, unchanged: 0 })
  const both = [['ann', { de: 4, senior: 1 }, 3, 2], ['ben', undefined, undefined, undefined]]
  assert.deepEqual(await profiles(), both)
  const ndjson = '{"id":"ann","skills":{"de":4,"senior":1},"capacity":3,"share":2}\n{"id":"ben","share":1}\n'
  assert.deepEqual((await file('application/x-ndjson', ndjson)).body, { created: 0, changed: 0, unchanged: 2 })
  assert.deepEqual((await file('text/csv', 'id\nann\n')).body, { created: 0, changed: 1, unchanged: 0 })
  assert.deepEqual(await profiles(), [['ann', undefined, undefined, undefined], both[1]])

  const bad = await file('text/csv', 'id,skills,share\na,de,1\nb,de:1;fr:0,\nc,de:1;de:2,\nd,,101\ne,,x\nf,,0\n')
  assert.deepEqual(bad.body.lines.map(({ line, field }) => [line, field]), [
    [2, 'skills[0]'], [3, 'skills[1]'], [4, 'skills[1]'], [5, 'share'], [6, 'share'], [7, 'share'],
  ])
  const objects = ['{"id":"a","skills":{"de":11}}', '{"id":"b","skills":["de"]}', '{"id":"c","share":0}', '{"id":"d","capacity":0}']
  const worse = await file('application/x-ndjson', objects.join('\n'))
  assert.deepEqual(worse.body.lines.map(({ line, field }) => [line, field]), [[1, 'skills.de'], [2, 'skills'], [3, 'share'], [4, 'capacity']])
})

test('the skills in a token count at every join, and without the claim they stay', async (t) => {
  const world = await openWorld(t, { env: { SWITCHBOARD_AUTO_PROVISION: 'true' } })
  const joins = async (claims) => {
    const ann = await world.device('ann', { claims })
    ann.leave()
    const { topics, skills, share } = await world.http('GET', '/employees/ann')
    return [topics, skills, share]
  }
  assert.deepEqual(await joins({ topics: ['tax'], skills: { tax: 5 } }), [['tax'], { tax: 5 }, undefined])
  await world.http('PATCH', '/employees/ann', { share: 7 })
  assert.deepEqual(await joins({}), [['tax'], { tax: 5 }, 7])
  assert.deepEqual(await joins({ skills: { de: 1 } }), [['tax'], { de: 1 }, 7])
  assert.deepEqual(await joins({ skills: {} }), [['tax'], undefined, 7])
})

/** Sends a request with these headers; answers its status, tag and body. */
async function send(server, method, body, headers = {}, path = ROUTING) {
  const type = body === undefined ? {} : { 'content-type': 'application/json' }
  const answer = await fetch(server.url + path, {
    method,
    headers: { authorization: `Bearer ${API_KEY}`, ...type, ...headers },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  })
  const text = await answer.text()
  return { status: answer.status, tag: answer.headers.get('etag'), body: text ? JSON.parse(text) : '' }
}
