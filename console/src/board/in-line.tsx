// Those who wait in a line: by topic, the longest first, each with the place, the wait and the priority.
import type { Booking, Employee } from 'switchboard-client'
import { ErrorLine, useDoing, WorkButton } from '../look/doing.js'
import { clientOf, topicOf } from '../look/names.js'
import { number } from '../words/writing.js'
import { useHouse } from './house.js'
import { useOpen } from './opened.js'
import { Since } from './since.js'
import { words } from './words.js'
import './in-line.css'

/** The priority that puts a booking before all that came within ten head starts of it. */
const NEXT = 10

/** Sorts the open bookings: those for which an employee is asked first, and then those who wait, by topic and age. */
export function inOrder(bookings: Iterable<Booking>): readonly Booking[] {
  const key = ({ waiting, topic, created_at }: Booking) => (waiting ? `1${topic}\n${waiting.since}` : `0${created_at}`)
  return [...bookings].sort((one, other) => (key(one) < key(other) ? -1 : 1))
}

/** A booking that waits, as a row with the button that makes it the next. */
export function WaitingRow({ booking, tab }: { booking: Booking; tab: number }) {
  const say = words()
  const open = useOpen()
  const { api, mayOperate } = useHouse()
  const { busy, error, run } = useDoing()
  const { waiting, priority = 0 } = booking
  const makeNext = () => run(() => api.send('PATCH', `/bookings/${booking.id}`, { priority: NEXT }))
  return (
    <div class="entry-with">
      <button type="button" class="entry" tabIndex={tab} onClick={() => open({ what: 'booking', id: booking.id })}>
        <b class="in-line-place figure" title={say.placeInLine}>
          {waiting && number(waiting.place)}
        </b>
        <span class="entry-main">
          <b class="line">{topicOf(booking)}</b>
          <span class="line small soft">{error || clientOf(booking)}</span>
        </span>
        <span class="entry-end">
          <Since moment={waiting?.since ?? booking.created_at} />
          {priority > 0 && <span class="small soft">{say.priority(number(priority))}</span>}
        </span>
      </button>
      {mayOperate && priority < NEXT && (
        <WorkButton class="plain next" tabIndex={tab} busy={busy} onClick={makeNext} aria-label={say.makeNext(clientOf(booking))}>
          {say.next}
        </WorkButton>
      )}
      <div class="unseen">
        <ErrorLine text={error} />
      </div>
    </div>
  )
}

/** For each topic with a line: how many wait, and how many of those who take the topic are free and busy. */
export function ByTopic({ bookings, employees }: { bookings: readonly Booking[]; employees: ReadonlyMap<string, Employee> }) {
  const say = words()
  const waiting = new Map<string, number>()
  for (const { topic, waiting: waits } of bookings) if (waits) waiting.set(topic, (waiting.get(topic) ?? 0) + 1)
  if (waiting.size === 0) return null
  return (
    <ul class="by-topic" role="list" aria-label={say.byTopic} tabIndex={0}>
      {[...waiting].sort(([, one], [, other]) => other - one).map(([topic, many]) => (
        <li key={topic}>
          <b class="line">{topicOf({ topic })}</b>
          <span class="small soft">{say.inTopic({ waiting: many, ...freeAndBusy(topic, employees) })}</span>
        </li>
      ))}
    </ul>
  )
}

function freeAndBusy(topic: string, employees: ReadonlyMap<string, Employee>): { free: number; busy: number } {
  let [free, busy] = [0, 0]
  for (const { topics, status } of employees.values()) {
    if (topics.length > 0 && !topics.includes(topic)) continue
    if (status === 'idle') free += 1
    else if (status !== 'offline') busy += 1
  }
  return { free, busy }
}
