// `/desk`: an employee at work. What is shown follows from the one status that the server tells to all their devices.
import { useEffect, useMemo, useState } from 'preact/hooks'
import type { EmployeeState, EmployeeTopic, Json, Session, Switchboard } from 'switchboard-client'
import { Alone } from '../look/alone.js'
import { Logo, useBrand } from '../look/branded.js'
import { LineStrip } from '../look/line.js'
import { useSwitchboard, useTopic } from '../look/live.js'
import { show } from '../look/page.js'
import { canBeHeard } from '../look/sound.js'
import { Api } from '../person/api.js'
import type { Person } from '../person/claims.js'
import { SignedIn } from '../person/signed-in.js'
import { signIn } from '../person/sign-in.js'
import { Consultation } from '../session/consultation.js'
import { keep, recall } from '../session/kept.js'
import { useAwake } from './awake.js'
import { ClosedOffer, Offered } from './offer.js'
import { Over } from './over.js'
import { DeviceSettings, wishes } from './settings.js'
import { Switch } from './switch.js'
import { Today } from './today.js'
import { words } from './words.js'
import './desk.css'

const found = signIn('employee')
show(<SignedIn as={found} page={({ person, token }) => <Desk person={person} token={token} />} />)

if ('serviceWorker' in navigator) {
  // Without it (in a private window, say) the desk cannot be installed, and is a page like any other.
  navigator.serviceWorker.register('/worker.js', { scope: '/desk' }).catch(() => {})
}

function Desk({ person, token }: { person: Person; token: () => Promise<string> }) {
  const company = person.company ?? ''
  const switchboard = useSwitchboard(token)
  const topic = useMemo(() => switchboard.employee(company, person.id), [switchboard, company, person.id])
  const api = useMemo(() => new Api(company, token), [company, token])
  const state = useTopic(topic)
  useBrand(state?.company)
  useAwake(state?.intent === 'idle' || state?.session != null)
  useEffect(() => void (document.title = state?.offer ? words().request(state.offer.topic) : words().title))
  if (topic.refusal) return <Gone />
  return (
    <div class={`desk toned is-${state?.status ?? 'offline'}`}>
      <LineStrip switchboard={switchboard} />
      <div class="desk-place">
        <header class="desk-bar">
          <Logo company={state?.company} />
          <Switch name={person.name} {...{ state, topic }} />
          <DeviceSettings />
        </header>
        {state && <Work {...{ state, topic, switchboard, api, person }} />}
      </div>
    </div>
  )
}

/** One of: an offer, a session, what is left of the last session, or waiting; and the day beside it. */
function Work({ state, topic, switchboard, api, person }: {
  state: EmployeeState
  topic: EmployeeTopic
  switchboard: Switchboard
  api: Api
  person: Person
}) {
  const { session, offer } = state
  const { shown, note, putAway } = useShownSession(state)
  const [answered, setAnswered] = useState('')
  if (session) {
    return (
      <main class="in-session">
        <Consultation {...{ switchboard, session, note }} side="employee" other={session.client_id} />
      </main>
    )
  }
  return (
    <main>
      {/* An offer has a place of its own: what lies open stays in sight below it, where there is room. */}
      <div class="front">
        <ClosedOffer state={state} answeredHere={answered === state.closed?.offer.id} />
        {offer && <Offered key={offer.id} {...{ offer, topic }} onAnswer={setAnswered} />}
        {shown && <Over session={shown} switchboard={switchboard} onDone={putAway} />}
        {!shown && !offer && <Waiting state={state} />}
      </div>
      <Today {...{ api, switchboard }} employee={person.id} changed={`${shown?.id} ${state.closed?.offer.id}`} />
    </main>
  )
}

/** The running session, or the last one until it is put away; with what the client wrote when they asked. */
function useShownSession(state: EmployeeState) {
  const { session, offer, closed } = state
  const [last, setLast] = useState<Session>()
  const [asked, setAsked] = useState(offer)
  useEffect(() => void (offer && setAsked(offer)), [offer])
  useEffect(() => void (session && setLast(session)), [session])
  const shown = session ?? last
  const known = [asked, closed?.offer].find((offer) => offer && offer.booking_id === shown?.booking_id)
  return { shown, note: useWish(session, known?.note), putAway: () => setLast(undefined) }
}

/** What the client wrote. It comes with the offer alone: a reload finds it in the tab, as long as the session runs. */
function useWish(session: Session | null, told: Json | undefined): Json {
  const id = session?.id
  const before = useMemo(() => (id === undefined ? undefined : recall<Json>(id, 'wish')), [id])
  useEffect(() => {
    if (id === undefined) return undefined
    if (told !== undefined) keep(id, 'wish', told)
    return () => keep(id, 'wish', undefined)
  }, [id, told])
  return told ?? before ?? null
}

function Waiting({ state }: { state: EmployeeState }) {
  const say = words()
  const ready = state.intent === 'idle'
  return (
    <section class="waiting">
      <svg class="board" viewBox="0 0 120 44" aria-hidden="true">
        {[12, 36, 60, 84, 108].map((x) => (
          <circle key={x} class={x === 60 ? 'own jack' : 'jack'} cx={x} cy="12" r="7" />
        ))}
        {ready && <path class="cord" d="M60 12c0 24-14 20-14 32" />}
      </svg>
      <h2>{ready ? say.waiting : say.away}</h2>
      <p class="soft">{ready ? say.waitingHow : say.awayHow}</p>
      {ready && wishes.value.sound && !canBeHeard.value && <p class="silent small">{say.silent}</p>}
    </section>
  )
}

function Gone() {
  const say = words()
  return (
    <Alone title={say.gone}>
      <p>{say.goneHow}</p>
    </Alone>
  )
}
