// The search: who is being asked, of how many, and for how long already.
import { useEffect, useRef } from 'preact/hooks'
import type { Availability, Booking, CompanyTopic } from 'switchboard-client'
import { ErrorLine, useDoing, WorkButton } from '../look/doing.js'
import { useNow } from '../look/live.js'
import { announce } from '../look/page.js'
import { running } from '../words/writing.js'
import { words } from './words.js'

/** More would be too small to tell apart. */
const JACKS_MAX = 12

/** Where the search is, and the way out of it. */
export function Waiting({ booking, availability, topic }: { booking: Booking; availability: Availability; topic: CompanyTopic }) {
  const say = words()
  const { busy, error, run } = useDoing()
  const { nth, of } = progress(booking, availability)
  const text = nth === 0 ? say.looking : of === 1 ? say.askingOnly : say.asking(nth, of)
  useEffect(() => announce(text), [text])
  return (
    <section class="waiting stack" aria-labelledby="waiting">
      <Jacks nth={nth} of={of} />
      <h2 id="waiting">{text}</h2>
      <p class="soft">
        {say.topic(booking.topic)} · <Waited />
      </p>
      <p class="soft small">{say.patience}</p>
      <ErrorLine text={error} />
      <WorkButton busy={busy} onClick={() => run(() => topic.cancel(booking.id))}>
        {say.cancel}
      </WorkButton>
    </section>
  )
}

/**
 * Who is being asked, of how many. Those who are left are the idle ones, but for those who have said no and are idle
 * again: all who were asked before, unless they went away; then there are more left than this says, never fewer.
 */
function progress({ offers, topic }: Booking, { idle, topics }: Availability): { nth: number; of: number } {
  const free = topics[topic]?.idle ?? idle
  const askedBefore = Math.max(0, offers - 1)
  return { nth: offers, of: offers + Math.max(0, free - askedBefore) }
}

function Waited() {
  const begun = useRef(performance.now())
  return <span class="figure">{words().waited(running(useNow(1000) - begun.current))}</span>
}

/** A row of jacks: the cord is in the one that is being asked. */
function Jacks({ nth, of }: { nth: number; of: number }) {
  const shown = Math.min(JACKS_MAX, Math.max(1, of))
  const at = Math.min(Math.max(1, nth), shown)
  const place = (which: number) => 14 + (which - 1) * 28
  const middle = (14 + place(shown)) / 2
  return (
    <svg class="jacks" viewBox={`0 0 ${place(shown) + 14} 70`} style={{ maxWidth: `${shown * 3.5}rem` }} aria-hidden="true">
      {Array.from({ length: shown }, (_, index) => (
        <circle key={index} class={index + 1 < at ? 'jack asked' : index + 1 === at ? 'jack now' : 'jack'} cx={place(index + 1)} cy="14" r="9" />
      ))}
      <path class="cord" d={`M${place(at)} 14 C ${place(at)} 48, ${middle} 36, ${middle} 66`} />
    </svg>
  )
}
