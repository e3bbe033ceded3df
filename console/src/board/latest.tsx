// The latest bookings, newest first, a page at a time.
import { useEffect, useRef, useState } from 'preact/hooks'
import type { Booking } from 'switchboard-client'
import { ErrorLine, useDoing, WorkButton } from '../look/doing.js'
import { clientOf, topicOf } from '../look/names.js'
import { Icon } from '../look/icon.js'
import { clock } from '../words/writing.js'
import { useHouse } from './house.js'
import { useOpen } from './opened.js'
import { Pane } from './pane.js'
import type { Page } from './past.js'
import { words } from './words.js'
import './latest.css'

const PAGE = 25
/** A wall may hang for weeks, so that further pages are dropped once this many bookings are listed. */
const READ_ON_MAX = 500
const LOOKS_AGAIN_AFTER_MS = 5_000

/** The bookings' part of the wall. The list is read again when `booked` changes, with each new booking and each end. */
export function Latest({ booked }: { booked: number }) {
  const say = words()
  const { items, next, error, busy, more, again } = useLatest(booked)
  const look = (
    <button type="button" class="plain" onClick={again}>
      {say.lookAgain}
    </button>
  )
  return (
    <Pane name="latest" title={say.latest} beside={look}>
      <div class="latest">
        {items?.length === 0 && <p class="pane-empty soft">{say.noBookings}</p>}
        <ol role="list">{items?.map((booking) => <Line key={booking.id} booking={booking} />)}</ol>
        <ErrorLine text={error} />
        {next && (
          <WorkButton class="plain" busy={busy} onClick={more}>
            {say.more}
          </WorkButton>
        )}
      </div>
    </Pane>
  )
}

function Line({ booking }: { booking: Booking }) {
  const say = words()
  const open = useOpen()
  const { id, created_at, state, employee } = booking
  return (
    <li>
      <button type="button" class="entry latest-entry" onClick={() => open({ what: 'booking', id })}>
        <time class="soft" dateTime={created_at}>
          {clock(created_at)}
        </time>
        <span class="entry-main">
          <b class="line">{topicOf(booking)}</b>
          <span class="line small soft">
            {clientOf(booking)}
            {employee && (
              <>
                {' '}
                <Icon name="send" /> {employee.name}
              </>
            )}
          </span>
        </span>
        <span class={`outcome of-${state}`}>{say.states[state]}</span>
      </button>
    </li>
  )
}

/** Keeps further pages that were read; reads the first page again after a change. */
function useLatest(booked: number) {
  const { api } = useHouse()
  const [known, learn] = useState<Page<Booking>>()
  const { busy, error, run } = useDoing()
  const readAt = useRef(-Infinity)
  const read = async () => {
    readAt.current = performance.now()
    const page = await api.get<Page<Booking>>('/bookings', { limit: PAGE })
    learn((before) => (before ? inFrontOf(before, page) : page))
  }
  const more = () =>
    run(async () => {
      const page = await api.get<Page<Booking>>('/bookings', { limit: PAGE, after: known?.next ?? undefined })
      learn((before) => ({ items: [...(before?.items ?? []), ...page.items], next: page.next }))
    })
  useEffect(() => {
    const wait = Math.max(0, readAt.current + LOOKS_AGAIN_AFTER_MS - performance.now())
    const timer = setTimeout(() => run(read), wait)
    return () => clearTimeout(timer)
  }, [booked, api])
  return { items: known?.items, next: known?.next, error, busy, more, again: () => run(read) }
}

/**
 * The first page before the further ones; the first page alone if the further ones are too few, too many or not
 * adjacent.
 */
function inFrontOf(known: Page<Booking>, page: Page<Booking>): Page<Booking> {
  const last = known.items.findIndex(({ id }) => id === page.items.at(-1)?.id)
  const rest = last < 0 ? [] : known.items.slice(last + 1)
  if (rest.length < PAGE || rest.length > READ_ON_MAX) return page
  return { items: [...page.items, ...rest], next: known.next }
}
