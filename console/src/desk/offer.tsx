// An offer in full view: the client, the topic, the time left to answer, and two large buttons.
import { useEffect, useRef, useState } from 'preact/hooks'
import type { EmployeeState, EmployeeTopic, HeardOffer, Outcome } from 'switchboard-client'
import { ErrorLine, useDoing, WorkButton } from '../look/doing.js'
import { Icon } from '../look/icon.js'
import { answerKeys, isField, shortcut, useKeys } from '../look/keys.js'
import { useNow } from '../look/live.js'
import { clientOf, topicOf } from '../look/names.js'
import { announce } from '../look/page.js'
import { Wish } from '../session/wish.js'
import { lasting, list, number } from '../words/writing.js'
import { useAlarm } from './alarm.js'
import { words } from './words.js'

const CLOSED_SHOWN_MS = 8_000

/** An answer that was given on this device. */
export interface Answered {
  readonly offer: string
  readonly how: 'accept' | 'decline'
}

/** The open offer; `onAnswer` is called when the offer is answered on this device. */
export function Offered({ offer, topic, onAnswer }: {
  offer: HeardOffer
  topic: EmployeeTopic
  onAnswer: (answered: Answered) => void
}) {
  const say = words()
  const { busy, error, run } = useDoing()
  const [answered, setAnswered] = useState<Answered['how']>()
  const answer = (how: Answered['how'], work: () => Promise<unknown>) => {
    if (busy) return
    onAnswer({ offer: offer.id, how })
    setAnswered(how)
    run(work)
  }
  const accept = () => answer('accept', () => topic.accept(offer.id))
  const decline = () => answer('decline', () => topic.reject(offer.id))
  useAlarm(offer, accept, decline)
  const keys = answerKeys.value
  useKeys(offer.id, keys.on ? { [keys.accept]: accept, [keys.decline]: decline } : {})
  const place = useInFront(offer.id)
  const told = keys.on ? say.keys(keys.accept, keys.decline) : ''
  useEffect(() => announce(`${say.request(topicOf(offer))} ${say.from(clientOf(offer))}. ${told}`, true), [offer.id])
  return (
    <section class="offer arrives" aria-labelledby="offer" ref={place} tabIndex={-1}>
      {/* Only the text scrolls: the buttons stay in place, however much the client wrote. */}
      <div class="stack what" tabIndex={0}>
        <div class="first">
          <div>
            <h2 id="offer">{say.request(topicOf(offer))}</h2>
            <p class="from">{say.from(clientOf(offer))}</p>
            {offer.wanted && <p class="wanted">{say.wanted}</p>}
            {offer.waited_ms !== undefined && <p class="small">{say.waited(lasting(offer.waited_ms))}</p>}
            {offer.skills && <p class="small">{say.skills(list(Object.entries(offer.skills).map(leveled)))}</p>}
            {offer.others ? (
              <p class="soft small">{say.others(offer.others)}</p>
            ) : (
              offer.attempt > 1 && <p class="soft small">{say.attempt(offer.attempt)}</p>
            )}
          </div>
          <Left offer={offer} />
        </div>
        {offer.note !== null && <Wish note={offer.note} of={clientOf(offer)} />}
        {!topic.live && <p class="small">{answered === undefined ? say.lineLost : say.answerWaits}</p>}
        <ErrorLine text={error} />
      </div>
      <div class="answers">
        <WorkButton class="decline" busy={busy && answered === 'decline'} onClick={decline} {...shortcut(keys.on, keys.decline)}>
          <Icon name="decline" />
          {say.decline}
        </WorkButton>
        <WorkButton class="act accept" busy={busy && answered === 'accept'} onClick={accept} {...shortcut(keys.on, keys.accept)}>
          <Icon name="accept" />
          {say.accept}
        </WorkButton>
        {keys.on && <p class="soft small keys">{told}</p>}
      </div>
    </section>
  )
}

/** A skill with its least level, where that says something. */
function leveled([skill, level]: [string, number]): string {
  return level > 1 ? `${skill} ${number(level)}` : skill
}

/** The remaining time, as a ring that empties and in seconds. */
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
      <span class="figure display" aria-hidden="true">
        {seconds}
      </span>
    </div>
  )
}

/** Closes dialogs over the offer, and moves the focus to the offer unless the employee is in a field. */
function useInFront(offer: string) {
  const place = useRef<HTMLElement>(null)
  useEffect(() => {
    for (const dialog of document.querySelectorAll<HTMLDialogElement>('dialog[open]')) dialog.close()
    if (!isField(document.activeElement)) place.current?.focus({ preventScroll: true })
  }, [offer])
  return place
}

/** How the last offer ended, shown for a moment. */
export function ClosedOffer({ state, answered }: { state: EmployeeState; answered: Answered | undefined }) {
  const [told, setTold] = useState('')
  const { closed } = state
  const here = answered?.offer === closed?.offer.id ? answered?.how : undefined
  useEffect(() => {
    const text = closed ? sentence(closed.outcome, here) : ''
    setTold(text)
    announce(text)
  }, [closed?.offer.id, closed?.outcome])
  useEffect(() => {
    if (!told) return undefined
    const timer = setTimeout(() => setTold(''), CLOSED_SHOWN_MS)
    return () => clearTimeout(timer)
  }, [told])
  return told && !state.offer ? <p class="closed-offer">{told}</p> : null
}

function sentence(outcome: Outcome | null, here: Answered['how'] | undefined): string {
  const say = words()
  if (outcome === 'accepted' && here === 'accept') return ''
  // Another was faster: that is no miss, and needs no regret.
  if (outcome === 'taken') return say.closed.taken
  if (outcome === null) return here === 'accept' ? say.acceptLost : say.overMeanwhile
  const how = outcome === 'rejected' && here !== 'decline' ? say.elsewhere : say.closed[outcome]
  return here === 'accept' ? `${say.acceptLost} ${how}` : how
}
