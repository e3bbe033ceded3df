// `company:{company}`: the availability for a client, and their booking.

import { freshKey } from './key.js'
import { Refusal } from './refusal.js'
import { Topic, type Heard } from './topic.js'
import type { Availability, AvailabilityChange, Available, Booking, BookingState, Company, Json, Skills } from './words.js'

/** The availability in a company, and the client's booking. */
export interface CompanyState {
  readonly company: Company
  readonly availability: Availability
  /** The client's latest booking. One that has ended stays, also over a lost connection, until `book` or `forget`. */
  readonly booking: Booking | null
}

/** A client's request for a consultation. */
export interface Wish {
  readonly topic: string
  /** Handed to the employee; up to 4096 bytes as JSON. */
  readonly note?: Json
  /** Idempotency key: the same key returns the same booking, never a second one. Without one, a key is made. */
  readonly key?: string
  /** Skills that the employee must have, each with its least level. */
  readonly skills?: Skills
  /** The longest wait in the line; 0 means not to wait at all. */
  readonly wait_ms?: number
}

/** The events of the topic. */
export interface CompanyEvents {
  /** Only the changes; the state has everything. */
  readonly availability: AvailabilityChange
  readonly booking: { readonly booking: Booking }
}

/** A company's topic, as a client joins it. */
export class CompanyTopic extends Topic<CompanyState, CompanyEvents> {
  /** Id of the booking that was put away last. */
  #away = ''

  /** Books a consultation. The request is repeated with its key until an answer comes. */
  async book({ topic, note, key = freshKey(), skills, wait_ms }: Wish): Promise<Booking> {
    this.forget()
    // A key used before returns its booking, even one that was put away.
    return this.#ask('book', { topic, note, key, skills, wait_ms }, (booking) => {
      if (this.state) this.become(withBooking(this.state, booking))
    })
  }

  /** Cancels the search of a booking. */
  cancel(booking: string): Promise<Booking> {
    return this.#ask('cancel', { booking_id: booking }, (ended) => this.#take(ended))
  }

  /** Puts an ended booking away. */
  forget(): void {
    const { state } = this
    if (!state?.booking || !isOver(state.booking)) return
    this.#away = state.booking.id
    this.become({ ...state, booking: null })
  }

  /** The state after a join, with the former booking if the snapshot has none. @internal */
  protected override joined(reply: CompanyState, known: CompanyState | undefined): CompanyState {
    const before = known?.booking ?? null
    if (reply.booking || !before) return reply
    // The booking ended while the connection was lost, and the snapshot does not say how.
    if (!isOver(before)) void this.#askHowItEnded(before)
    return { ...reply, booking: before }
  }

  /** The state after an event. @internal */
  protected override heard({ event, payload }: Heard<CompanyEvents>, state: CompanyState): CompanyState {
    switch (event) {
      case 'availability':
        return { ...state, availability: merged(state.availability, payload) }
      case 'booking':
        return this.#isAway(payload.booking) ? state : withBooking(state, payload.booking)
      default:
        return state
    }
  }

  async #ask(event: string, payload: Record<string, Json | undefined>, take: (booking: Booking) => void): Promise<Booking> {
    return (await this.request<{ booking: Booking }>(event, payload, ({ booking }) => take(booking))).booking
  }

  #take(booking: Booking): void {
    if (this.state && !this.#isAway(booking)) this.become(withBooking(this.state, booking))
  }

  /**
   * Whether a booking was put away, or is older than that one. Ids are in order of creation, so news of such a booking
   * is late.
   */
  #isAway({ id }: Booking): boolean {
    return id <= this.#away
  }

  /** Cancels the ended booking, which changes nothing: the answer has the booking as it ended. */
  async #askHowItEnded({ id }: Booking): Promise<void> {
    try {
      await this.cancel(id)
    } catch (error) {
      const ended = error instanceof Refusal ? error.details['booking'] : undefined
      if (ended) this.#take(ended as unknown as Booking)
      else if (this.live && this.state?.booking?.id === id) this.become({ ...this.state, booking: null })
    }
  }
}

/** Merges a change into the availability; topics stay in order. */
function merged(known: Availability, { topics, ...whole }: AvailabilityChange): Availability {
  const all = Object.entries({ ...known.topics, ...topics }).filter((entry): entry is [string, Available] => entry[1] !== null)
  all.sort(([one], [other]) => (one < other ? -1 : 1))
  return { ...whole, topics: Object.fromEntries(all) }
}

/** Takes a booking into the state, unless the state has a newer one: ids are in order of creation. */
function withBooking(state: CompanyState, booking: Booking): CompanyState {
  return state.booking && state.booking.id > booking.id ? state : { ...state, booking }
}

/** Whether a search goes on: an employee is asked, or the client waits. */
export function isOpen({ state }: { readonly state: BookingState }): boolean {
  return state === 'offering' || state === 'waiting'
}

function isOver({ state, session }: Booking): boolean {
  return state === 'assigned' ? session?.ended_at != null : !isOpen({ state })
}
