// `employee:{company}:{employee}`: an employee at work, on each of their devices.

import { Refusal } from './refusal.js'
import { Topic, type Heard } from './topic.js'
import type { Capacity, Cause, Company, Intent, Offer, Outcome, Pause, Session, Status, Time, WrapUp } from './words.js'

/** An offer, with its end on this device's monotonic clock (`performance.now()`). */
export interface HeardOffer extends Offer {
  readonly ends_at: number
}

/** A wrap-up, with its end on this device's monotonic clock; the latest end too, if it can be extended. */
export interface HeardWrapUp extends WrapUp {
  readonly ends_at: number
  readonly max_ends_at: number | null
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
  /** The session that runs, the latest if there are several. */
  readonly session: Session | null
  /** All sessions that run, the latest first. */
  readonly sessions: readonly Session[]
  /** End of the wrap-up after a session, on this device's monotonic clock; null at any other time. */
  readonly wrap_up_ends_at: number | null
  /** The wrap-ups of a company with a routing, each with its session. */
  readonly wrap_ups: readonly HeardWrapUp[]
  readonly pause: Pause | null
  /** End of the pause, on this device's monotonic clock; null without an end. */
  readonly pause_ends_at: number | null
  /** End of the rest after an offer without a yes, on this device's monotonic clock. */
  readonly rest_ends_at: number | null
  /** Null for an employee with room for one session. */
  readonly room: Capacity | null
  /** The reasons that a pause can have, as of the join; with none, any word is one. */
  readonly pause_reasons: readonly string[]
  /** The words for how a session went, as of the join. */
  readonly codes: readonly string[]
  /**
   * How the last offer ended on all devices; null again when the next one comes. The outcome is null while the client
   * asks for it, because the offer ended while the connection was lost.
   */
  readonly closed: { readonly offer: Offer; readonly outcome: Outcome | null } | null
}

/** The fields that an employee's join and `status` have where they apply. */
interface Where {
  readonly pause?: Pause
  readonly resting_until?: Time
  readonly wrap_ups?: readonly WrapUp[]
  readonly room?: Capacity
  readonly sessions?: readonly Session[]
}

/** The events of the topic. */
export interface EmployeeEvents {
  readonly offer: { readonly offer: Offer }
  readonly offer_closed: { readonly offer_id: string; readonly outcome: Outcome }
  readonly status: Where & {
    readonly status: Status
    readonly since: Time
    readonly intent: Intent
    readonly cause: Cause
  }
  readonly session: {
    readonly session: Session
    readonly wrap_up_ends_in_ms: number | null
    readonly wrap_ups?: readonly WrapUp[]
  }
}

/** An employee's own topic. */
export class EmployeeTopic extends Topic<EmployeeState, EmployeeEvents> {
  /** How far the server's clock is ahead of this device's monotonic clock, as far as events have told. */
  #ahead: number | undefined

  /** Sets the intent; during a session it takes effect when the session ends. */
  setStatus(intent: Intent): Promise<{ status: Status; intent: Intent }> {
    return this.request('set_status', { status: intent })
  }

  /** Goes offline for a reason, for a time, or both; after the time the employee is idle again. */
  pause({ reason, for_ms }: { reason?: string; for_ms?: number }): Promise<{ status: Status; intent: Intent }> {
    return this.request('set_status', { status: 'offline', reason, for_ms })
  }

  /** Ends the wrap-up of a session; without one, all wrap-ups and a rest. */
  finish(session?: string): Promise<{ status: Status }> {
    // While another session runs, no event says that the wrap-up is over.
    return this.request('finish', { session_id: session }, () => {
      const { state } = this
      const left = state?.wrap_ups.filter(({ session_id }) => session !== undefined && session_id !== session)
      if (state && left?.length !== state.wrap_ups.length) this.become({ ...state, wrap_ups: left ?? [] })
    })
  }

  /** Has a wrap-up go on for so long from now, at most until its `max_until`. */
  extend(session: string, forMs: number): Promise<{ until: Time }> {
    return this.request('extend', { session_id: session, for_ms: forMs })
  }

