// A session, the same for both sides: the peer's presence, the chat, and the column beside it.
import type { ComponentChildren } from 'preact'
import { useEffect, useMemo, useRef, useState } from 'preact/hooks'
import type { Session, SessionState, SessionTopic, Side, Switchboard } from 'switchboard-client'
import { useLasting, useTopic } from '../look/live.js'
import { topicOf } from '../look/names.js'
import { announce } from '../look/page.js'
import { number, running } from '../words/writing.js'
import { CallButtons, CallStage } from './call-stage.js'
import { Composer, isTouched } from './composer.js'
import { Contact } from './contact.js'
import { Draft } from './draft.js'
import { Ending } from './ending.js'
import { useSession } from './held.js'
import { Messages } from './messages.js'
import { Notes } from './notes.js'
import { Telephone } from './telephone.js'
import { keepUnsent, setAside } from './unsent.js'
import { Wish } from './wish.js'
import { words } from './words.js'
import './consultation.css'

export { Notes }

interface Props {
  switchboard: Switchboard
  /** From the desk's or the client's own topic. */
  session: Session
  /** The side of this person. */
  side: Side
  /** The peer's name, or their id. */
  other: string
}

/** The session, once its topic is joined. */
export function Consultation(props: Props) {
  return <Joined key={props.session.id} {...props} />
}

function Joined(props: Props) {
  const { switchboard, session, side } = props
  const topic = useSession(switchboard, session.id)
  const state = useTopic(topic)
  const lines = useLines(topic, side, session.id, state !== undefined)
  if (state && lines) return <Room {...props} {...lines} topic={topic} state={state} />
  const say = words()
  return (
    <section class="consultation is-opening" aria-busy={!topic.refusal}>
      <p class="soft">{topic.refusal ? say.noSession : say.opening}</p>
    </section>
  )
}

interface Lines {
  readonly contact: Contact
  readonly telephone: Telephone
}

/** Makes the lines once the topic is joined, because they tell the peer at once that this page is present. */
function useLines(topic: SessionTopic, side: Side, session: string, isOpen: boolean): Lines | undefined {
  const [lines, setLines] = useState<Lines>()
  useEffect(() => {
    if (!isOpen) return undefined
    // The telephone comes first, because it must hear the answers to this page's hello.
    const telephone = new Telephone(topic, side, session)
    const contact = new Contact(topic, side)
    setLines({ telephone, contact })
    return () => {
      telephone.close()
      contact.close()
    }
  }, [isOpen])
  return lines
}

interface RoomProps extends Props, Lines {
  topic: SessionTopic
  state: SessionState
}

function Room({ session, side, other, topic, state, contact, telephone }: RoomProps) {
  const draft = useMemo(() => new Draft(session.id), [])
  const [shown, show] = useState<Part>('chat')
  const isOver = state.session.ended_at !== null
  const place = useArrival(other)
  useEffect(() => keepUnsent(topic, session.id), [])
  useEffect(() => {
    if (!isOver) return
    setAside(session.id)
    telephone.close()
  }, [isOver])
  const hasNotes = side === 'employee'
  const unread = useUnread(state, side, shown === 'chat')
  return (
    <section class="consultation arrives" aria-label={other} ref={place} tabIndex={-1}>
      <Head {...{ state, side, other, topic, contact, telephone }} parts={hasNotes && <Parts {...{ shown, show, unread }} />} />
      <div class="consultation-parts" data-shown={shown}>
        <CallStage telephone={telephone} other={other} />
        <div class="chat">
          <Messages {...{ topic, state, contact, draft, side, other }} />
          {isOver ? <p class="chat-over soft">{words().over}</p> : <Composer {...{ topic, draft, contact, other }} />}
        </div>
        {hasNotes && (
          <aside class="beside" aria-label={words().notes}>
            {state.note !== null && <Wish note={state.note} of={other} />}
            <Notes topic={topic} />
          </aside>
        )}
      </div>
    </section>
  )
}

/** Moves the focus to the box, because the button that led here is gone; on a phone no keyboard opens by itself. */
function useArrival(other: string) {
  const place = useRef<HTMLElement>(null)
  useEffect(() => {
    announce(words().begun(other))
    if (document.activeElement !== document.body) return
    const box = isTouched() ? null : place.current?.querySelector<HTMLElement>('.composer textarea')
    const next = box ?? place.current
    next?.focus({ preventScroll: true })
  }, [])
  return place
}

/** Number of the peer's messages that came while the chat was hidden. */
function useUnread({ messages }: SessionState, side: Side, isShown: boolean): number {
  const read = useRef(messages.length)
  const before = isShown ? messages.length : read.current
  useEffect(() => {
    read.current = before
  }, [before])
  return messages.slice(before).filter(({ from }) => from !== side).length
}

type Part = 'chat' | 'notes'

/** The choice of the part that a narrow screen shows. */
function Parts({ shown, show, unread }: { shown: Part; show: (part: Part) => void; unread: number }) {
  const say = words()
  return (
    <div class="parts" role="group" aria-label={say.parts}>
      {(['chat', 'notes'] as const).map((part) => (
        <button key={part} type="button" class="plain" aria-pressed={shown === part} onClick={() => show(part)}>
          {say[part]}
          {/* Hidden, because screen readers have announced the messages themselves. */}
          {part === 'chat' && unread > 0 && (
            <span class="parts-unread" aria-hidden="true">
              {number(unread)}
            </span>
          )}
        </button>
      ))}
    </div>
  )
}

function Head({ state, side, other, topic, contact, telephone, parts }: {
  state: SessionState
  side: Side
  other: string
  topic: SessionTopic
  contact: Contact
  telephone: Telephone
  parts: ComponentChildren
}) {
  const say = words()
  const { session, peer } = state
  const isOver = session.ended_at !== null
  // While the connection is lost, the peer's presence is unknown.
  const isKnown = topic.live && !isOver
  const isThere = isKnown && peer.online
  const Title = side === 'client' ? 'h1' : 'h2'
  return (
    <header class="consultation-head">
      <div class="who">
        <Title class="name">
          <bdi>{other}</bdi>
        </Title>
        <p class="soft small">
          {contact.typing.value && isKnown ? (
            <span class="typing">{say.typing}</span>
          ) : (
            <span class={isThere ? 'presence is-there' : 'presence'}>
              {isOver ? say.over : !isKnown ? say.unknown : isThere ? say.here : say.away}
            </span>
          )}
        </p>
      </div>
      <p class="about soft small">
        <bdi>{topicOf(session)}</bdi>
        {!isOver && <Running since={session.started_at} />}
      </p>
      {parts}
      {!isOver && <CallButtons telephone={telephone} />}
      {!isOver && <Ending topic={topic} />}
    </header>
  )
}

function Running({ since }: { since: string }) {
  const lasting = useLasting(since)
  return (
    <span class="figure" title={words().since}>
      {lasting !== undefined && running(lasting)}
    </span>
  )
}
