// A client's note on a booking, as text instead of JSON.
import type { ComponentChildren } from 'preact'
import type { Json } from 'switchboard-client'
import { number } from '../words/writing.js'
import { words } from './words.js'

/** Notes written by people are no deeper than this; deeper ones come from programs. */
const DEPTH_MAX = 4

/** The note, under a title that names its author. */
export function Wish({ note, of, title = words().wish(of) }: { note: Json; of: string; title?: string | undefined }) {
  return (
    <section class="wish">
      <h3>{title}</h3>
      <Said value={note} depth={0} />
    </section>
  )
}

/** A JSON value in readable form. */
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
  // `{question: "…"}` needs no label.
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
  // The number may be a year or a phone number, which have no digit groups.
  return typeof value === 'number' ? number(value, { useGrouping: false, maximumFractionDigits: 15 }) : value
}

/** `first_visit` and `firstVisit` become `First visit`. */
function nameOf(field: string): string {
  const spaced = field.replace(/([a-z])([A-Z])/g, '$1 $2').replace(/[_-]+/g, ' ').trim().toLowerCase()
  return spaced.charAt(0).toUpperCase() + spaced.slice(1)
}

function isList(value: Json): value is readonly Json[] {
  return Array.isArray(value)
}
