// The wait in a line: the place, an honest range of time, how many are at work, and the way out.
import { useEffect, useRef, useState } from 'preact/hooks'
import type { Booking, Waiting } from 'switchboard-client'
import { ErrorLine, WorkButton } from '../look/doing.js'
import { useLasting } from '../look/live.js'
import { announce } from '../look/page.js'
import { running } from '../words/writing.js'
import { shownName } from './topics.js'
import { rangeOf, type Range } from './range.js'
import { words } from './words.js'

/** Place and time are read out at most this often, because they change more often than people want to hear. */
const TOLD_EVERY_MS = 30_000

/** The line, and the button that leaves it. */
export function InLine({ booking, waiting, cancelling }: {
  booking: Booking
  waiting: Waiting
  cancelling: { readonly busy: boolean; readonly error: string; readonly isLost: boolean; readonly cancel: () => void }
}) {
  const say = words()
  const { busy, error, isLost, cancel } = cancelling
  const { place, on_duty } = waiting
  const range = useRange(waiting)
  const header = useRef<HTMLElement>(null)
  // The button that led here is gone, and took the focus with it.
  useEffect(() => void (document.activeElement === document.body && header.current?.focus({ preventScroll: true })), [])
  const expected = range ? say.inAbout(range) : ''
  useTold(`${say.place(place)}. ${expected}`)
  return (
    <section class="waiting in-line stack" aria-labelledby="in-line" ref={header} tabIndex={-1}>
      <p class="place display" aria-hidden="true">
        {say.placeShort(place)}
      </p>
      <h2 id="in-line">{say.place(place)}</h2>
      {expected && <p class="expected">{expected}</p>}
      <p class="soft">
        {say.topic(shownName(booking.topic))} <Waited key={booking.id} since={waiting.since} />
      </p>
      <p class="soft">{say.onDuty(on_duty)}</p>
      <p class="soft small">{say.stay}</p>
      <ErrorLine text={error} />
      {busy && isLost && <p class="small" role="status">{say.stopsLater}</p>}
      <WorkButton busy={busy} onClick={cancel}>
        {say.leave}
      </WorkButton>
    </section>
  )
}

function Waited({ since }: { since: string }) {
  const lasting = useLasting(since)
  return lasting === undefined ? null : <span class="figure">· {words().waited(running(lasting))}</span>
}

/**
 * The range that is shown. The estimate counts from when it came, so that the time since then is taken off; it stays
 * until the server tells another one.
 */
function useRange({ estimate, since }: Waiting): Range | undefined {
  const age = useLasting(since)
  const told = useRef<{ readonly text: string; readonly at: number | undefined }>({ text: '', at: undefined })
  const text = JSON.stringify(estimate)
  // A new estimate counts from now, by this device's monotonic clock.
  if (told.current.text !== text) told.current = { text, at: undefined }
  told.current = { text, at: told.current.at ?? age }
  if (!estimate || age === undefined) return undefined
  return rangeOf(estimate, age - (told.current.at ?? age))
}

/** Has a screen reader read the text: at once at first, and then at most every half minute, if it has changed. */
function useTold(text: string): void {
  const latest = useRef(text)
  latest.current = text
  const [isDue, setDue] = useState(true)
  const last = useRef('')
  useEffect(() => {
    if (!isDue || last.current === text) return undefined
    last.current = text
    announce(text)
    setDue(false)
    return undefined
  }, [isDue, text])
  useEffect(() => {
    if (isDue) return undefined
    const timer = setTimeout(() => setDue(true), TOLD_EVERY_MS)
    return () => clearTimeout(timer)
  }, [isDue])
}
