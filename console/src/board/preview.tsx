// The preview of a routing: who would be asked now about a topic, in which order, and why.
import { useState } from 'preact/hooks'
import { ErrorLine, useDoing, WorkButton } from '../look/doing.js'
import { clock, number } from '../words/writing.js'
import { nameOf, useHouse } from './house.js'
import type { PassedOver } from './past.js'
import type { Routing } from './routing-shape.js'
import { linesFor } from './telling.js'
import { words, type RoutingWord } from './words.js'

/** The answer of the API. */
interface Previewed {
  readonly steps: readonly {
    readonly step: number
    readonly order: RoutingWord
    readonly prefer: RoutingWord
    readonly candidates: readonly {
      readonly employee_id: string
      readonly name: string
      readonly level: number
      readonly idle_since: string
    }[]
    readonly more: number
  }[]
  readonly passed_over: PassedOver
}

/** Tries a routing that need not be saved. */
export function Preview({ routing }: { routing: Routing }) {
  const say = words()
  const house = useHouse()
  const { busy, error, run } = useDoing()
  const [topic, setTopic] = useState('')
  const [found, setFound] = useState<Previewed>()
  const topics = [...new Set([...(house.board.state?.employees.values() ?? [])].flatMap((employee) => employee.topics))].sort()
  const look = () =>
    run(async () => setFound(await house.api.send<Previewed>('POST', '/routing/preview', { topic: topic.trim() || 'general', routing })))
  return (
    <section class="preview stack" aria-label={say.preview}>
      <h3>{say.preview}</h3>
      <p class="small soft">{say.previewMeans}</p>
      <div class="row">
        <input
          name="preview-topic" aria-label={say.topics} placeholder="general" list="preview-topics" dir="auto" autocomplete="off"
          value={topic} onInput={(event) => setTopic(event.currentTarget.value)}
          onKeyDown={(event) => {
            if (event.key !== 'Enter') return
            event.preventDefault()
            look()
          }}
        />
        <datalist id="preview-topics">
          {topics.map((one) => (
            <option key={one} value={one} />
          ))}
        </datalist>
        <WorkButton class="try" busy={busy} onClick={look}>
          {say.tryIt}
        </WorkButton>
      </div>
      <ErrorLine text={error} />
      {found?.steps.map(({ step, order, prefer, candidates, more }) => (
        <div key={step} class="preview-step">
          <h4>
            {say.step(number(step))}{' '}
            <span class="soft small">
              {say.routingWords[order]}
              {prefer !== 'any' && ` · ${say.routingWords[prefer]}`}
            </span>
          </h4>
          {candidates.length === 0 && <p class="small soft">{say.nobodyInStep}</p>}
          <ol>
            {candidates.map(({ employee_id, name, level, idle_since }) => (
              <li key={employee_id}>
                <b>{name}</b> <span class="small soft">{say.candidate(number(level), clock(idle_since))}</span>
              </li>
            ))}
          </ol>
          {more > 0 && <p class="small soft">{say.andMore(number(more))}</p>}
        </div>
      ))}
      {found && found.passed_over.employees.length > 0 && (
        <ul class="small soft" role="list">
          {linesFor(found.passed_over, (id) => nameOf(house, id)).map((line) => (
            <li key={line}>{line}</li>
          ))}
        </ul>
      )}
    </section>
  )
}
