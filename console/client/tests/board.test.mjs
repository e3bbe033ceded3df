// A company's board: its rows, its counts of today, and how often it calls subscribers.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { API_KEY } from '../../../tests/phoenix/server.mjs'
import { open, until } from './people.mjs'

test('the board counts what it hears, as the server counts it', async (t) => {
  const house = await open(t)
  const board = house.boss().board('acme')
  await until(board, ({ employees }) => employees.has('ann'))
  const desk = await house.idleDesk()
  const page = house.carl().company('acme')
  const first = await page.book({ topic: 'tax' })
  const { bookings } = await until(board, ({ today }) => today.booked === 1)
  assert.deepEqual([...bookings.keys()], [first.id])
  const session = await desk.accept((await until(desk, ({ offer }) => offer)).offer.id)
  await until(board, ({ sessions, today }) => sessions.has(session.id) && today.assigned === 1)
  await house.people[2].session(session.id).end()
  await until(board, ({ sessions, today }) => sessions.size === 0 && today.ended === 1)
  await until(desk, ({ status }) => status === 'idle')
  const bob = await house.idleDesk({ name: 'bob' })
  await page.book({ topic: 'tax' })
  // A second offer for the same booking does not count as a second booking.
  for (const asked of [desk, bob]) await asked.reject((await until(asked, ({ offer }) => offer)).offer.id)
  await until(page, ({ availability }) => availability.available)
  await page.cancel((await page.book({ topic: 'tax' })).id)
  const counts = { booked: 3, assigned: 1, unanswered: 1, cancelled: 1, expired: 0, ended: 1 }
  const { today } = await until(board, ({ today }) => today.cancelled === 1)
  assert.deepEqual(today, counts)
  const other = house.boss().board('acme')
  assert.deepEqual((await until(other, () => true)).today, counts, 'the snapshot has the same')
  await house.server.http('DELETE', '/v1/companies/acme/employees/ann')
  await until(board, ({ employees }) => !employees.has('ann'))
})

test('many events are told in few batches, each with a new state', async (t) => {
  const house = await open(t)
  const board = house.boss().board('acme')
  await until(board, () => true)
  let [events, batches, states] = [0, 0, new Set()]
  board.on('employee', () => (events += 1))
  board.subscribe(() => {
    batches += 1
    states.add(board.state)
  })
  const startedAt = performance.now()
  const add = (n) => house.server.ask('PUT', `/v1/companies/acme/employees/e${n}`, {})
  await Promise.all(Array.from({ length: 100 }, (_, n) => add(n)))
  await until(board, ({ employees }) => employees.size === 102)
  const most = (performance.now() - startedAt) / 16 + 1
  assert.ok(events >= 100 && batches <= most, `${events} events in ${batches} batches, at most ${most}`)
  assert.equal(states.size, batches)
})

test('a large board is read to its end, and shows meanwhile what it has', async (t) => {
  const house = await open(t)
  const many = Array.from({ length: 2500 }, (_, n) => `e${String(n).padStart(4, '0')}`)
  const sent = await fetch(`${house.server.url}/v1/companies/acme/employees/import`, {
    method: 'POST',
    headers: { authorization: `Bearer ${API_KEY}`, 'content-type': 'text/csv' },
    body: `id\n${many.join('\n')}\n`,
  })
  assert.equal(sent.status, 200)
  const page = house.carl().company('acme')
  await house.idleDesk()
  await until(page, ({ availability }) => availability.available)
  const relay = await house.relay()
  const boss = house.boss({ url: relay.socketUrl })
  const board = boss.board('acme')
  const first = await until(board, () => true)
  assert.ok(first.employees.size >= 1000, 'what came with the join is shown at once')
  // These changes happen during the reading, and must count once, whether they come by an event or by a page.
  const booking = await page.book({ topic: 'tax' })
  await house.server.http('DELETE', '/v1/companies/acme/employees/e2499')
  await house.server.http('DELETE', '/v1/companies/acme/employees/e0001')
  const { employees, bookings, today } = await until(board, ({ complete, employees, bookings }) =>
    complete && bookings.has(booking.id) && !employees.has('e2499') && !employees.has('e0001'))
  assert.deepEqual([employees.size, bookings.size, today.booked], [2500, 1, 1])
  relay.cut()
  await until(board, () => !board.live)
  relay.mend()
  const again = await until(board, ({ complete }) => board.live && complete)
  assert.deepEqual([again.employees.size, again.today.booked], [2500, 1])
})
