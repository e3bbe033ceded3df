// `company:{company}`: what a client can book, and their booking.

import { freshKey } from './key.js'
import { Refusal } from './refusal.js'
import { Topic, type Heard } from './topic.js'
import type { Availability, AvailabilityChange, Available, Booking, Company, Json } from './words.js'

/** What can be booked, and what was. */
export interface CompanyState {
  readonly company: Company
  readonly availability: Availability
  /** The open or assigned one. One that has ended stays, also over a lost line, until `book` or `forget`. */
  readonly booking: Booking | null
}

/** What a client wishes to talk about. */
export interface Wish {
  readonly topic: string
  /** Handed to the employee; up to 4096 bytes as JSON. */
  readonly note?: Json
  /** The same key gives the same booking, never a second one. One is made when none is given. */
  readonly key?: string
}

/** What is heard on the topic. */
export interface CompanyEvents {
  /** Only what changed; the state has all of it. */
  readonly availability: AvailabilityChange
  readonly booking: { readonly booking: Booking }
}

/** A client's side of a company. */
export class CompanyTopic extends Topic<CompanyState, CompanyEvents> {
  /** The id of the booking that was put away last. */
  #away = ''

  /** Asks for a consultation. It is repeated with its key until an answer came. */
  async book({ topic, note, key = freshKey() }: Wish): Promise<Booking> {
    this.forget()
    // A key that was used before has its booking back, also one that was put away.
    return this.#ask('book', { topic, note, key }, (booking) => {
      if (this.state) this.become(withBooking(this.state, booking))
    })
  }

  /** Stops the search. */
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

  /** @internal */
  protected override joined(reply: CompanyState, known: CompanyState | undefined): CompanyState {
    const before = known?.booking ?? null
    if (reply.booking || !before) return reply
    // It ended while the line was lost, and the snapshot does not say how.
    if (!isOver(before)) void this.#askHowItEnded(before)
    return { ...reply, booking: before }
  }

  /** @internal */
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

  /** Ids are in the order in which bookings were made: what comes of one that was put away, or of one before it, is late. */
  #isAway({ id }: Booking): boolean {
    return id <= this.#away
  }

  /** To cancel what is over changes nothing, and the answer has the booking as it ended. */
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

/** What changed takes the place of what was; topics stay in order. */
function merged(known: Availability, { available, idle, topics }: AvailabilityChange): Availability {
  const all = Object.entries({ ...known.topics, ...topics }).filter((entry): entry is [string, Available] => entry[1] !== null)
  all.sort(([one], [other]) => (one < other ? -1 : 1))
  return { available, idle, topics: Object.fromEntries(all) }
}

/** Ids are in the order in which bookings were made: what is told of an older one is late. */
function withBooking(state: CompanyState, booking: Booking): CompanyState {
  return state.booking && state.booking.id > booking.id ? state : { ...state, booking }
}

function isOver({ state, session }: Booking): boolean {
  return state === 'assigned' ? session?.ended_at != null : state !== 'offering'
}
