// A session that has just ended: why it ended, the question, and the notes, which are often finished now.
import { useEffect, useRef } from 'preact/hooks'
import type { Session, Switchboard } from 'switchboard-client'
import { useTopic } from '../look/live.js'
import { clientOf } from '../look/names.js'
import { announce } from '../look/page.js'
import { useSession } from '../session/held.js'
import { LeftOver } from '../session/left-over.js'
import { Notes } from '../session/notes.js'
import { Wish } from '../session/wish.js'
import { words } from './words.js'

/** The ended session, until the employee puts it away. */
export function Over({ session, switchboard, onDone }: { session: Session; switchboard: Switchboard; onDone: () => void }) {
  const say = words()
  const topic = useSession(switchboard, session.id)
  const state = useTopic(topic)
  // The session's topic tells how the session ended, perhaps before the desk's topic does.
  const ended = state?.session ?? session
  const name = clientOf(session)
  const place = useRef<HTMLElement>(null)
  useEffect(() => {
    announce(say.over(name))
    // The button that ended the session is gone, and took the focus with it.
    if (document.activeElement === document.body) place.current?.focus({ preventScroll: true })
  }, [session.id])
  return (
    <section class="over card stack arrives" aria-labelledby="over" ref={place} tabIndex={-1}>
      <div>
        <h2 id="over">{say.over(name)}</h2>
        <p class="soft">
          {ended.ended_by && say.endedBy[ended.ended_by]} {ended.reason && say.reason(ended.reason)}
        </p>
      </div>
      {state && state.note !== null && <Wish note={state.note} of={name} />}
      <LeftOver key={session.id} session={session.id} />
      {topic.state && <Notes topic={topic} />}
      <button type="button" class="act" onClick={onDone}>
        {say.done}
      </button>
    </section>
  )
}
