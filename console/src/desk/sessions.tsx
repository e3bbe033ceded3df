// Several sessions side by side: a tab for each with what is unread, and one of them in view.
import { useEffect, useRef, useState } from 'preact/hooks'
import type { Session, Switchboard } from 'switchboard-client'
import { useTopic } from '../look/live.js'
import { clientOf, topicOf } from '../look/names.js'
import { Consultation } from '../session/consultation.js'
import { useSession } from '../session/held.js'
import { number } from '../words/writing.js'
import { words } from './words.js'

/** The sessions that run, the latest first. All stay open, so that no call ends because another session is in view. */
export function Sessions({ sessions, switchboard }: { sessions: readonly Session[]; switchboard: Switchboard }) {
  const say = words()
  const { current, turnTo } = useCurrent(sessions)
  const isOne = sessions.length === 1
  return (
    <>
      {!isOne && (
        <div class="tabs" role="tablist" aria-label={say.sessions}>
          {[...sessions].reverse().map((session) => (
            <Tab key={session.id} {...{ session, switchboard }} isChosen={session.id === current} choose={() => turnTo(session.id)} />
          ))}
        </div>
      )}
      {sessions.map((session) => (
        <div
          key={session.id}
          class="tab-shown"
          hidden={session.id !== current}
          {...(!isOne && { id: `session-${session.id}`, role: 'tabpanel', 'aria-labelledby': `tab-${session.id}` })}
        >
          <Consultation {...{ switchboard, session }} side="employee" other={clientOf(session)} />
        </div>
      ))}
    </>
  )
}

/** The session in view: the one that was chosen, or the latest, which comes into view when it begins. */
function useCurrent(sessions: readonly Session[]) {
  const latest = sessions[0]?.id
  const [chosen, turnTo] = useState(latest)
  const before = useRef<readonly string[]>(sessions.map(({ id }) => id))
  useEffect(() => {
    if (latest !== undefined && !before.current.includes(latest)) turnTo(latest)
    before.current = sessions.map(({ id }) => id)
  }, [sessions])
  return { current: sessions.some(({ id }) => id === chosen) ? chosen : latest, turnTo }
}

function Tab({ session, switchboard, isChosen, choose }: {
  session: Session
  switchboard: Switchboard
  isChosen: boolean
  choose: () => void
}) {
  const unread = useUnread(switchboard, session, isChosen)
  return (
    <button
      type="button" role="tab" class="tab" id={`tab-${session.id}`} aria-selected={isChosen}
      aria-controls={`session-${session.id}`} onClick={choose}
    >
      <span class="tab-of">
        <bdi>{clientOf(session)}</bdi>
        <bdi class="soft small">{topicOf(session)}</bdi>
      </span>
      {unread > 0 && (
        <span class="parts-unread" aria-label={words().unread(number(unread))}>
          {number(unread)}
        </span>
      )}
    </button>
  )
}

/** Number of the client's messages that came while another session was in view. */
function useUnread(switchboard: Switchboard, session: Session, isShown: boolean): number {
  const messages = useTopic(useSession(switchboard, session.id))?.messages
  const read = useRef<number | undefined>(undefined)
  // Messages from before this tab count as read.
  if (messages && (isShown || read.current === undefined)) read.current = messages.length
  return (messages ?? []).slice(read.current ?? 0).filter(({ from }) => from === 'client').length
}
