// Messages that could not be sent before a session's end: shown once, so that the person can copy them.
import { useState } from 'preact/hooks'
import { takeUnsent } from './unsent.js'
import { words } from './words.js'

/** The messages, if there are any. */
export function LeftOver({ session }: { session: string }) {
  const [left] = useState(() => takeUnsent(session))
  if (left.length === 0) return null
  return (
    <section class="left-over">
      <h3>{words().leftOver}</h3>
      {left.map((body, place) => (
        <p key={place} dir="auto">
          {body}
        </p>
      ))}
    </section>
  )
}
