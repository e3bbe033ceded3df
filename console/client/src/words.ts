// The contract's objects and words, as docs/protocol.md has them.

/** A moment: RFC 3339 in UTC with milliseconds. */
export type Time = string

/** What an employee is: derived by the server, never set. */
export type Status = 'offline' | 'idle' | 'init' | 'busy'

/** What an employee wants to be. */
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

/** How a search goes. */
export type BookingState = 'offering' | 'assigned' | 'unanswered' | 'cancelled' | 'expired'

/** Why a search ended without a session. */
export type BookingReason =
  | 'everyone_declined'
  | 'nobody_left'
  | 'client_cancelled'
  | 'client_lost'
  | 'deadline'
  | 'closed_by_admin'

/** How an offer ended. */
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

/** A side of a session. */
export type Side = 'client' | 'employee'

/** Who ended a session. */
export type EndedBy = 'client' | 'employee' | 'admin' | 'lost'

/** Anything that JSON can say. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [name: string]: Json }

/** A company as its pages show it. It is as it was at the join: a change shows with the next one. */
export interface Company {
  readonly id: string
  readonly name: string
  /** `#rrggbb`, if one is set. */
  readonly colour: string | null
  /** The path of the picture on the server's own origin, if there is one. */
  readonly logo: string | null
}

/** A client's wish, and what became of it. */
export interface Booking {
  readonly id: string
  readonly company_id: string
  readonly client_id: string
  /** What people call the client, if their token said so. */
  readonly client_name: string | null
  readonly topic: string
  readonly note: Json
  readonly state: BookingState
  /** Null while it is open or assigned. */
  readonly reason: BookingReason | null
  /** How many employees were asked so far. */
  readonly offers: number
  readonly created_at: Time
  readonly session: Session | null
  readonly employee: { readonly id: string; readonly name: string } | null
}

/** A consultation. */
export interface Session {
  readonly id: string
  readonly booking_id: string
  readonly company_id: string
  readonly client_id: string
  /** What people call the client, if their token said so. */
  readonly client_name: string | null
  readonly employee_id: string
  readonly topic: string
  readonly started_at: Time
  readonly ended_at: Time | null
  readonly ended_by: EndedBy | null
  /** What the ender wrote. */
  readonly reason: string | null
}

/** A question to an employee. */
export interface Offer {
  readonly id: string
  readonly booking_id: string
  readonly client_id: string
  /** What people call the client, if their token said so. */
  readonly client_name: string | null
  readonly topic: string
  readonly note: Json
  /** The first employee who is asked has 1. */
  readonly attempt: number
  readonly expires_at: Time
  /** From the moment at which it was told: no wrong clock does harm. */
  readonly expires_in_ms: number
}

/** A line of a session's chat. */
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

/** What can be booked now, in all or for one topic. */
export interface Available {
  /** Whether `book` can succeed. */
  readonly available: boolean
  /** How many are idle and have a device. */
  readonly idle: number
}

/** What can be booked now. */
export interface Availability extends Available {
  readonly topics: { readonly [topic: string]: Available }
}

/** What changed of it: these topics alone; null for one that nobody names any more. */
export interface AvailabilityChange extends Available {
  readonly topics: { readonly [topic: string]: Available | null }
}

/** An employee, as a board shows them. */
export interface Employee {
  readonly id: string
  readonly name: string
  /** None means all. */
  readonly topics: readonly string[]
  readonly status: Status
  readonly since: Time
  readonly intent: Intent
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
