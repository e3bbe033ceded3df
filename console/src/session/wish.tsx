// What a client wrote with their booking, as words and not as JSON.
import type { ComponentChildren } from 'preact'
import type { Json } from 'switchboard-client'
import { number } from '../words/writing.js'
import { words } from './words.js'

/** So deep is what people write; deeper is what programs write. */
const DEPTH_MAX = 4

/** The note, under whose it is. */
export function Wish({ note, of, title = words().wish(of) }: { note: Json; of: string; title?: string | undefined }) {
  return (
    <section class="wish">
      <h3>{title}</h3>
      <Said value={note} depth={0} />
    </section>
  )
}

/** A value as people read it. */
export function Said({ value, depth }: { value: Json; depth: number }): ComponentChildren {
  if (value === null) return null
  if (depth > DEPTH_MAX) return <p dir="auto">{JSON.stringify(value)}</p>
  if (typeof value !== 'object') return <p dir="auto">{plain(value)}</p>
  if (isList(value)) {
    return (
      <ul>
        {value.map((item, place) => (
          <li key={place}>
            <Said value={item} depth={depth + 1} />
          </li>
        ))}
      </ul>
    )
  }
  const fields = Object.entries(value).filter(([, field]) => field !== null)
  const [only] = fields
  // `{question: "…"}` needs no word before it.
  if (only && fields.length === 1 && typeof only[1] === 'string') return <p dir="auto">{only[1]}</p>
  return (
    <dl>
      {fields.map(([name, field]) => (
        <div key={name}>
          <dt dir="auto">{nameOf(name)}</dt>
          <dd>
            <Said value={field} depth={depth + 1} />
          </dd>
        </div>
      ))}
    </dl>
  )
}

function plain(value: boolean | number | string): string {
  const say = words()
  if (typeof value === 'boolean') return value ? say.yes : say.no
  // It may be a year or somebody's number: those are not written in groups.
  return typeof value === 'number' ? number(value, { useGrouping: false, maximumFractionDigits: 15 }) : value
}

/** `first_visit` and `firstVisit` are `First visit`. */
function nameOf(field: string): string {
  const spaced = field.replace(/([a-z])([A-Z])/g, '$1 $2').replace(/[_-]+/g, ' ').trim().toLowerCase()
  return spaced.charAt(0).toUpperCase() + spaced.slice(1)
}

function isList(value: Json): value is readonly Json[] {
  return Array.isArray(value)
}
