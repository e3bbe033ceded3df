// What a client wrote with their booking: any JSON, told as words.
import type { Json } from 'switchboard-client'

/** The note; nothing where there is none. */
export function ClientNote({ note }: { note: Json }) {
  const lines = linesOf(note)
  if (lines.length === 0) return null
  return (
    <dl class="client-note" dir="auto">
      {lines.map(([name, text], index) => (
        <div key={index}>
          {name && <dt class="soft small">{name}</dt>}
          <dd>{text}</dd>
        </div>
      ))}
    </dl>
  )
}

/** Each field with its name; the only field needs none. */
function linesOf(note: Json): readonly (readonly [string, string])[] {
  if (note === null || note === '') return []
  if (typeof note !== 'object') return [['', String(note)]]
  const fields = Object.entries(note).map(([name, value]) => [name, textOf(value)] as const)
  const told = fields.filter(([, text]) => text !== '')
  return told.length === 1 || Array.isArray(note) ? told.map(([, text]) => ['', text] as const) : told
}

function textOf(value: Json): string {
  if (value === null) return ''
  return typeof value === 'object' ? Object.values(value).map(textOf).filter(Boolean).join(', ') : String(value)
}
