// `/desk`: an employee at work. Everything shown follows from the one status that the server tells all their devices.
import { useEffect, useMemo, useState } from 'preact/hooks'
import type { EmployeeState, EmployeeTopic, Session, Switchboard } from 'switchboard-client'
import { Alone } from '../look/alone.js'
import { useTitle } from '../look/attention.js'
import { Logo, useBrand } from '../look/branded.js'
import { LineStrip } from '../look/line.js'
import { useSwitchboard, useTopic } from '../look/live.js'
import { topicOf } from '../look/names.js'
import { show } from '../look/page.js'
import { canBeHeard } from '../look/sound.js'
import { Api } from '../person/api.js'
import type { Person } from '../person/claims.js'
import { SignedIn } from '../person/signed-in.js'
import { signIn } from '../person/sign-in.js'
import { useAwake } from './awake.js'
import { ClosedOffer, Offered, type Answered } from './offer.js'
import { Over } from './over.js'
import { isPaused, Paused, PauseButton, Resting, TimeLeft } from './pause.js'
import { Sessions } from './sessions.js'
import { AskToNotify, DeviceSettings, wishes } from './settings.js'
import { Switch } from './switch.js'
import { Today } from './today.js'
import { words } from './words.js'
import { WrapUps } from './wrap-ups.js'
import './desk.css'

const found = signIn('employee')
show(<SignedIn as={found} page={({ person, token }) => <Desk person={person} token={token} />} />)

if ('serviceWorker' in navigator) {
  // Without the worker (in a private window, say) the desk cannot be installed, and otherwise works as usual.
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
  useTitle(state?.offer ? words().request(topicOf(state.offer)) : words().title)
  if (topic.refusal) return <Gone />
  return (
    <div class={`desk toned is-${state?.status ?? 'offline'}`}>
      <LineStrip switchboard={switchboard} />
      <div class="desk-place">
        <header class="desk-bar">
          <Logo company={state?.company} />
          <Switch name={person.name} company={state?.company.name} {...{ state, topic }} />
          {state && <PauseButton {...{ state, topic }} />}
          <DeviceSettings />
        </header>
        {state && <Work {...{ state, topic, switchboard, api, person }} />}
      </div>
    </div>
  )
}

/** One of: an offer, a session, the end of the last session, or waiting; and the day beside it. */
function Work({ state, topic, switchboard, api, person }: {
  state: EmployeeState
  topic: EmployeeTopic
  switchboard: Switchboard
  api: Api
  person: Person
}) {
  const { session, offer } = state
  const { shown, putAway } = useShownSession(state)
  const [answered, setAnswered] = useState<Answered>()
  if (session) {
    return (
      <main class="in-session">
        {/* With room for several sessions, offers come and wrap-ups go on beside those that run. */}
        {state.room && <ClosedOffer {...{ state, answered }} />}
        {offer && <Offered key={offer.id} {...{ offer, topic }} onAnswer={setAnswered} />}
        {state.wrap_ups.length > 0 && <WrapUps {...{ state, topic }} />}
        <Sessions sessions={state.sessions} switchboard={switchboard} />
      </main>
    )
  }
  return (
    <main>
      {/* An offer has a place of its own; the open session stays in sight below it, where there is room. */}
      <div class="front">
        <ClosedOffer {...{ state, answered }} />
        {offer && <Offered key={offer.id} {...{ offer, topic }} onAnswer={setAnswered} />}
        {!offer && <WrapUps {...{ state, topic }} />}
        {shown && <Over session={shown} switchboard={switchboard} onDone={putAway} />}
        {!shown && !offer && <Waiting {...{ state, topic }} />}
        {!offer && state.intent === 'idle' && <AskToNotify />}
      </div>
      <Today {...{ api, switchboard }} employee={person.id} changed={`${shown?.id} ${state.closed?.offer.id} ${state.closed?.outcome}`} />
    </main>
  )
}

/** The running session, or the last one until the employee puts it away. */
function useShownSession({ session }: EmployeeState) {
  const [last, setLast] = useState<Session>()
  useEffect(() => void (session && setLast(session)), [session])
  return { shown: session ?? last, putAway: () => setLast(undefined) }
}

function Waiting({ state, topic }: { state: EmployeeState; topic: EmployeeTopic }) {
  const say = words()
  // The wrap-ups of a company with a routing are shown in any case.
  if (state.wrap_ups.length > 0) return null
  if (state.wrap_up_ends_at !== null) return <WrapUp state={state} endsAt={state.wrap_up_ends_at} />
  if (isPaused(state)) return <Paused {...{ state, topic }} />
  if (state.rest_ends_at !== null) return <Resting endsAt={state.rest_ends_at} topic={topic} />
  const ready = state.intent === 'idle'
  return (
    <section class="waiting arrives">
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

/** The wrap-up, during which the next offer waits. */
function WrapUp({ state, endsAt }: { state: EmployeeState; endsAt: number }) {
  const say = words()
  return (
    <section class="waiting arrives">
      <h2>
        {say.wrapUp} <TimeLeft endsAt={endsAt} />
      </h2>
      <p class="soft">{state.intent === 'idle' ? say.wrapUpHow : say.wrapUpOff}</p>
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
