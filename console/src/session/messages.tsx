// The messages of a session, grouped by author, with the delivery of one's own.
import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks'
import type { Json, Message, Outgoing, SessionState, SessionTopic, Side } from 'switchboard-client'
import { beckon } from '../look/attention.js'
import { sentenceOf } from '../look/doing.js'
import { Icon } from '../look/icon.js'
import { announce } from '../look/page.js'
import { clock, day } from '../words/writing.js'
import type { Contact } from './contact.js'
import type { Draft } from './draft.js'
import { Linked } from './links.js'
import { deliveryOf, type Delivery } from './marks.js'
import { Wish } from './wish.js'
import { words } from './words.js'

/** A message that comes so long after the last one begins a new group. */
const GROUP_LASTS_MS = 180_000
/** A reader this close to the end counts as being at the end. */
const AT_END_PX = 48

interface Props {
  topic: SessionTopic
  state: SessionState
  contact: Contact
  draft: Draft
  side: Side
  other: string
}

/** The list, which stays at its end unless the reader has scrolled up. */
export function Messages({ topic, state, contact, draft, side, other }: Props) {
  const say = words()
  const { messages, outgoing, note } = state
  const { list, behind, toEnd, isAtEnd } = useEnd(messages.length + outgoing.length, messages.at(-1)?.from === side)
  useTold(state, side, other)
  useRead(list, isAtEnd, contact)
  return (
    <div class="messages">
      {/* New messages are announced by `announce`, once; a live list would announce history and marks too. */}
      <div class="messages-list" ref={list} role="log" aria-live="off" aria-label={say.messages} tabIndex={0}>
        {messages.length + outgoing.length === 0 && note === null && <p class="messages-empty soft">{say.empty(other)}</p>}
        <ol>
          {note !== null && <Question {...{ note, side, other }} />}
          {state.cut && <li class="messages-day soft small">{say.cut}</li>}
          {groupsOf(messages).map((group) => (
            <Group key={group.messages[0]?.id} group={group} {...{ state, contact, side, other }} />
          ))}
          {outgoing.map((waiting) => (
            <Waiting key={waiting.key} {...{ waiting, topic, draft }} isOver={state.session.ended_at !== null} />
          ))}
        </ol>
      </div>
      {behind && (
        <button type="button" class="messages-unread act" onClick={toEnd}>
          {say.unread}
        </button>
      )}
    </div>
  )
}

/** The client's question comes first, for both sides. */
function Question({ note, side, other }: { note: Json; side: Side; other: string }) {
  return (
    <li class={side === 'client' ? 'group is-own' : 'group'}>
      <div class="message">
        <div class="bubble question">
          <Wish note={note} of={other} title={side === 'client' ? words().wishOwn : undefined} />
        </div>
      </div>
    </li>
  )
}

interface Grouped {
  readonly from: Side
  /** Index of the group's first message. */
  readonly place: number
  /** The day, if it differs from the day of the message before. */
  readonly day: string | undefined
  readonly messages: Message[]
}

function groupsOf(messages: readonly Message[]): Grouped[] {
  const groups: Grouped[] = []
  const today = day(Date.now())
  messages.forEach((message, place) => {
    const before = messages[place - 1]
    const isNewDay = day(message.at) !== (before ? day(before.at) : today)
    const isNear = before?.from === message.from && Date.parse(message.at) - Date.parse(before.at) < GROUP_LASTS_MS
    if (isNear && !isNewDay) groups.at(-1)?.messages.push(message)
    else groups.push({ from: message.from, place, day: isNewDay ? day(message.at) : undefined, messages: [message] })
  })
  return groups
}

function Group({ group, state, contact, side, other }: { group: Grouped } & Omit<Props, 'topic' | 'draft'>) {
  const isOwn = group.from === side
  const last = group.messages.at(-1)
  const end = group.place + group.messages.length - 1
  // Where the marks of two neighbours differ, each shows its own; otherwise the group's last one stands for all.
  const heard = contact.heard.value
  const at = (place: number) => deliveryOf(place, heard, state.messages)
  return (
    <li class={isOwn ? 'group is-own' : 'group'}>
      {group.day && <p class="messages-day soft small">{group.day}</p>}
      {group.messages.map((message, index) => {
        const place = group.place + index
        const differs = isOwn && place < end && at(place) !== at(place + 1)
        return (
          <div class="message" key={message.id}>
            <div class="bubble">
              <p dir="auto">
                <Linked text={message.body} />
              </p>
            </div>
            {differs && <Foot at={message.at} delivery={at(place)} />}
          </div>
        )
      })}
      {last && <Foot at={last.at} name={isOwn ? undefined : other} delivery={isOwn ? at(end) : undefined} />}
    </li>
  )
}

