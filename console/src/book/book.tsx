// `/book/{company}`: a client asks for a consultation, waits, and talks.
import { useEffect, useMemo, useState } from 'preact/hooks'
import type { Booking, CompanyState, CompanyTopic, Switchboard } from 'switchboard-client'
import { LanguageChoice } from '../look/language-choice.js'
import { LineStrip } from '../look/line.js'
import { useSwitchboard, useTopic } from '../look/live.js'
import { show } from '../look/page.js'
import { SignedIn } from '../person/signed-in.js'
import { signIn } from '../person/sign-in.js'
import { Consultation } from '../session/consultation.js'
import { Ask } from './ask.js'
import { tellHost, type Stage } from './host.js'
import { Over } from './over.js'
import { Waiting } from './waiting.js'
import { words } from './words.js'
import './book.css'

const company = decodeURIComponent(location.pathname.split('/')[2] ?? '')
/** What the company is called, where the app says it. */
const name = new URLSearchParams(location.search).get('name') ?? company.charAt(0).toUpperCase() + company.slice(1)

const found = signIn('client')
show(<SignedIn as={found} page={({ token }) => <Page token={token} />} />)

function Page({ token }: { token: () => Promise<string> }) {
  const switchboard = useSwitchboard(token)
  const topic = useMemo(() => switchboard.company(company), [switchboard])
  const state = useTopic(topic)
  const stage = stageOf(state)
  useEffect(() => void (document.title = titleOf(stage, state?.booking ?? null)))
  useEffect(() => tellHost(stage), [stage])
  return (
    <div class="book" data-stage={stage}>
      <LineStrip switchboard={switchboard} />
      {stage !== 'talking' && (
        <header class="row">
          <h1 class="grow">{words().title(name)}</h1>
          <LanguageChoice class="language" aria-label={words().language} />
        </header>
      )}
      <main>
        {topic.refusal ? <Closed /> : state ? <Stages {...{ state, topic, switchboard }} /> : <p class="soft">{words().connecting}</p>}
      </main>
    </div>
  )
}

/** What the client is at, by what the server says of their booking. */
function stageOf(state: CompanyState | undefined): Stage {
  const booking = state?.booking
  if (!booking) return 'choosing'
  if (booking.state === 'offering') return 'waiting'
  return booking.session && !booking.session.ended_at ? 'talking' : 'over'
}

/** Whoever waits in another tab sees in its title that it has begun. */
function titleOf(stage: Stage, booking: Booking | null): string {
  const say = words()
  const now = stage === 'waiting' ? say.looking : stage === 'talking' ? booking?.employee?.name : undefined
  return now ? `${now} · ${say.title(name)}` : say.title(name)
}

function Stages({ state, topic, switchboard }: { state: CompanyState; topic: CompanyTopic; switchboard: Switchboard }) {
  const { availability, booking } = state
  const [before, setBefore] = useState<Booking>()
  if (!booking) return <Ask {...{ availability, topic, before }} />
  if (booking.state === 'offering') return <Waiting {...{ booking, availability, topic }} />
  if (isRunning(booking)) {
    const { session, employee } = booking
    return <Consultation {...{ switchboard, session }} side="client" other={employee?.name ?? session.employee_id} />
  }
  const again = () => {
    // Whoever was not heard need not write it again.
    setBefore(booking.session ? undefined : booking)
    topic.forget()
  }
  return <Over booking={booking} onAgain={again} />
}

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
