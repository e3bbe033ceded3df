// The contract's objects and words, as in docs/protocol.md.

/** A moment: RFC 3339 in UTC with milliseconds. */
export type Time = string

/** An employee's status, which the server derives and clients never set. */
export type Status = 'offline' | 'idle' | 'init' | 'busy'

/** The status that an employee wishes for. */
export type Intent = 'offline' | 'idle'

/** Why a status or an intent changed. */
export type Cause =
  | 'set_by_employee'
  | 'set_by_admin'
  | 'offer'
  | 'declined'
  | 'missed'
  | 'session_started'
  | 'session_ended'
  | 'connection_lost'
  | 'reconnected'
  | 'pause_over'
  | 'rest_over'

/** The state of a booking. */
export type BookingState = 'offering' | 'waiting' | 'assigned' | 'unanswered' | 'cancelled' | 'expired'

/** Why a search ended without a session. */
export type BookingReason =
  | 'everyone_declined'
  | 'nobody_left'
  | 'client_cancelled'
  | 'client_lost'
  | 'deadline'
  | 'waited_too_long'
  | 'closed_by_admin'

/** The outcome of an offer. */
export type Outcome =
  | 'accepted'
  | 'rejected'
  | 'timed_out'
  | 'undelivered'
  | 'client_cancelled'
  | 'client_lost'
  | 'went_offline'
  | 'withdrawn_by_admin'
  | 'booking_expired'
  | 'taken'

/** A side of a session. */
export type Side = 'client' | 'employee'

/** By which side a session ended. */
export type EndedBy = 'client' | 'employee' | 'admin' | 'lost'

/** Any value of JSON. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [name: string]: Json }

/** A company as its pages show it, as of the join: a change shows at the next join. */
export interface Company {
  readonly id: string
  readonly name: string
  /** `#rrggbb`, if one is set. */
  readonly colour: string | null
  /** The path of the picture on the server's own origin, if there is one. */
  readonly logo: string | null
}

/** A client's booking, and its outcome. */
export interface Booking {
  readonly id: string
  readonly company_id: string
  readonly client_id: string
  /** The client's display name, if their token had one. */
  readonly client_name: string | null
  readonly topic: string
  readonly note: Json
  readonly state: BookingState
  /** Null while it is open or assigned. */
  readonly reason: BookingReason | null
  /** Number of employees asked so far. */
  readonly offers: number
  readonly created_at: Time
  readonly session: Session | null
  readonly employee: { readonly id: string; readonly name: string } | null
  /** The place in the line, while the state is `waiting`. */
  readonly waiting?: Waiting
  /** From 0 to 10; only boards are told. */
  readonly priority?: number
}

/** How a booking waits in the line of its route. */
export interface Waiting {
  readonly since: Time
  /** When the wait ends without a session. */
  readonly until: Time
  /** One more than the number of those who are earlier in the line for the same topic. */
  readonly place: number
  /** How long it will take from now on, most likely; null if there is no honest answer. */
  readonly estimate: { readonly from_ms: number; readonly to_ms: number } | null
  /** Number of employees on duty who may be asked. */
  readonly on_duty: number
  /** The latest step that has opened, from 1. */
  readonly step: number
}

/** A consultation between a client and an employee. */
export interface Session {
  readonly id: string
  readonly booking_id: string
  readonly company_id: string
  readonly client_id: string
  /** The client's display name, if their token had one. */
  readonly client_name: string | null
  readonly employee_id: string
  readonly topic: string
  readonly started_at: Time
  readonly ended_at: Time | null
  readonly ended_by: EndedBy | null
  /** The reason given with the end. */
  readonly reason: string | null
  /** How it went, in one of the company's words, if the employee has said so. No client is told. */
  readonly code?: string
}

/** A question to an employee whether they take a booking. */
export interface Offer {
  readonly id: string
  readonly booking_id: string
  readonly client_id: string
  /** The client's display name, if their token had one. */
  readonly client_name: string | null
  readonly topic: string
  readonly note: Json
  /** The first employee who is asked has 1. */
  readonly attempt: number
  readonly expires_at: Time
  /** Counted from the moment at which the offer was sent, so that a wrong clock does no harm. */
  readonly expires_in_ms: number
  /** The skills that the client asks for, each with its least level. */
  readonly skills?: Skills
  /** Number of others who are asked at the same time. */
  readonly others?: number
  /** How long the client had waited when the offer was sent. */
  readonly waited_ms?: number
  /** Whether the client asks for this employee. */
  readonly wanted?: boolean
  readonly channel?: string
}

/** Words, each with a level from 1 to 10. */
export type Skills = { readonly [skill: string]: number }

/** A pause: an employee is offline for a reason, or until a time, or both. */
export interface Pause {
  readonly reason: string | null
  readonly until: Time | null
}

/** The time after a session, in a company with a routing. */
export interface WrapUp {
  readonly session_id: string
  readonly until: Time
  /** The latest end, if it can be extended. */
  readonly max_until?: Time
}

/** An employee's room for sessions and wrap-ups, of which some is in use. */
export interface Capacity {
  readonly capacity: number
  readonly used: number
}

/** A message of a session's chat. */
export interface Message {
  readonly id: string
  readonly from: Side
  readonly body: string
  readonly at: Time
}

/** An employee's own notes on a session; no client sees them. */
export interface Notes {
  readonly body: string
  readonly at: Time
}

/** Availability in all, or for one topic. */
export interface Available {
  /** Whether `book` can succeed. */
  readonly available: boolean
  /** Number of idle employees with a device. */
  readonly idle: number
  /** Number of clients who wait, where there is a line. */
  readonly waiting?: number
}

/** Availability in all and by topic. */
export interface Availability extends Available {
  readonly topics: { readonly [topic: string]: Available }
}

/** A change of the availability: only these topics; null for one that no employee names any more. */
export interface AvailabilityChange extends Available {
  readonly topics: { readonly [topic: string]: Available | null }
}

/** An employee, as a board shows one. */
export interface Employee {
  readonly id: string
  readonly name: string
  /** Empty means all topics. */
  readonly topics: readonly string[]
  readonly status: Status
  readonly since: Time
  readonly intent: Intent
  readonly skills?: Skills
  readonly capacity?: number
  readonly share?: number
  readonly pause?: Pause
  readonly resting_until?: Time
}

/** Counts of this day, in UTC. */
export interface Today {
  readonly booked: number
  readonly assigned: number
  readonly unanswered: number
  readonly cancelled: number
  readonly expired: number
  readonly ended: number
}

/** A server through which two browsers find each other, as `RTCPeerConnection` takes it. */
export interface IceServer {
  readonly urls: readonly string[]
  readonly username?: string
  readonly credential?: string
}
