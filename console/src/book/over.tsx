// The end: why there was no session, or how it ended, with the transcript; and the way to book again.
import { useEffect, useRef } from 'preact/hooks'
import type { ComponentChildren } from 'preact'
import type { Booking, Session, Switchboard } from 'switchboard-client'
import { announce } from '../look/page.js'
import { LeftOver } from '../session/left-over.js'
import { running, sentence } from '../words/writing.js'
import { questionOf } from './question.js'
import { Keeping, Transcript, useSaid } from './transcript.js'
import { words } from './words.js'

interface Props {
  booking: Booking
  switchboard: Switchboard
  onAgain: () => void
}

/** Shows how the booking ended. */
export function Over({ booking, ...rest }: Props) {
  const { session } = booking
  return session ? <AfterSession key={session.id} {...{ booking, session, ...rest }} /> : <Ended booking={booking} {...rest} />
}

/** The transcript of the session, with the buttons in reach. */
function AfterSession({ booking, session, switchboard, onAgain }: Props & { session: Session }) {
  const { title } = told(booking)
  const { employee, note, created_at } = booking
  const said = useSaid(switchboard, session, employee?.name ?? session.employee_id, questionOf(note), created_at)
  return (
    <Ended booking={booking} onAgain={onAgain} keeping={<Keeping {...{ said, session, title }} />}>
      <LeftOver session={session.id} />
      <Transcript said={said} />
    </Ended>
  )
}

function Ended({ booking, onAgain, children, keeping }: {
  booking: Booking
  onAgain: () => void
  children?: ComponentChildren
  keeping?: ComponentChildren
}) {
  const say = words()
  const { title, why } = told(booking)
  const again = useRef<HTMLButtonElement>(null)
  useEffect(() => {
    announce(`${title} ${why}`)
    again.current?.focus({ preventScroll: true })
  }, [booking.id])
  return (
    <section class="over card" aria-labelledby="over">
      <div class="over-read" tabIndex={children ? 0 : undefined}>
        <h2 id="over">{title}</h2>
        {why && <p class="soft">{why}</p>}
        {children}
      </div>
      <div class="row wrap over-foot">
        {keeping}
        <button type="button" class="act grow" ref={again} onClick={onAgain}>
          {say.again}
        </button>
      </div>
    </section>
  )
}

function told({ session, employee, reason }: Booking): { title: string; why: string } {
  const say = words()
  if (!session) return { title: reason ? say.ended[reason] : say.endedAway, why: '' }
  const { ended_by, ended_at, started_at } = session
  const name = employee?.name ?? session.employee_id
  const lastedMs = ended_at ? Date.parse(ended_at) - Date.parse(started_at) : 0
  const parts = [
    ended_by && say.overBy(ended_by, name),
    session.reason && sentence(say.reason(session.reason)),
    // The length of a short session is of no interest.
    lastedMs >= LASTED_MIN_MS && say.lasted(running(lastedMs)),
  ]
  return { title: say.over(name), why: parts.filter(Boolean).join(' ') }
}

const LASTED_MIN_MS = 60_000
