// The open searches and the running sessions.
import type { BoardState, Booking, Session } from 'switchboard-client'
import { useMemo } from 'preact/hooks'
import { clientOf, topicOf } from '../look/names.js'
import { number } from '../words/writing.js'
import { nameOf, useHouse } from './house.js'
import { ByTopic, inOrder, WaitingRow } from './in-line.js'
import { useOpen } from './opened.js'
import { Pane } from './pane.js'
import { Rows } from './rows.js'
import { Since } from './since.js'
import { words } from './words.js'
import './calls.css'

/** The open bookings: those for which an employee is being asked, oldest first, and those who wait in a line. */
export function Asked({ bookings, state }: { bookings: ReadonlyMap<string, Booking>; state: BoardState }) {
  const say = words()
  const items = useMemo(() => inOrder(bookings.values()), [state])
  return (
    <Pane name="asked" title={say.asked} beside={<Count of={items.length} />}>
      {items.length === 0 && <p class="pane-empty soft">{say.nobodyWaits}</p>}
      <ByTopic bookings={items} employees={state.employees} />
      {items.length > 0 && (
        <Rows label={say.asked} items={items} row={(one, tab) => rowOf(one, tab)} />
      )}
    </Pane>
  )
}

/** The running sessions, the longest first. */
export function Running({ sessions, state }: { sessions: ReadonlyMap<string, Session>; state: unknown }) {
  const say = words()
  const items = useMemo(() => [...sessions.values()].sort((a, b) => (a.started_at < b.started_at ? -1 : 1)), [state])
  return (
    <Pane name="running" title={say.running} beside={<Count of={items.length} />}>
      {items.length === 0 && <p class="pane-empty soft">{say.nobodyTalks}</p>}
      {items.length > 0 && (
        <Rows label={say.running} items={items} row={(one, tab) => <Talk session={one} tab={tab} />} />
      )}
    </Pane>
  )
}

function Count({ of }: { of: number }) {
  return <span class="figure pane-count">{number(of)}</span>
}

function rowOf(booking: Booking, tab: number) {
  return booking.waiting ? <WaitingRow booking={booking} tab={tab} /> : <AskedRow booking={booking} tab={tab} />
}

function AskedRow({ booking, tab }: { booking: Booking; tab: number }) {
  const say = words()
  const open = useOpen()
  return (
    <button type="button" class="entry" tabIndex={tab} onClick={() => open({ what: 'booking', id: booking.id })}>
      <span class="entry-main">
        <b class="line">{topicOf(booking)}</b>
        <span class="line small soft">{clientOf(booking)}</span>
      </span>
      <span class="entry-end">
        <Since moment={booking.created_at} />
        <span class="small soft">{say.askedSoFar(booking.offers)}</span>
      </span>
    </button>
  )
}

function Talk({ session, tab }: { session: Session; tab: number }) {
  const open = useOpen()
  const house = useHouse()
  return (
    <button
      type="button"
      class="entry"
      tabIndex={tab}
      onClick={() => open({ what: 'booking', id: session.booking_id })}
    >
      <span class="entry-main">
        <span class="cord-ends">
          <b class="line">{clientOf(session)}</b>
          <Cord />
          <b class="line">{nameOf(house, session.employee_id)}</b>
        </span>
        <span class="line small soft">{topicOf(session)}</span>
      </span>
      <span class="entry-end">
        <Since moment={session.started_at} />
      </span>
    </button>
  )
}

function Cord() {
  return (
    <svg class="cord" viewBox="0 0 44 18" role="img" aria-label={words().talksWith}>
      <path d="M5 5.5C10 18 34 18 39 5.5" />
      <circle cx="5" cy="5" r="3.5" />
      <circle cx="39" cy="5" r="3.5" />
    </svg>
  )
}
