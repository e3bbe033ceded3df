// The choice of a topic, with a search when there are many.
import { useState } from 'preact/hooks'
import type { Availability, Available } from 'switchboard-client'
import { Icon } from '../look/icon.js'
import { locale } from '../words/language.js'
import { words } from './words.js'

/** The topic that every employee takes when none of them names topics. */
const ANYTHING = 'general'
/** From more topics than this on, a search is shown. */
const AT_A_GLANCE = 8

/** A topic, and whether an employee is idle for it. */
export type Offered = readonly [name: string, available: Available]

/** All topics, sorted for people: `Tax` stands beside `tax`. */
export function sortedTopics({ available, idle, topics }: Availability): readonly Offered[] {
  const named = Object.entries(topics)
  if (named.length === 0) return [[ANYTHING, { available, idle }]]
  const { compare } = new Intl.Collator(locale(), { sensitivity: 'base', numeric: true })
  return named.sort(([one], [other]) => compare(shownName(one), shownName(other)) || (one < other ? -1 : 1))
}

/** The topic's name on the page. */
export function shownName(topic: string): string {
  return topic === ANYTHING ? words().general : topic
}

/** The list of topics; the chosen topic stays in sight during a search. */
export function Topics({ offered, chosen, onChoose }: {
  offered: readonly Offered[]
  chosen: string | undefined
  onChoose: (topic: string) => void
}) {
  const say = words()
  const [sought, seek] = useState('')
  const wanted = sought.trim().toLocaleLowerCase()
  const found = offered.filter(([name]) => name === chosen || shownName(name).toLocaleLowerCase().includes(wanted))
  const isMany = offered.length > AT_A_GLANCE
  const takeOnly = (event: KeyboardEvent) => {
    if (event.key !== 'Enter') return
    // Enter chooses the only match, and must not send the form yet.
    event.preventDefault()
    const [only, ...others] = offered.filter(([name]) => shownName(name).toLocaleLowerCase().includes(wanted))
    if (only && others.length === 0) onChoose(only[0])
  }
  return (
    <fieldset>
      <legend>{say.what}</legend>
      {isMany && (
        <label class="seek">
          <span class="unseen">{say.seek}</span>
          <Icon name="find" />
          <input
            type="search" placeholder={say.seek} value={sought}
            onInput={(event) => seek(event.currentTarget.value)} onKeyDown={takeOnly}
          />
        </label>
      )}
      <div class="topics">
        {found.map(([name, available]) => (
          <Choice key={name} {...{ name, available }} chosen={chosen === name} onChoose={() => onChoose(name)} />
        ))}
      </div>
      {found.length === 0 && <p class="soft" role="status">{say.noSuchTopic}</p>}
    </fieldset>
  )
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
      <span class="grow">{shownName(name)}</span>
      <span class={`lamp small is-${available.available ? 'idle' : 'offline'}`}>
        {available.idle > 0 ? say.free(available.idle) : available.available ? say.line(available.waiting ?? 0) : say.none}
      </span>
    </label>
  )
}
