// A former session, opened again: its messages and notes.
import { useEffect, useRef } from 'preact/hooks'
import type { Session, Switchboard } from 'switchboard-client'
import { useTopic } from '../look/live.js'
import { clientOf, topicOf } from '../look/names.js'
import { useSession } from '../session/held.js'
import { Linked } from '../session/links.js'
import { Notes } from '../session/notes.js'
import { Wish } from '../session/wish.js'
import { clock, dayAndClock } from '../words/writing.js'
import { words } from './words.js'

/** The session in a dialog. */
export function Past({ session, switchboard, onClose }: { session: Session; switchboard: Switchboard; onClose: () => void }) {
  const say = words()
  const topic = useSession(switchboard, session.id)
  const dialog = useRef<HTMLDialogElement>(null)
  useEffect(() => dialog.current?.showModal(), [])
  const state = useTopic(topic)
  return (
    <dialog ref={dialog} class="past" aria-labelledby="past" onClose={onClose}>
      <div class="stack">
        <div>
          <h2 id="past">{say.session(topicOf(session), clientOf(session))}</h2>
          <p class="soft small">{dayAndClock(session.started_at)}</p>
        </div>
        {topic.refusal && <p>{say.forgotten}</p>}
        {state && (
          <>
            <h3>{say.past}</h3>
            {state.note !== null && <Wish note={state.note} of={clientOf(session)} />}
            {state.cut && <p class="soft small">{say.cut}</p>}
            {state.messages.length === 0 && <p class="soft">{say.nobodyWrote}</p>}
            <ol class="stack written">
              {state.messages.map(({ id, from, body, at }) => (
                <li key={id}>
                  <p class="soft small">
                    {from === 'employee' ? say.you : clientOf(session)}, <time dateTime={at}>{clock(at)}</time>
                  </p>
                  <p dir="auto">
                    <Linked text={body} />
                  </p>
                </li>
              ))}
            </ol>
            <Notes topic={topic} />
          </>
        )}
        <form method="dialog" class="in-sight">
          <button class="act">{say.back}</button>
        </form>
      </div>
    </dialog>
  )
}
