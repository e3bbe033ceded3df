// What somebody wrote in a session and could not send before its end: shown once, so that it can be copied.
import { useState } from 'preact/hooks'
import { takeUnsent } from './unsent.js'
import { words } from './words.js'

/** The words, if there are any. */
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
