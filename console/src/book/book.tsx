// `/book/{company}`: a client books a consultation, waits, talks, and reads the transcript.
import { useEffect, useMemo, useRef, useState } from 'preact/hooks'
import { isOpen, Refusal, type Booking, type CompanyState, type CompanyTopic, type Switchboard } from 'switchboard-client'
import { Logo, useBrand } from '../look/branded.js'
import { useDoing } from '../look/doing.js'
import { LanguageChoice } from '../look/language-choice.js'
import { LineStrip } from '../look/line.js'
import { useLine, useSwitchboard, useTopic } from '../look/live.js'
import { useTitle } from '../look/attention.js'
import { show } from '../look/page.js'
import type { Person } from '../person/claims.js'
import { SignedIn } from '../person/signed-in.js'
import { signIn } from '../person/sign-in.js'
import { Consultation } from '../session/consultation.js'
import { Ask } from './ask.js'
import { useBooking } from './booked.js'
import { tellHost, type Stage } from './host.js'
import { InLine } from './in-line.js'
import { useNotices } from './notices.js'
import { Over } from './over.js'
import { Waiting } from './waiting.js'
import { words } from './words.js'
import './book.css'

const company = decodeURIComponent(location.pathname.split('/')[2] ?? '')
/** The company's name as given by the app. */
const calledByApp = new URLSearchParams(location.search).get('name')

document.documentElement.classList.toggle('is-embedded', isEmbedded())

const found = signIn('client')
show(<SignedIn as={found} page={({ person, token }) => <Page person={person} token={token} />} />)

function Page({ person, token }: { person: Person; token: () => Promise<string> }) {
  const switchboard = useSwitchboard(token)
  const topic = useMemo(() => switchboard.company(company), [switchboard])
  const state = useTopic(topic)
  const { booking, again } = useBooking(topic, state, `${topic.name}.${person.id}`)
  const brand = state?.company
  useBrand(brand)
  // No name is shown until it is known, because an id is no name.
  const name = calledByApp ?? brand?.name ?? (topic.refusal ? company : '')
  const stage = stageOf(booking)
  useNotices(stage, booking, state?.availability, name)
  // Computed while drawing, so that each redrawing updates the title.
  useTitle(titleOf(stage, booking, name))
  const inLine = stage === 'waiting' ? booking?.waiting?.place : undefined
  useEffect(() => tellHost(stage, inLine), [stage, inLine])
  return (
    <div class="book" data-stage={stage}>
      <LineStrip switchboard={switchboard} />
      {stage !== 'talking' && (
        <header class="row">
          <Logo company={brand} />
          <h1 class="grow">{name && words().title(name)}</h1>
          <LanguageChoice class="language" aria-label={words().language} />
        </header>
      )}
      <main>
        {topic.refusal ? (
          <Closed />
        ) : state ? (
          <Stages {...{ state, booking, again, topic, switchboard }} place={`${topic.name}.${person.id}`} />
        ) : (
          <p class="soft">{words().connecting}</p>
        )}
      </main>
    </div>
  )
}

/** Whether a page of another origin shows this one; a page cannot look at a parent of another origin. */
function isEmbedded(): boolean {
  try {
    return window.parent.location.origin !== location.origin
  } catch {
    return true
  }
}

/** The client's stage, derived from the server's state of the booking. */
function stageOf(booking: Booking | null): Stage {
  if (!booking) return 'choosing'
  if (isOpen(booking)) return 'waiting'
  return booking.session && !booking.session.ended_at ? 'talking' : 'over'
}

/** The title of the tab, so that a client in another tab sees the stage. */
function titleOf(stage: Stage, booking: Booking | null, name: string): string {
  const say = words()
  if (!name) return document.title
  const now = stage === 'waiting' ? (booking?.waiting ? say.place(booking.waiting.place) : say.looking) : stage === 'talking' ? booking?.employee?.name : undefined
  return now ? `${now} · ${say.title(name)}` : say.title(name)
}

function Stages({ state, booking, again, topic, switchboard, place }: {
  state: CompanyState
  booking: Booking | null
  again: () => void
  topic: CompanyTopic
  switchboard: Switchboard
  place: string
}) {
  const { availability } = state
  const [before, setBefore] = useState<Booking>()
  const isLost = useLine(switchboard) !== 'open'
  const isFirst = useRef(true)
  useEffect(() => void (isFirst.current = false), [])
  const cancelling = useCancelling(topic, booking, isLost)
  if (!booking) return <Ask {...{ availability, topic, before, isLost, place }} arrives={!isFirst.current} />
  if (booking.waiting && isOpen(booking)) return <InLine {...{ booking, cancelling }} waiting={booking.waiting} />
  if (isOpen(booking)) return <Waiting {...{ booking, availability, cancelling }} />
  if (isRunning(booking)) {
    const { session, employee, note } = booking
    return (
      <>
        {cancelling.cameTooLate && (
          <p class="too-late" role="status">
            {words().cancelledTooLate}
          </p>
        )}
        <Consultation {...{ switchboard, session, note }} side="client" other={employee?.name ?? session.employee_id} />
      </>
    )
  }
  const askAgain = () => {
    // A client without a session need not write the question again.
    setBefore(booking.session ? undefined : booking)
    again()
  }
  return <Over {...{ booking, switchboard }} onAgain={askAgain} />
}

/** Cancels the search. When an employee accepted first, a message beside the session says so for a while. */
function useCancelling(topic: CompanyTopic, booking: Booking | null, isLost: boolean) {
  const { busy, error, run } = useDoing()
  const [lateFor, setLateFor] = useState<string>()
  useEffect(() => {
    if (lateFor === undefined) return undefined
    const timer = setTimeout(() => setLateFor(undefined), TOO_LATE_SHOWN_MS)
    return () => clearTimeout(timer)
  }, [lateFor])
  const cancel = () =>
    run(async () => {
      if (!booking) return
      try {
        await topic.cancel(booking.id)
      } catch (caught) {
        // The booking's new state comes with the refusal.
        if (!(caught instanceof Refusal && caught.reason === 'booking_closed')) throw caught
        setLateFor(booking.id)
      }
    })
  return { busy, error, isLost, cancel, cameTooLate: lateFor !== undefined && lateFor === booking?.id }
}

const TOO_LATE_SHOWN_MS = 10_000

function isRunning(booking: Booking): booking is Booking & { session: NonNullable<Booking['session']> } {
  return booking.session !== null && booking.session.ended_at === null
}

function Closed() {
  const say = words()
  return (
    <section class="card stack">
      <h2>{say.closed}</h2>
      <p>{say.closedHow}</p>
    </section>
  )
}