function Foot({ at, name, delivery }: { at: string; name?: string | undefined; delivery: Delivery | undefined }) {
  return (
    <p class="message-foot soft small">
      {name && <bdi>{name}</bdi>}
      <time dateTime={at}>{clock(at)}</time>
      {delivery && (
        <span class={`mark is-${delivery}`}>
          <Icon name={delivery === 'sent' ? 'sent' : 'delivered'} />
          {words().delivery[delivery]}
        </span>
      )}
    </p>
  )
}

function Waiting({ waiting: { key, body, refusal }, topic, draft, isOver }: {
  waiting: Outgoing
  topic: SessionTopic
  draft: Draft
  isOver: boolean
}) {
  const say = words()
  const takeBack = () => {
    topic.discard(key)
    draft.putBack(body)
  }
  return (
    <li class="group is-own">
      <div class="message">
        <div class={refusal ? 'bubble is-refused' : 'bubble is-waiting'}>
          <p dir="auto">{body}</p>
        </div>
      </div>
      {refusal ? (
        <div class="message-refused" role="alert">
          <p class="small">
            <Icon name="failed" />
            {refusal.reason === 'invalid' ? say.refusedTooLong : `${say.refused} ${sentenceOf(refusal)}`}
          </p>
          {!isOver && (
            <>
              <button type="button" class="plain small" onClick={() => topic.resend(key)}>
                {say.again}
              </button>
              <button type="button" class="plain small" onClick={takeBack}>
                {say.takeBack}
              </button>
            </>
          )}
        </div>
      ) : (
        <p class="message-foot soft small">
          <span class="mark">
            <Icon name="waiting" />
            {say.delivery.waiting}
          </span>
        </p>
      )}
    </li>
  )
}

/** Keeps a list at its end. `behind` means that messages came while the reader was elsewhere in the list. */
function useEnd(count: number, isOwn: boolean) {
  const list = useRef<HTMLDivElement>(null)
  const atEnd = useRef(true)
  const [isAtEnd, setAtEnd] = useState(true)
  const [behind, setBehind] = useState(false)
  const toEnd = () => {
    if (list.current) list.current.scrollTop = list.current.scrollHeight
    atEnd.current = true
    setAtEnd(true)
    setBehind(false)
  }
  useEffect(() => {
    const element = list.current
    if (!element) return
    const look = () => {
      atEnd.current = element.scrollHeight - element.scrollTop - element.clientHeight < AT_END_PX
      setAtEnd(atEnd.current)
      if (atEnd.current) setBehind(false)
    }
    // A keyboard or a call takes room away from the list, and its end stays in sight.
    const resized = new ResizeObserver(() => atEnd.current && toEnd())
    element.addEventListener('scroll', look, { passive: true })
    resized.observe(element)
    return () => {
      element.removeEventListener('scroll', look)
      resized.disconnect()
    }
  }, [])
  const before = useRef(count)
  useLayoutEffect(() => {
    const grew = count > before.current
    before.current = count
    if (atEnd.current || (grew && isOwn)) toEnd()
    else if (grew) setBehind(true)
  }, [count])
  return { list, behind, toEnd, isAtEnd }
}

/** Tells the peer that messages are seen, unless they are below the visible part or on a hidden part of the page. */
function useRead(list: { readonly current: HTMLElement | null }, isAtEnd: boolean, contact: Contact): void {
  const [isShown, setShown] = useState(false)
  useEffect(() => {
    if (!list.current) return undefined
    const watch = new IntersectionObserver((entries) => setShown(entries.at(-1)?.isIntersecting === true))
    watch.observe(list.current)
    return () => watch.disconnect()
  }, [])
  useEffect(() => contact.reads(isShown && isAtEnd), [isShown, isAtEnd])
}

/** Announces each new message of the peer once, also to a person who looks elsewhere. */
function useTold({ messages, session }: SessionState, side: Side, other: string): void {
  const told = useRef(messages.at(-1)?.id)
  useEffect(() => {
    const from = messages.findLastIndex(({ id }) => id === told.current) + 1
    const fresh = messages.slice(from).filter((message) => message.from !== side)
    told.current = messages.at(-1)?.id
    const last = fresh.at(-1)
    if (!last) return
    const say = words()
    announce(fresh.map(({ body }) => say.said(other, body)).join('\n'))
    beckon({ tag: `messages ${session.id}`, mark: say.wrote(other), title: say.wrote(other), body: last.body })
  }, [messages])
}
