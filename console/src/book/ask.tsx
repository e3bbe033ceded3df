// The form of a booking: the live availability, a topic and a question.
import { useEffect, useRef, useState } from 'preact/hooks'
import { Refusal, type Availability, type Booking, type CompanyTopic } from 'switchboard-client'
import { ErrorLine, useDoing, WorkButton } from '../look/doing.js'
import { Icon } from '../look/icon.js'
import { canAskToNotify } from '../look/attention.js'
import { number } from '../words/writing.js'
import { draftOf, keepDraft } from './kept.js'
import { questionOf } from './question.js'
import { sortedTopics, Topics } from './topics.js'
import { words } from './words.js'

/** A note has at most 4,096 bytes; four for each character, and some for the JSON around it. */
const QUESTION_MAX_CHARS = 1000
/** From this length on the remaining room is shown. */
const QUESTION_LONG_CHARS = 900

/** The form, filled from the booking `before`. A topic without an idle employee can be chosen, but not booked. */
export function Ask({ availability, topic, place, before, isLost, arrives }: {
  availability: Availability
  topic: CompanyTopic
  /** Name under which the draft is kept. */
  place: string
  before: Booking | undefined
  /** The connection is lost: a booking made now is sent when it is back. */
  isLost: boolean
  /** The client comes from another stage, so that the focus moves here. */
  arrives: boolean
}) {
  const say = words()
  const draft = useDraft(place, before)
  const offered = sortedTopics(availability)
  const wanted = offered.find(([name]) => name === draft.topic) ?? (offered.length === 1 ? offered[0] : undefined)
  const canAsk = wanted?.[1].available ?? false
  // No employee is idle, and yet a booking can be made: it joins the line.
  const waits = canAsk && wanted?.[1].idle === 0
  const { busy, error, ask } = useAsking(topic, place, availability, canAsk)
  const [missing, setMissing] = useState('')
  const form = useRef<HTMLFormElement>(null)
  useEffect(() => void (arrives && form.current?.focus({ preventScroll: true })), [])
  useEffect(() => setMissing(''), [draft.topic, draft.question, canAsk])
  const left = QUESTION_MAX_CHARS - draft.question.length
  const submit = (event: Event) => {
    event.preventDefault()
    if (!wanted || !canAsk) {
      setMissing(wanted || !availability.available ? say.nobodyFor : say.chooseTopic)
      if (!wanted) form.current?.querySelector<HTMLElement>('input[name=topic]')?.focus()
    } else if (left < 0) {
      setMissing(say.tooLong(number(-left)))
      form.current?.querySelector('textarea')?.focus()
    } else ask(wanted[0], draft.question.trim())
  }
  return (
    <form class="ask stack" onSubmit={submit} noValidate ref={form} tabIndex={-1} aria-label={say.what}>
      <Topics offered={offered} chosen={wanted?.[0]} onChoose={draft.choose} />
      <label>
        <span>
          {say.question} <span class="soft small">{say.optional}</span>
        </span>
        <textarea
          rows={3}
          dir={draft.question ? 'auto' : undefined}
          aria-describedby="question-room"
          placeholder={say.questionExample}
          value={draft.question}
          onInput={(event) => draft.write(event.currentTarget.value)}
        />
        <span class={left < 0 ? 'room small is-over' : 'room small soft'} id="question-room" role="status">
          {left < 0 ? say.tooLong(number(-left)) : left <= QUESTION_MAX_CHARS - QUESTION_LONG_CHARS ? say.room(number(left)) : ''}
        </span>
      </label>
      {!availability.available && <Nobody />}
      <div class="ask-foot">
        <ErrorLine text={missing || error} />
        {busy && isLost && <p class="small" role="status">{say.goesOutLater}</p>}
        <WorkButton type="submit" class="act" busy={busy} aria-disabled={!canAsk}>
          {busy ? say.isAsking : waits ? say.askAndWait : say.ask}
        </WorkButton>
      </div>
    </form>
  )
}

/** The draft, which survives a reload of the tab. */
function useDraft(place: string, before: Booking | undefined) {
  const [draft, set] = useState(() => draftOf(place) ?? { topic: before?.topic ?? '', question: questionOf(before?.note) })
  const change = (changed: Partial<typeof draft>) => {
    const now = { ...draft, ...changed }
    keepDraft(place, now)
    set(now)
  }
  return {
    ...draft,
    choose: (topic: string) => change({ topic }),
    write: (question: string) => change({ question }),
  }
}

/** Books. The message that no employee was idle goes when one is idle again. */
function useAsking(topic: CompanyTopic, place: string, availability: Availability, canAsk: boolean) {
  const say = words()
  const { busy, error, run } = useDoing()
  const [refusedAt, refuse] = useState<Availability>()
  const [why, because] = useState('')
  useEffect(() => void (canAsk && availability !== refusedAt && refuse(undefined)), [canAsk, availability])
  const ask = (wanted: string, question: string) =>
    run(async () => {
      refuse(undefined)
      try {
        await topic.book({ topic: wanted, ...(question && { note: { question } }) })
        keepDraft(place, undefined)
      } catch (caught) {
        const isFull = caught instanceof Refusal && caught.reason === 'line_full'
        if (!isFull && !(caught instanceof Refusal && caught.reason === 'no_idle_employee')) throw caught
        because(isFull ? say.lineFull : say.nobodyAnyMore)
        refuse(topic.state?.availability)
      }
    })
  return { busy, ask, error: error || (refusedAt ? why : '') }
}

/**
 * Tells that no employee is idle, and offers a browser notification where the client has not decided about those yet.
 */
function Nobody() {
  const say = words()
  const [canAsk, setCanAsk] = useState(canAskToNotify)
  return (
    <div class="nobody" role="status">
      <div>
        <h2>{say.nobody}</h2>
        <p class="soft small">{say.nobodyHow}</p>
      </div>
      {canAsk && (
        <button type="button" onClick={() => void Notification.requestPermission().then(() => setCanAsk(false))}>
          <Icon name="bell" />
          {say.tellMe}
        </button>
      )}
    </div>
  )
}
