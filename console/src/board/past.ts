// The past as the HTTP API tells it: bookings with their offers, and their steps in order.
import type { Booking, BookingReason, BookingState, EndedBy, Outcome, Time } from 'switchboard-client'

/** The reason why an employee was not asked. */
export type WhyNot =
  | 'already_asked'
  | 'wrong_topic'
  | 'level_too_low'
  | 'lacks_skill'
  | 'later_step'
  | 'unreachable'
  | 'busy'
  | 'resting'
  | 'paused'

/** The employees who were passed over for an offer. */
export interface PassedOver {
  readonly employees: readonly { readonly employee_id: string; readonly why: WhyNot; readonly since: Time }[]
  /** Number of further employees. */
  readonly more: number
}

/** An offer as the API lists it. */
export interface PastOffer {
  readonly id: string
  readonly attempt: number
  readonly employee_id: string
  readonly made_at: Time
  readonly delivered_at: Time | null
  readonly delivered_to: string | null
  readonly closed_at: Time | null
  readonly outcome: Outcome | null
  readonly reason: string | null
}

/** A booking with its offers. */
export interface PastBooking extends Omit<Booking, 'offers'> {
  readonly offers: readonly PastOffer[]
}

/** One step in the story of a booking. */
export type Step = { readonly at: Time } & (
  | { readonly what: 'opened'; readonly client_id: string; readonly topic: string }
  | {
      readonly what: 'offered'
      readonly employee_id: string
      /** Missing where history was removed, like the next two fields. */
      readonly idle_since?: Time
      readonly behind?: number
      readonly passed_over?: PassedOver
    }
  | { readonly what: 'delivered'; readonly employee_id: string | null; readonly device: string | null }
  | {
      readonly what: 'closed'
      readonly employee_id: string | null
      readonly outcome: Outcome
      readonly reason: string | null
    }
  | { readonly what: 'assigned'; readonly employee_id: string | null }
  | { readonly what: 'step_opened'; readonly step: number; readonly early: boolean }
  | { readonly what: 'coded'; readonly code: string }
  | { readonly what: 'client_left' }
  | { readonly what: 'client_returned' }
  | { readonly what: 'waited'; readonly until: Time; readonly passed_over: PassedOver }
  | {
      readonly what: 'ended'
      readonly state: BookingState
      readonly reason: BookingReason
      readonly passed_over: PassedOver
    }
  | { readonly what: 'session_ended'; readonly ended_by: EndedBy | null; readonly reason: string | null }
)

/** The steps of a booking, in order. */
export interface Timeline {
  readonly booking_id: string
  readonly steps: readonly Step[]
}

/** A page of a list. */
export interface Page<Item> {
  readonly items: readonly Item[]
  /** Cursor of the next page; null on the last one. */
  readonly next: string | null
}
