// `employee:{company}:{employee}`: an employee at work, on each of their devices.

import { Refusal } from './refusal.js'
import { Topic, type Heard } from './topic.js'
import type { Cause, Company, Intent, Offer, Outcome, Session, Status, Time } from './words.js'

/** An offer, with its end on this device's monotonic clock (`performance.now()`). */
export interface HeardOffer extends Offer {
  readonly ends_at: number
}

/** The state of an employee. */
export interface EmployeeState {
  readonly company: Company
  readonly status: Status
  readonly since: Time
  readonly intent: Intent
  /** Null until the first event after the join. */
  readonly cause: Cause | null
  readonly offer: HeardOffer | null
  readonly session: Session | null
  /** End of the wrap-up after a session, on this device's monotonic clock; null at any other time. */
  readonly wrap_up_ends_at: number | null
  /**
   * How the last offer ended on all devices; null again when the next one comes. The outcome is null while the client
   * asks for it, because the offer ended while the connection was lost.
   */
  readonly closed: { readonly offer: Offer; readonly outcome: Outcome | null } | null
}

/** The events of the topic. */
export interface EmployeeEvents {
  readonly offer: { readonly offer: Offer }
  readonly offer_closed: { readonly offer_id: string; readonly outcome: Outcome }
  readonly status: {
    readonly status: Status
    readonly since: Time
    readonly intent: Intent
    readonly cause: Cause
  }
  readonly session: { readonly session: Session; readonly wrap_up_ends_in_ms: number | null }
}

/** An employee's own topic. */
export class EmployeeTopic extends Topic<EmployeeState, EmployeeEvents> {
  /** Sets the intent; during a session it takes effect when the session ends. */
  setStatus(intent: Intent): Promise<{ status: Status; intent: Intent }> {
    return this.request('set_status', { status: intent })
  }

  /** Accepts the offer, which begins a session. */
  async accept(offer: string): Promise<Session> {
    const take = ({ session }: { session: Session }) => {
      if (this.state) this.become(withSession(this.state, session))
    }
    return (await this.request('accept', { offer_id: offer }, take)).session
  }

  /** Declines the offer; the next employee is asked at once. */
  reject(offer: string, reason?: string): Promise<{ status: Status }> {
    return this.request('reject', { offer_id: offer, reason })
  }

  /** The state after a join, with the outcome of an offer that ended meanwhile. @internal */
  protected override joined(reply: Snapshot, known: EmployeeState | undefined): EmployeeState {
    const { wrap_up_ends_in_ms, offer, ...rest } = reply
    const before = known?.offer
    const hasEnded = before != null && before.id !== offer?.id
    const isAccepted = hasEnded && reply.session?.booking_id === before.booking_id
    if (hasEnded && !isAccepted) void this.#askHowItEnded(before)
    const ended = hasEnded ? { offer: before, outcome: isAccepted ? ('accepted' as const) : null } : known?.closed
    const closed = offer ? null : (ended ?? null)
    return { ...rest, cause: null, offer: offer && withEnd(offer), closed, wrap_up_ends_at: at(wrap_up_ends_in_ms) }
  }

  /** Declines the ended offer, which changes nothing: the refusal says how the offer ended. */
  async #askHowItEnded(offer: Offer): Promise<void> {
    const refusal = await this.reject(offer.id).then(() => undefined, (error: unknown) => error)
    const outcome = refusal instanceof Refusal ? refusal.details['outcome'] : undefined
    const { state } = this
    if (typeof outcome !== 'string' || state?.closed?.offer.id !== offer.id) return
    this.become({ ...state, closed: { offer, outcome: outcome as Outcome } })
  }

  /** The state after an event. @internal */
  protected override heard({ event, payload }: Heard<EmployeeEvents>, state: EmployeeState): EmployeeState {
    switch (event) {
      case 'offer':
        return { ...state, offer: withEnd(payload.offer), closed: null }
      case 'offer_closed':
        return withoutOffer(state, payload)
      case 'status':
        return { ...state, ...payload, wrap_up_ends_at: payload.status === 'busy' ? state.wrap_up_ends_at : null }
      case 'session':
        return { ...withSession(state, payload.session), wrap_up_ends_at: at(payload.wrap_up_ends_in_ms) }
      default:
        return state
    }
  }
}

interface Snapshot {
  readonly company: Company
  readonly status: Status
  readonly since: Time
  readonly intent: Intent
  readonly offer: Offer | null
  readonly session: Session | null
  readonly wrap_up_ends_in_ms: number | null
}

/** A moment that is so far away; null too with older servers, which do not send the time. */
function at(inMs: number | null | undefined): number | null {
  return inMs == null ? null : performance.now() + inMs
}

function withEnd(offer: Offer): HeardOffer {
  return { ...offer, ends_at: performance.now() + offer.expires_in_ms }
}

function withoutOffer(state: EmployeeState, { offer_id, outcome }: EmployeeEvents['offer_closed']): EmployeeState {
  const { offer } = state
  return offer?.id === offer_id ? { ...state, offer: null, closed: { offer, outcome } } : state
}

function withSession(state: EmployeeState, session: Session): EmployeeState {
  if (session.ended_at === null) return { ...state, session }
  return state.session?.id === session.id ? { ...state, session: null } : state
}
