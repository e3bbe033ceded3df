// What can be booked now, live, and the way to ask for it.
import { useState } from 'preact/hooks'
import type { Availability, Available, Booking, CompanyTopic } from 'switchboard-client'
import { ErrorLine, useDoing } from '../look/doing.js'
import { words } from './words.js'

/** Every employee takes it when none of them names topics. */
const ANYTHING = 'general'
/** A note has at most 4096 bytes; four for each character, and some for the rest. */
const QUESTION_MAX_CHARS = 1000

/** The form, as it was asked `before`. A topic that nobody is free for can be looked at, and not asked for. */
export function Ask({ availability, topic, before }: {
  availability: Availability
  topic: CompanyTopic
  before: Booking | undefined
}) {
  const say = words()
  const { busy, error, run } = useDoing()
  const [chosen, setChosen] = useState(before?.topic ?? '')
  const [question, setQuestion] = useState(questionOf(before))
  const offered = topicsOf(availability)
  const wanted = offered.find(([name]) => name === chosen) ?? (offered.length === 1 ? offered[0] : undefined)
  const canAsk = wanted?.[1].available ?? false
  const ask = (event: Event) => {
    event.preventDefault()
    if (!wanted || !canAsk) return
    const note = question.trim() ? { note: { question: question.trim() } } : {}
    run(() => topic.book({ topic: wanted[0], ...note }))
  }
  return (
    <form class="ask stack" onSubmit={ask}>
      {!availability.available && <Nobody />}
      <fieldset>
        <legend>{say.what}</legend>
        <div class="topics">
          {offered.map(([name, available]) => (
            <Choice key={name} {...{ name, available }} chosen={wanted?.[0] === name} onChoose={() => setChosen(name)} />
          ))}
        </div>
      </fieldset>
      <label>
        <span>
          {say.question} <span class="soft small">{say.optional}</span>
        </span>
        <textarea
          rows={3}
          dir={question ? 'auto' : undefined}
          maxLength={QUESTION_MAX_CHARS}
          placeholder={say.questionExample}
          value={question}
          onInput={(event) => setQuestion(event.currentTarget.value)}
        />
      </label>
      <ErrorLine text={error} />
      <button class="act" aria-busy={busy} aria-disabled={!canAsk}>
        {say.ask}
      </button>
    </form>
  )
}

function questionOf(before: Booking | undefined): string {
  const note = before?.note
  const question = note && typeof note === 'object' && 'question' in note ? note.question : ''
  return typeof question === 'string' ? question : ''
}

function topicsOf({ available, idle, topics }: Availability): readonly (readonly [string, Available])[] {
  const named = Object.entries(topics)
  return named.length > 0 ? named : [[ANYTHING, { available, idle }]]
}

function Choice({ name, available, chosen, onChoose }: {
  name: string
  available: Available
  chosen: boolean
  onChoose: () => void
}) {
  const say = words()
  return (
    <label class={`topic toned is-${available.available ? 'idle' : 'offline'}`}>
      <input type="radio" name="topic" value={name} checked={chosen} onChange={onChoose} />
      <span class="grow">{name === ANYTHING ? say.general : name}</span>
      <span class={`lamp small is-${available.available ? 'idle' : 'offline'}`}>
        {available.available ? say.free(available.idle) : say.none}
      </span>
    </label>
  )
}

function Nobody() {
  const say = words()
  return (
    <div class="nobody" role="status">
      <h2>{say.nobody}</h2>
      <p class="soft">{say.nobodyHow}</p>
    </div>
  )
}
