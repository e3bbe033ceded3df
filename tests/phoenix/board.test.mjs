// The board as admins see it.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { assertTime, openWorld } from './people.mjs'
import { API_KEY } from './server.mjs'

test('the board opens with all employees, open bookings, running sessions and the counts of today', async (t) => {
  const world = await openWorld(t)
  const { session, booking } = await world.meeting()
  const bob = await world.employee('bob')
  await world.employee('lee', { idle: false })
  const open = await (await world.client('dora')).book()
  await bob.offer()

  const { joined } = await world.board()
  const people = joined.employees.map(({ id, status }) => [id, status]).sort()
  assert.deepEqual(people, [['ann', 'busy'], ['bob', 'init'], ['lee', 'offline']])
  for (const { since } of joined.employees) assertTime(since)
  assert.deepEqual(joined.bookings.map(({ id, state }) => [id, state]), [[open.id, 'offering']])
  assert.deepEqual(joined.sessions.map(({ id, booking_id }) => [id, booking_id]), [[session.id, booking.id]])
  assert.equal(typeof joined.today, 'object')
  for (const count of Object.values(joined.today)) assert.ok(Number.isInteger(count), JSON.stringify(joined.today))
})

test('the board follows a consultation from the booking to its end', async (t) => {
  const world = await openWorld(t)
  const board = await world.board()
  assert.deepEqual([board.joined.employees, board.joined.bookings, board.joined.sessions], [[], [], []])

  const ann = await world.employee('ann')
  await changed(board, 'employee', ({ id, status }) => id === 'ann' && status === 'idle', 'ann idle')
  const carl = await world.client('carl')
  const booking = await carl.book()
  await changed(board, 'booking', ({ id, state }) => id === booking.id && state === 'offering', 'offering')
  await changed(board, 'employee', ({ status }) => status === 'init', 'ann init')
  const session = await ann.accept(await ann.offer())
  await changed(board, 'booking', ({ id, state }) => id === booking.id && state === 'assigned', 'assigned')
  await changed(board, 'session', ({ id, ended_at }) => id === session.id && ended_at === null, 'session running')
  await changed(board, 'employee', ({ status }) => status === 'busy', 'ann busy')
  await (await carl.session(session)).push('end')
  const over = await changed(board, 'session', ({ ended_at }) => ended_at !== null, 'session ended')
  assert.deepEqual([over.id, over.ended_by], [session.id, 'client'])
  await changed(board, 'employee', ({ status }) => status === 'idle', 'ann idle again')
})

test('the board shows a booking that ends without a session, with its reason', async (t) => {
  const world = await openWorld(t)
  const board = await world.board()
  const ann = await world.employee('ann')
  const booking = await (await world.client('carl')).book()
  await ann.reject(await ann.offer())
  const over = await changed(board, 'booking', ({ state }) => state === 'unanswered', 'unanswered')
  assert.deepEqual([over.id, over.reason], [booking.id, 'everyone_declined'])
})

test('what happens in another company is not on the board', async (t) => {
  const world = await openWorld(t)
  await world.company('globex')
  const board = await world.board()
  const far = await world.employee('fay', { company: 'globex' })
  await (await world.client('gus', { company: 'globex' })).book()
  await far.offer()
  await world.employee('ann')
  await changed(board, 'employee', ({ id, status }) => id === 'ann' && status === 'idle', 'ann idle')
  const others = board.all('employee').map((payload) => (payload.employee ?? payload).id).filter((id) => id !== 'ann')
  assert.deepEqual([...others, ...board.all('booking')], [])
})

/** Waits for the next changed row of that kind that fits. */
async function changed(board, kind, fits, what) {
  const payload = await board.next(kind, undefined, (event) => fits(event[kind] ?? event), what)
  return payload[kind] ?? payload
}

test('a large board comes page by page, and who is removed between two pages does not come back', async (t) => {
  const world = await openWorld(t)
  const many = Array.from({ length: 2500 }, (_, n) => `e${String(n).padStart(4, '0')}`)
  const sent = await fetch(`${world.server.url}/v1/companies/acme/employees/import`, {
    method: 'POST',
    headers: { authorization: `Bearer ${API_KEY}`, 'content-type': 'text/csv' },
    body: `id\n${many.join('\n')}\n`,
  })
  assert.equal(sent.status, 200)
  await world.employee('ann')
  const open = await (await world.client('dora')).book()
  const board = await world.board()
  assert.deepEqual([board.joined.employees.length, board.joined.bookings, typeof board.joined.next], [1000, [], 'string'])
  const rows = new Map(board.joined.employees.map((row) => [row.id, row]))
  // A removed employee who was read, a removed one who was not, and a new one in front of the rows that were read.
  for (const gone of ['e0003', 'e2400']) await world.http('DELETE', `/employees/${gone}`)
  await world.http('PUT', '/employees/a-new-one', {})
  for (let heard = 0; heard < 3; heard++) {
    const { employee } = await board.next('employee', undefined, ({ employee }) => employee.removed || employee.id === 'a-new-one', 'a change')
    if (employee.removed) rows.delete(employee.id)
    else rows.set(employee.id, employee)
  }
  let bookings = []
  let pages = 1
  for (let { next } = board.joined; next !== null; pages++) {
    const page = await board.push('more', { after: next })
    for (const row of page.employees) rows.set(row.id, row)
    bookings = bookings.concat(page.bookings)
    assert.equal(page.today.booked, 1)
    next = page.next
  }
  assert.equal(pages, 3)
  assert.deepEqual([...rows.keys()].sort(), ['a-new-one', 'ann', ...many.filter((id) => id !== 'e0003' && id !== 'e2400')])
  assert.deepEqual(bookings.map(({ id }) => id), [open.id])
  for (const after of ['', 'e0003', 7, null]) await board.refused('invalid', 'more', { after })
  assert.match((await board.refused('unknown_event', 'dance')).message, /`more`/)
})
