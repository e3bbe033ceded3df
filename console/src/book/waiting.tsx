// The search: the employee being asked, the number of candidates, and the time so far.
import { useEffect, useRef } from 'preact/hooks'
import type { Availability, Booking } from 'switchboard-client'
import { ErrorLine, WorkButton } from '../look/doing.js'
import { useLasting } from '../look/live.js'
import { announce } from '../look/page.js'
import { running } from '../words/writing.js'
import { shownName } from './topics.js'
import { words } from './words.js'

/** More jacks than this would be too small to tell apart. */
const JACKS_MAX = 12

/** The progress of the search, and the button that cancels it. */
export function Waiting({ booking, availability, cancelling }: {
  booking: Booking
  availability: Availability
  cancelling: { readonly busy: boolean; readonly error: string; readonly isLost: boolean; readonly cancel: () => void }
}) {
  const say = words()
  const { busy, error, isLost, cancel } = cancelling
  const { nth, of } = progress(booking, availability)
  const text = nth === 0 ? say.looking : of === 1 ? say.askingOnly : say.asking(nth, of)
  const place = useRef<HTMLElement>(null)
  // The button that led here is gone, and took the focus with it.
  useEffect(() => void (document.activeElement === document.body && place.current?.focus({ preventScroll: true })), [])
  useEffect(() => announce(text), [text])
  return (
    <section class="waiting stack" aria-labelledby="waiting" ref={place} tabIndex={-1}>
      <Jacks nth={nth} of={of} />
      <h2 id="waiting">{text}</h2>
      <p class="soft">
        {say.topic(shownName(booking.topic))} <Waited key={booking.id} since={booking.created_at} />
      </p>
      <p class="soft small">{say.patience}</p>
      <ErrorLine text={error} />
      {busy && isLost && <p class="small" role="status">{say.stopsLater}</p>}
      <WorkButton busy={busy} onClick={cancel}>
        {say.cancel}
      </WorkButton>
    </section>
  )
}

/**
 * The progress: which employee is being asked, and of how many. The remaining candidates are the idle employees, less
 * those who were asked before and are idle again. This takes all of the latter for idle: if some have gone offline,
 * more candidates remain than this says, never fewer.
 */
function progress({ offers, topic }: Booking, { idle, topics }: Availability): { nth: number; of: number } {
  const free = topics[topic]?.idle ?? idle
  const askedBefore = Math.max(0, offers - 1)
  return { nth: offers, of: offers + Math.max(0, free - askedBefore) }
}

/** The time since the booking was made; nothing until that is known. */
function Waited({ since }: { since: string }) {
  const lasting = useLasting(since)
  return lasting === undefined ? null : <span class="figure">· {words().waited(running(lasting))}</span>
}

/** A row of jacks: the cord is in the jack of the employee being asked. */
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
