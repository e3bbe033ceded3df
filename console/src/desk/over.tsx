// What is left of a session that has just ended: why it ended, and the notes, which are often finished now.
import { useEffect } from 'preact/hooks'
import type { Session, Switchboard } from 'switchboard-client'
import { useTopic } from '../look/live.js'
import { announce } from '../look/page.js'
import { useSession } from '../session/held.js'
import { LeftOver } from '../session/left-over.js'
import { Notes } from '../session/notes.js'
import { words } from './words.js'

/** The ended session, until the employee puts it away. */
export function Over({ session, switchboard, onDone }: { session: Session; switchboard: Switchboard; onDone: () => void }) {
  const say = words()
  const topic = useSession(switchboard, session.id)
  // The desk's own topic may not have told yet how it ended; the session's has.
  const ended = useTopic(topic)?.session ?? session
  useEffect(() => announce(say.over(session.client_id)), [session.id])
  return (
    <section class="over card stack" aria-labelledby="over">
      <div>
        <h2 id="over">{say.over(session.client_id)}</h2>
        <p class="soft">
          {ended.ended_by && say.endedBy[ended.ended_by]} {ended.reason && say.reason(ended.reason)}
        </p>
      </div>
      <LeftOver key={session.id} session={session.id} />
      {topic.state && <Notes topic={topic} />}
      <button type="button" class="act" onClick={onDone}>
        {say.done}
      </button>
    </section>
  )
}
