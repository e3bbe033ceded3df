// The end: why there was no session, or how it ended; and the way to ask again.
import { useEffect, useRef } from 'preact/hooks'
import type { Booking } from 'switchboard-client'
import { announce } from '../look/page.js'
import { LeftOver } from '../session/left-over.js'
import { running } from '../words/writing.js'
import { words } from './words.js'

/** How it ended. */
export function Over({ booking, onAgain }: { booking: Booking; onAgain: () => void }) {
  const say = words()
  const { title, why } = told(booking)
  const again = useRef<HTMLButtonElement>(null)
  useEffect(() => {
    announce(`${title} ${why}`)
    again.current?.focus({ preventScroll: true })
  }, [booking.id])
  return (
    <section class="over card stack" aria-labelledby="over">
      <h2 id="over">{title}</h2>
      {why && <p class="soft">{why}</p>}
      {booking.session && <LeftOver key={booking.id} session={booking.session.id} />}
      <button type="button" class="act" ref={again} onClick={onAgain}>
        {say.again}
      </button>
    </section>
  )
}

function told({ session, employee, reason }: Booking): { title: string; why: string } {
  const say = words()
  if (!session) return { title: reason ? say.ended[reason] : say.endedAway, why: '' }
  const { ended_by, ended_at, started_at } = session
  const parts = [
    ended_by && say.overBy[ended_by],
    session.reason && say.reason(session.reason),
    ended_at && say.lasted(running(Date.parse(ended_at) - Date.parse(started_at))),
  ]
  return { title: say.over(employee?.name ?? session.employee_id), why: parts.filter(Boolean).join(' ') }
}
