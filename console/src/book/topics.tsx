// The choice among topics; where they are many, with a way to find one.
import { useState } from 'preact/hooks'
import type { Availability, Available } from 'switchboard-client'
import { Icon } from '../look/icon.js'
import { locale } from '../words/language.js'
import { words } from './words.js'

/** Every employee takes it when none of them names topics. */
const ANYTHING = 'general'
/** So many are seen at a glance; of more one is looked for. */
const AT_A_GLANCE = 8

/** A topic, and whether somebody is free for it. */
export type Offered = readonly [name: string, available: Available]

/** All that can be asked for, by name as people look for it: `Tax` stands beside `tax`. */
export function sortedTopics({ available, idle, topics }: Availability): readonly Offered[] {
  const named = Object.entries(topics)
  if (named.length === 0) return [[ANYTHING, { available, idle }]]
  const { compare } = new Intl.Collator(locale(), { sensitivity: 'base', numeric: true })
  return named.sort(([one], [other]) => compare(shownName(one), shownName(other)) || (one < other ? -1 : 1))
}

/** What a topic is called on the page. */
export function shownName(topic: string): string {
  return topic === ANYTHING ? words().general : topic
}

/** The topics; the chosen one stays in sight, whatever is looked for. */
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
    // It means "this one", and not yet "ask".
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
        {available.available ? say.free(available.idle) : say.none}
      </span>
    </label>
  )
}
