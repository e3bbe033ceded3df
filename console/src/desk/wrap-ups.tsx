// The wrap-ups after sessions: the time left, its end now or later, and the words for how a session went.
import { useEffect, useRef, useState } from 'preact/hooks'
import type { EmployeeState, EmployeeTopic, HeardWrapUp, Session } from 'switchboard-client'
import { ErrorLine, useDoing, WorkButton } from '../look/doing.js'
import { useNow } from '../look/live.js'
import { clientOf, topicOf } from '../look/names.js'
import { TimeLeft } from './pause.js'
import { words } from './words.js'

const MORE_MS = 120_000
/** The answer to the server takes time, so that the very last second of a wrap-up cannot be asked for. */
const MARGIN_MS = 1_000
/** Extended by less, "2 minutes more" would be wrong. */
const MORE_AT_LEAST_MS = 110_000

/** All wrap-ups that go on, each with its session's client where this device knows it. */
export function WrapUps({ state, topic }: { state: EmployeeState; topic: EmployeeTopic }) {
  const known = useKnownSessions(state, topic)
  return (
    <>
      {state.wrap_ups.map((one) => (
        <WrapUp key={one.session_id} wrapUp={one} session={known.get(one.session_id)} codes={state.codes} topic={topic} />
      ))}
    </>
  )
}

function WrapUp({ wrapUp, session, codes, topic }: {
  wrapUp: HeardWrapUp
  session: Session | undefined
  codes: readonly string[]
  topic: EmployeeTopic
}) {
  const say = words()
  const { session_id: id, ends_at, max_ends_at } = wrapUp
  const { busy, error, run } = useDoing()
  const [chosen, choose] = useState<string>()
  const now = useNow(1000)
  const more = max_ends_at === null ? 0 : Math.min(MORE_MS, max_ends_at - ends_at - MARGIN_MS)
  const code = session?.code ?? chosen
  const give = (one: string) => run(() => topic.code(id, one).then(() => choose(one)))
  // While another session runs, no event says that the time is over.
  if (now > ends_at) return null
  return (
    <section class="wrap-up card" aria-labelledby={`wrap-up-${id}`}>
      <div class="row wrap">
        <h2 class="grow" id={`wrap-up-${id}`}>
          {say.wrapUp} <TimeLeft endsAt={ends_at} />
          {session && <span class="soft small of">{say.session(topicOf(session), clientOf(session))}</span>}
        </h2>
        {more >= MORE_AT_LEAST_MS && (
          <WorkButton busy={busy} onClick={() => run(() => topic.extend(id, Math.round(ends_at - now + more)))}>
            {say.moreTime}
          </WorkButton>
        )}
        <WorkButton class="act" busy={busy} onClick={() => run(() => topic.finish(id))}>
          {say.readyNow}
        </WorkButton>
      </div>
      {codes.length > 0 && (
        <div class="choices" role="group" aria-label={say.howItWent}>
          {codes.map((one) => (
            <button key={one} type="button" class="code" aria-pressed={one === code} onClick={() => give(one)}>
              <bdi>{one}</bdi>
            </button>
          ))}
        </div>
      )}
      <ErrorLine text={error} />
    </section>
  )
}

/** The sessions that this device has heard of, with their ends and codes. */
function useKnownSessions({ sessions }: EmployeeState, topic: EmployeeTopic): ReadonlyMap<string, Session> {
  const known = useRef(new Map<string, Session>())
  for (const session of sessions) if (!known.current.has(session.id)) known.current.set(session.id, session)
  const [, again] = useState(0)
  useEffect(
    () =>
      topic.on('session', ({ session }) => {
        known.current.set(session.id, session)
        again((turn) => turn + 1)
      }),
    [topic],
  )
  return known.current
}
