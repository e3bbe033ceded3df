// A booking's story: the client, the employees asked in turn and why, and the end, with the possible actions.
import { useEffect, useState } from 'preact/hooks'
import { ErrorLine, sentenceOf } from '../look/doing.js'
import { clientOf, topicOf } from '../look/names.js'
import { Said } from '../session/wish.js'
import { clock, dayAndClock, lasting } from '../words/writing.js'
import { CancelBooking, EndSession } from './closing.js'
import { Dialog } from './dialog.js'
import { nameOf, useHouse } from './house.js'
import type { PastBooking, Timeline } from './past.js'
import { Since } from './since.js'
import { outcomeWords, sentenceFor, passedOverFor } from './telling.js'
import { words } from './words.js'
import './story.css'

interface Story {
  readonly booking: PastBooking
  readonly timeline: Timeline
}

/** The story of a booking, updated when something happens to the booking. */
export function StoryDialog({ booking: id, close }: { booking: string; close: () => void }) {
  const say = words()
  const { story, error } = useStory(id)
  return (
    <Dialog title={story ? topicOf(story.booking) : say.booking} name="story" close={close}>
      {() => (
        <div class="stack">
          <ErrorLine text={error} />
          {!story && !error && <p class="soft">{say.loading}</p>}
          {story && <Head booking={story.booking} />}
          {story && <Offers booking={story.booking} />}
          {story && <Steps {...story} />}
        </div>
      )}
    </Dialog>
  )
}

/** Reads the story again after each change of the booking; the former story stays until then. */
function useStory(id: string) {
  const { api } = useHouse()
  const version = useHappenings(id)
  const [story, tell] = useState<Story>()
  const [error, fail] = useState('')
  useEffect(() => {
    let isOver = false
    const read = async () => {
      const path = `/bookings/${encodeURIComponent(id)}`
      const booking = await api.get<PastBooking>(path)
      const timeline = await api.get<Timeline>(`${path}/timeline`)
      if (isOver) return
      tell({ booking, timeline })
      fail('')
    }
    read().catch((caught: unknown) => !isOver && fail(sentenceOf(caught)))
    return () => {
      isOver = true
    }
  }, [api, id, version])
  return { story, error }
}

/** Counts events of the booking; each return of the connection counts too, because events may have been missed. */
function useHappenings(id: string): string {
  const { board } = useHouse()
  const [count, happen] = useState(0)
  useEffect(() => {
    const one = () => happen((before) => before + 1)
    const stops = [
      board.on('booking', ({ booking }) => booking.id === id && one()),
      board.on('session', ({ session }) => session.booking_id === id && one()),
    ]
    return () => stops.forEach((stop) => stop())
  }, [board, id])
  return `${count} ${board.live}`
}

function Head({ booking }: { booking: PastBooking }) {
  const say = words()
  const house = useHouse()
  const { session, employee } = booking
  const runs = session !== null && session.ended_at === null
  return (
    <div class="stack">
      <dl class="facts">
        <Fact name={say.client} value={clientOf(booking)} beside={booking.client_name === null ? '' : booking.client_id} />
        {employee && <Fact name={say.employee} value={employee.name} />}
        <Fact name={say.booked} value={dayAndClock(booking.created_at)} />
        <div>
          <dt>{say.state}</dt>
          <dd>
            {say.states[booking.state]} {runs && session && <Since moment={session.started_at} />}
          </dd>
        </div>
        {booking.note !== null && (
          <div class="wide">
            <dt>{say.note}</dt>
            <dd>
              <Said value={booking.note} depth={0} />
            </dd>
          </div>
        )}
      </dl>
      {house.mayOperate && booking.state === 'offering' && <CancelBooking booking={booking} />}
      {house.mayOperate && runs && session && <EndSession session={session} />}
    </div>
  )
}

function Fact({ name, value, beside = '' }: { name: string; value: string; beside?: string }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd dir="auto">{value}</dd>
      {beside && <dd class="small soft beside">{beside}</dd>}
    </div>
  )
}

function Offers({ booking: { offers } }: { booking: PastBooking }) {
  const say = words()
  const house = useHouse()
  if (offers.length === 0) return null
  return (
    <section class="stack">
      <h3>{say.askedInTurn}</h3>
      <ol class="offers">
        {offers.map(({ id, employee_id, made_at, closed_at, outcome }) => (
          <li key={id} class={`offer toned ${outcome === 'accepted' ? 'is-idle' : outcome === null ? 'is-init' : ''}`}>
            <b class="line">{nameOf(house, employee_id)}</b>
            <span>{outcome === null ? say.isAsked : outcomeWords()[outcome]}</span>
            <span class="soft figure">{closed_at && lasting(Date.parse(closed_at) - Date.parse(made_at))}</span>
          </li>
        ))}
      </ol>
    </section>
  )
}

function Steps({ timeline, booking }: Story) {
  const house = useHouse()
  return (
    <section class="stack">
      <h3>{words().howItWent}</h3>
      <ol class="steps">
        {timeline.steps.map((step, at) => {
          const passedOver = passedOverFor(step, (id) => nameOf(house, id))
          return (
            <li key={at} class={`step of-${step.what}`}>
              <time dateTime={step.at}>{clock(step.at, 'second')}</time>
              <div>
                <p>{sentenceFor(step, clientOf(booking), (id) => nameOf(house, id))}</p>
                {passedOver.length > 0 && <PassedOver lines={passedOver} />}
              </div>
            </li>
          )
        })}
      </ol>
    </section>
  )
}

/** A few lines are shown at once; more are folded. */
function PassedOver({ lines }: { lines: readonly string[] }) {
  const say = words()
  const items = lines.map((line) => <li key={line}>{line}</li>)
  if (lines.length <= 3) return <ul class="passed small soft">{items}</ul>
  return (
    <details class="small soft">
      <summary>{say.passedOver(lines.length)}</summary>
      <ul class="passed">{items}</ul>
    </details>
  )
}
