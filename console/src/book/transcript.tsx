// The transcript of a session that is over, for the client to read, copy or print.
import { useState } from 'preact/hooks'
import type { Message, Session, Switchboard } from 'switchboard-client'
import { useDoing, WorkButton } from '../look/doing.js'
import { useTopic } from '../look/live.js'
import { useSession } from '../session/held.js'
import { Linked } from '../session/links.js'
import { clock, dayAndClock } from '../words/writing.js'
import { words } from './words.js'

interface Line {
  readonly id: string
  readonly isOwn: boolean
  readonly body: string
  readonly at: string
}

/** The messages of a session, as far as they can be read. */
export interface Said {
  /** `asking` until the server has answered, `forgotten` when the server no longer has the messages. */
  readonly is: 'asking' | 'there' | 'forgotten'
  readonly lines: readonly Line[]
  readonly other: string
}

/** Reads the question that led to the session, and the session's messages. */
export function useSaid(switchboard: Switchboard, session: Session, other: string, question: string, asked: string): Said {
  const topic = useSession(switchboard, session.id)
  const state = useTopic(topic)
  const is = topic.refusal ? 'forgotten' : state ? 'there' : 'asking'
  return { is, lines: linesOf(question, asked, state?.messages ?? []), other }
}

/** The transcript; nothing if nothing was written. */
export function Transcript({ said: { is, lines, other } }: { said: Said }) {
  const say = words()
  if (is === 'asking') return <p class="soft" role="status">{say.readingChat}</p>
  if (lines.length === 0) return null
  return (
    <section class="transcript" aria-labelledby="transcript">
      <h3 id="transcript">{say.chat}</h3>
      {is === 'forgotten' && <p class="soft small">{say.chatForgotten}</p>}
      <ol class="transcript-lines" role="list">
        {lines.map(({ id, isOwn, body, at }) => (
          <li key={id} class={isOwn ? 'group is-own' : 'group'}>
            <div class="message">
              <div class="bubble">
                <p dir="auto">
                  <Linked text={body} />
                </p>
              </div>
            </div>
            <p class="message-foot soft small">
              <bdi>{isOwn ? say.you : other}</bdi>
              <time dateTime={at}>{clock(at)}</time>
            </p>
          </li>
        ))}
      </ol>
    </section>
  )
}

/** The ways to keep the transcript: in the clipboard, or on paper. */
export function Keeping({ said: { lines, other }, session, title }: { said: Said; session: Session; title: string }) {
  const say = words()
  const { busy, error, run } = useDoing()
  const [copied, copy] = useState('')
  const text = textOf(lines, title, session, other)
  if (lines.length === 0) return null
  return (
    <>
      <WorkButton busy={busy} onClick={() => run(() => navigator.clipboard.writeText(text).then(() => copy(text)))}>
        {copied === text ? say.copied : say.copy}
      </WorkButton>
      <button type="button" onClick={() => window.print()}>
        {say.print}
      </button>
      {error && (
        <p class="error" role="alert">
          {say.copyFailed}
        </p>
      )}
    </>
  )
}

function linesOf(question: string, asked: string, messages: readonly Message[]): readonly Line[] {
  const first = question ? [{ id: 'question', isOwn: true, body: question, at: asked }] : []
  return [...first, ...messages.map(({ id, from, body, at }) => ({ id, isOwn: from === 'client', body, at }))]
}

function textOf(lines: readonly Line[], title: string, session: Session, other: string): string {
  const say = words()
  const head = `${title}\n${dayAndClock(session.started_at)}`
  return [head, ...lines.map(({ isOwn, body, at }) => `${clock(at)} ${isOwn ? say.you : other}: ${body}`)].join('\n\n')
}
