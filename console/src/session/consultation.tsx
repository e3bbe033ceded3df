// A session, the same for both sides: who is there, the chat, and what lies beside it.
import { useEffect, useMemo, useState } from 'preact/hooks'
import type { Json, Session, SessionState, SessionTopic, Side, Switchboard } from 'switchboard-client'
import { useNow, useTopic } from '../look/live.js'
import { running } from '../words/writing.js'
import { Composer } from './composer.js'
import { Contact } from './contact.js'
import { Draft } from './draft.js'
import { Ending } from './ending.js'
import { Messages } from './messages.js'
import { keepUnsent } from './unsent.js'
import { words } from './words.js'
import './consultation.css'

interface Props {
  switchboard: Switchboard
  /** From the desk's or the client's own topic. */
  session: Session
  /** Who we are. */
  side: Side
  /** The other's name, or their id. */
  other: string
  /** For an employee: what the client wrote with the booking. */
  note?: Json
}

/** Joins the session's topic, and leaves it when it is taken off the page. */
export function Consultation(props: Props) {
  const { switchboard, session } = props
  const topic = useMemo(() => switchboard.session(session.id), [switchboard, session.id])
  useEffect(() => () => topic.leave(), [topic])
  const state = useTopic(topic)
  if (state) return <Room key={session.id} {...props} topic={topic} state={state} />
  const say = words()
  return (
    <section class="consultation is-opening" aria-busy={!topic.refusal}>
      <p class="soft">{topic.refusal ? say.noSession : say.opening}</p>
    </section>
  )
}

function Room({ session, side, other, topic, state }: Props & { topic: SessionTopic; state: SessionState }) {
  const contact = useContact(topic, side)
  const draft = useMemo(() => new Draft(session.id), [session.id])
  const isOver = state.session.ended_at !== null
  useEffect(() => keepUnsent(topic, session.id), [topic])
  useEffect(() => {
    if (isOver) draft.forget()
  }, [isOver])
  useEffect(() => contact?.reads(true), [contact])
  if (!contact) return null
  return (
    <section class="consultation" aria-label={other}>
      <Head state={state} other={other} topic={topic} contact={contact} />
      <div class="consultation-parts">
        <div class="chat">
          <Messages {...{ topic, state, contact, draft, side, other }} />
          {isOver ? <p class="chat-over soft">{words().over}</p> : <Composer {...{ topic, draft, contact, other }} />}
        </div>
      </div>
    </section>
  )
}

function Head({ state, other, topic, contact }: {
  state: SessionState
  other: string
  topic: SessionTopic
  contact: Contact
}) {
  const say = words()
  const { session, peer } = state
  const isOver = session.ended_at !== null
  const isThere = peer.online && !isOver
  return (
    <header class="consultation-head">
      <div class="who">
        <h2>
          <bdi>{other}</bdi>
        </h2>
        <p class="soft small" role="status">
          {contact.typing.value && !isOver ? (
            <span class="typing">{say.typing(other)}</span>
          ) : (
            <span class={isThere ? 'presence is-there' : 'presence'}>{isOver ? say.over : isThere ? say.here : say.away}</span>
          )}
        </p>
      </div>
      <p class="about soft small">
        <bdi>{session.topic}</bdi>
        {!isOver && <Running since={session.started_at} />}
      </p>
      {!isOver && <Ending topic={topic} />}
    </header>
  )
}

function Running({ since }: { since: string }) {
  useNow(1000)
  return (
    <span class="figure" title={words().since}>
      {running(Date.now() - Date.parse(since))}
    </span>
  )
}

/** Made after the page is drawn, as it tells the other side at once that this page is there. */
function useContact(topic: SessionTopic, side: Side): Contact | undefined {
  const [contact, setContact] = useState<Contact>()
  useEffect(() => {
    const made = new Contact(topic, side)
    setContact(made)
    return () => made.close()
  }, [topic, side])
  return contact
}
