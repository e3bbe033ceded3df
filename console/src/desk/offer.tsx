// An offer that cannot be missed: who, what about, how long there is to answer, and two large buttons.
import { useEffect, useRef, useState } from 'preact/hooks'
import type { EmployeeState, EmployeeTopic, HeardOffer, Outcome } from 'switchboard-client'
import { ErrorLine, useDoing, WorkButton } from '../look/doing.js'
import { Icon } from '../look/icon.js'
import { useNow } from '../look/live.js'
import { announce } from '../look/page.js'
import { Wish } from '../session/wish.js'
import { number } from '../words/writing.js'
import { useAlarm } from './alarm.js'
import { words } from './words.js'

/** A key that was meant for something else must not answer: none counts until all have rested for so long. */
const KEYS_REST_FOR_MS = 500
const CLOSED_SHOWN_MS = 8_000

/** The open offer; `onAnswer` hears that it is answered on this device. */
export function Offered({ offer, topic, onAnswer }: {
  offer: HeardOffer
  topic: EmployeeTopic
  onAnswer: (offer: string) => void
}) {
  const say = words()
  const { busy, error, run } = useDoing()
  const answer = (how: () => Promise<unknown>) => {
    onAnswer(offer.id)
    run(how)
  }
  const accept = () => answer(() => topic.accept(offer.id))
  const decline = () => answer(() => topic.reject(offer.id))
  useAlarm(offer, accept, decline)
  useKeys(offer.id, { A: accept, D: decline })
  const place = useInFront(offer.id)
  useEffect(() => announce(`${say.request(offer.topic)} ${say.from(offer.client_id)}. ${say.keys}`, true), [offer.id])
  return (
    <section class="offer" aria-labelledby="offer" ref={place} tabIndex={-1}>
      {/* It alone scrolls: whatever the client wrote, the answers stay where they are. */}
      <div class="stack what" tabIndex={0}>
        <div class="first">
          <div>
            <h2 id="offer">{say.request(offer.topic)}</h2>
            <p class="from">{say.from(offer.client_id)}</p>
            {offer.attempt > 1 && <p class="soft small">{say.attempt(offer.attempt)}</p>}
          </div>
          <Left offer={offer} />
        </div>
        {offer.note !== null && <Wish note={offer.note} of={offer.client_id} />}
        <ErrorLine text={error} />
      </div>
      <div class="answers">
        <WorkButton class="decline" busy={busy} onClick={decline} aria-keyshortcuts="D">
          <Icon name="decline" />
          {say.decline}
        </WorkButton>
        <WorkButton class="act accept" busy={busy} onClick={accept} aria-keyshortcuts="A">
          <Icon name="accept" />
          {say.accept}
        </WorkButton>
        <p class="soft small keys">{say.keys}</p>
      </div>
    </section>
  )
}

/** The time that is left, as a ring that empties and in seconds. */
function Left({ offer }: { offer: HeardOffer }) {
  const leftMs = Math.max(0, offer.ends_at - useNow(100))
  const share = Math.min(1, leftMs / Math.max(1, offer.expires_in_ms))
  const seconds = number(Math.ceil(leftMs / 1000))
  return (
    <div class="left" role="timer" aria-label={words().left(seconds)}>
      <svg viewBox="0 0 80 80" aria-hidden="true">
        <circle class="all" cx="40" cy="40" r="35" />
        <circle class="rest" cx="40" cy="40" r="35" pathLength="1" strokeDasharray={`${share} 1`} />
      </svg>
      <span class="figure" aria-hidden="true">
        {seconds}
      </span>
    </div>
  )
}

/** Nothing lies over an offer, and the keys are its own, unless somebody is in the middle of a word. */
function useInFront(offer: string) {
  const place = useRef<HTMLElement>(null)
  useEffect(() => {
    for (const dialog of document.querySelectorAll<HTMLDialogElement>('dialog[open]')) dialog.close()
    if (!isWriting(document.activeElement)) place.current?.focus({ preventScroll: true })
  }, [offer])
  return place
}

function useKeys(offer: string, keys: Record<string, () => void>) {
  const now = useRef(keys)
  now.current = keys
  useEffect(() => {
    let restsSince = performance.now()
    const hear = (event: KeyboardEvent) => {
      const early = performance.now() - restsSince < KEYS_REST_FOR_MS
      // Somebody types on into a dialog that was closed over the offer.
      if (early) restsSince = performance.now()
      if (early || event.repeat || event.ctrlKey || event.metaKey || event.altKey || isWriting(event.target)) return
      now.current[letterOn(event)]?.()
    }
    document.addEventListener('keydown', hear)
    return () => document.removeEventListener('keydown', hear)
  }, [offer])
}

/** What is on the key; on one without a Latin letter, what stands there on most keyboards that have them. */
function letterOn({ key, code }: KeyboardEvent): string {
  return /^[a-z]$/i.test(key) ? key.toUpperCase() : code.replace('Key', '')
}

function isWriting(target: EventTarget | null): boolean {
  return target instanceof HTMLElement && target.matches('input, textarea, select, [contenteditable]')
}

/** How the last offer ended, for a moment. */
export function ClosedOffer({ state, answeredHere }: { state: EmployeeState; answeredHere: boolean }) {
  const [told, setTold] = useState('')
  const { closed } = state
  useEffect(() => {
    const text = closed ? sentence(closed.outcome, answeredHere) : ''
    setTold(text)
    announce(text)
  }, [closed?.offer.id])
  useEffect(() => {
    if (!told) return undefined
    const timer = setTimeout(() => setTold(''), CLOSED_SHOWN_MS)
    return () => clearTimeout(timer)
  }, [told])
  return told && !state.session && !state.offer ? <p class="closed-offer">{told}</p> : null
}

function sentence(outcome: Outcome, answeredHere: boolean): string {
  const say = words()
  if (outcome === 'accepted' && answeredHere) return ''
  return outcome === 'rejected' && !answeredHere ? say.elsewhere : say.closed[outcome]
}