  /** Says how a session went, in one of `codes`; the last one counts. */
  async code(session: string, code: string): Promise<Session> {
    return (await this.request<{ session: Session }>('code', { session_id: session, code })).session
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
    const { wrap_up_ends_in_ms, offer, pause: _, resting_until: __, sessions, ...rest } = reply
    const before = known?.offer
    const hasEnded = before != null && before.id !== offer?.id
    const all = sessions ?? (reply.session ? [reply.session] : [])
    const isAccepted = hasEnded && all.some(({ booking_id }) => booking_id === before.booking_id)
    if (hasEnded && !isAccepted) void this.#askHowItEnded(before)
    const ended = hasEnded ? { offer: before, outcome: isAccepted ? ('accepted' as const) : null } : known?.closed
    const closed = offer ? null : (ended ?? null)
    if (offer) this.#learn(offer.expires_at, offer.expires_in_ms)
    return {
      ...rest,
      cause: null,
      offer: offer && withEnd(offer),
      closed,
      ...withSessions(all),
      wrap_up_ends_at: at(wrap_up_ends_in_ms),
      ...this.#where(reply, wrap_up_ends_in_ms),
      room: reply.room ?? null,
      pause_reasons: reply.pause_reasons ?? [],
      codes: reply.codes ?? [],
    }
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
        this.#learn(payload.offer.expires_at, payload.offer.expires_in_ms)
        return { ...state, offer: withEnd(payload.offer), closed: null }
      case 'offer_closed':
        return withoutOffer(state, payload)
      case 'status':
        return this.#withStatus(state, payload)
      case 'session': {
        const { session, wrap_up_ends_in_ms } = payload
        const { wrap_ups } = this.#where(payload, wrap_up_ends_in_ms)
        return { ...withSession(state, session), wrap_up_ends_at: at(wrap_up_ends_in_ms), wrap_ups }
      }
      default:
        return state
    }
  }

  #withStatus(state: EmployeeState, told: EmployeeEvents['status']): EmployeeState {
    const { status, since, intent, cause, room, sessions } = told
    this.#isPast(since)
    const wrap_up_ends_at = status === 'busy' ? state.wrap_up_ends_at : null
    return {
      ...state,
      ...(sessions && withSessions(sessions)),
      status,
      since,
      intent,
      cause,
      wrap_up_ends_at,
      ...this.#where(told, null),
      room: room ?? null,
    }
  }

  /** Takes the ends of a pause, a rest and wrap-ups over to this device's monotonic clock. */
  #where({ pause, resting_until, wrap_ups = [] }: Where, wrapUpEndsInMs: number | null | undefined) {
    const latest = wrap_ups.map(({ until }) => until).sort().at(-1)
    if (latest !== undefined && wrapUpEndsInMs != null) this.#learn(latest, wrapUpEndsInMs)
    const moment = (time: Time) => Date.parse(time) - (this.#ahead ?? aheadByWall())
    return {
      pause: pause ?? null,
      pause_ends_at: pause?.until == null ? null : moment(pause.until),
      rest_ends_at: resting_until === undefined ? null : moment(resting_until),
      wrap_ups: wrap_ups.map((one): HeardWrapUp => ({
        ...one,
        ends_at: moment(one.until),
        max_ends_at: one.max_until === undefined ? null : moment(one.max_until),
      })),
    }
  }

  /** Learns the server's clock from a time of which it says how far away it is; a wrong clock here does no harm then. */
  #learn(time: Time, inMs: number): void {
    this.#ahead = Date.parse(time) - inMs - performance.now()
  }

  /** Learns that the server's clock is past a time. */
  #isPast(time: Time): void {
    this.#ahead = Math.max(this.#ahead ?? aheadByWall(), Date.parse(time) - performance.now())
  }
}

function aheadByWall(): number {
  return Date.now() - performance.now()
}

interface Snapshot extends Where {
  readonly company: Company
  readonly status: Status
  readonly since: Time
  readonly intent: Intent
  readonly offer: Offer | null
  readonly session: Session | null
  readonly wrap_up_ends_in_ms: number | null
  readonly pause_reasons?: readonly string[]
  readonly codes?: readonly string[]
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

/** The state with one session more or less, or a session that has changed. */
function withSession(state: EmployeeState, session: Session): EmployeeState {
  const others = state.sessions.filter(({ id }) => id !== session.id)
  if (session.ended_at !== null) return { ...state, ...withSessions(others) }
  const isKnown = others.length < state.sessions.length
  const all = isKnown ? state.sessions.map((one) => (one.id === session.id ? session : one)) : [session, ...others]
  return { ...state, ...withSessions(all) }
}

function withSessions(sessions: readonly Session[]): Pick<EmployeeState, 'session' | 'sessions'> {
  return { session: sessions[0] ?? null, sessions }
}
