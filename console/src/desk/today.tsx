// The day at this desk: figures, and the sessions, each of which can be opened again.
import { useEffect, useRef, useState } from 'preact/hooks'
import type { Session, Switchboard } from 'switchboard-client'
import type { Api } from '../person/api.js'
import { clientOf, topicOf } from '../look/names.js'
import { clock, number, running, worked } from '../words/writing.js'
import { Past } from './past.js'
import { words } from './words.js'

const SESSIONS_SHOWN = 50

interface Day {
  /** Number of sessions; only the newest of these are listed. */
  readonly count: number
  readonly sessions: readonly Session[]
  readonly talkedMs: number
  readonly declined: number
  readonly missed: number
}

/** The day so far, read again whenever `changed` has changed. */
export function Today({ api, employee, switchboard, changed }: {
  api: Api
  employee: string
  switchboard: Switchboard
  changed: string
}) {
  const say = words()
  const day = useDay(api, employee, changed)
  const [opened, setOpened] = useState<Session>()
  if (!day) return null
  const figures = [
    [say.todayFigures.sessions, number(day.count)],
    [say.todayFigures.talked, worked(day.talkedMs)],
    [say.todayFigures.declined, number(day.declined)],
    [say.todayFigures.missed, number(day.missed)],
  ]
  return (
    <section class="today stack" aria-labelledby="today">
      <h2 id="today">{say.today}</h2>
      <dl class="figures">
        {figures.map(([name, value]) => (
          <div key={name}>
            <dt class="soft small">{name}</dt>
            <dd class="figure display">{value}</dd>
          </div>
        ))}
      </dl>
      {day.sessions.length === 0 && <p class="soft">{say.nothingToday}</p>}
      <ol class="sessions">
        {day.sessions.map((session) => (
          <li key={session.id}>
            <button type="button" class="plain" onClick={() => setOpened(session)}>
              <time dateTime={session.started_at}>{clock(session.started_at)}</time>
              <span class="grow">{say.session(topicOf(session), clientOf(session))}</span>
              <span class="soft figure">{running(lengthOf(session))}</span>
            </button>
          </li>
        ))}
      </ol>
      {day.count > day.sessions.length && <p class="soft small">{say.newestOnly(number(day.sessions.length))}</p>}
      {opened && <Past session={opened} switchboard={switchboard} onClose={() => setOpened(undefined)} />}
    </section>
  )
}

function useDay(api: Api, employee: string, changed: string): Day | undefined {
  const [day, setDay] = useState<Day>()
  const asked = useRef(0)
  useEffect(() => {
    const turn = ++asked.current
    read(api, employee).then(
      (fresh) => turn === asked.current && setDay(fresh),
      // The former figures stay; the next change requests them again.
      () => {},
    )
  }, [api, employee, changed])
  return day
}

interface Counted {
  readonly sessions: {
    readonly started: number
    readonly running: number
    readonly length: { readonly count: number; readonly mean_ms: number | null }
  }
  readonly offers: {
    readonly rejected: number
    readonly timed_out: number
    readonly undelivered: number
    readonly booking_expired: number
  }
}

async function read(api: Api, employee: string): Promise<Day> {
  const midnight = new Date()
  midnight.setHours(0, 0, 0, 0)
  const from = midnight.toISOString()
  const [{ items }, { offers, sessions }] = await Promise.all([
    api.get<{ items: readonly Session[] }>('/sessions', { employee, from, state: 'ended', limit: SESSIONS_SHOWN }),
    api.get<Counted>(`/employees/${encodeURIComponent(employee)}/statistics`, { from }),
  ])
  return {
    count: Math.max(items.length, sessions.started - sessions.running),
    sessions: items,
    talkedMs: talkedMs(items, sessions.length),
    declined: offers.rejected,
    missed: offers.timed_out + offers.undelivered + offers.booking_expired,
  }
}

function lengthOf({ started_at, ended_at }: Session): number {
  return (ended_at === null ? Date.now() : Date.parse(ended_at)) - Date.parse(started_at)
}

/** The time of all sessions, although the list has only the newest. */
function talkedMs(items: readonly Session[], { count, mean_ms }: Counted['sessions']['length']): number {
  const listed = items.reduce((sum, session) => sum + lengthOf(session), 0)
  return items.length < SESSIONS_SHOWN ? listed : Math.max(listed, count * (mean_ms ?? 0))
}
