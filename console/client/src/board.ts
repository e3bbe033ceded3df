// `board:{company}`: what goes on in a company, as whoever runs it sees it.

import { Topic, type Heard } from './topic.js'
import type { Booking, Company, Employee, Session, Today } from './words.js'

/** What goes on. The maps are changed in place, for speed; the state is a new object at each change. */
export interface BoardState {
  readonly company: Company
  readonly employees: ReadonlyMap<string, Employee>
  /** Open ones. */
  readonly bookings: ReadonlyMap<string, Booking>
  /** Running ones. */
  readonly sessions: ReadonlyMap<string, Session>
  /** The snapshot's counts, moved on by what is heard; a new day in UTC, by this device's clock, begins at 0. */
  readonly today: Today
}

/** What is heard on the topic. */
export interface BoardEvents {
  readonly employee: { readonly employee: Employee | { readonly id: string; readonly removed: true } }
  readonly booking: { readonly booking: Booking }
  readonly session: { readonly session: Session }
}

/** A company's board. Subscribers are called at most once per animation frame, however many events come. */
export class BoardTopic extends Topic<BoardState, BoardEvents> {
  #told = true
  #rows: Rows = { employees: new Map(), bookings: new Map(), sessions: new Map() }
  #today: Today = NOTHING
  #day = ''

  /** @internal */
  protected override joined(reply: Snapshot): BoardState {
    const { company, employees, bookings, sessions, today } = reply
    this.#rows = { employees: byId(employees), bookings: byId(bookings), sessions: byId(sessions) }
    this.#day = dayNow()
    this.#today = today
    return { company, ...this.#rows, today }
  }

  /** @internal */
  protected override heard({ event, payload }: Heard<BoardEvents>, state: BoardState): BoardState {
    this.#turnTheDay()
    if (event === 'employee') this.#heardEmployee(payload.employee)
    else if (event === 'booking') this.#heardBooking(payload.booking)
    else if (event === 'session') this.#heardSession(payload.session)
    else return state
    return { company: state.company, ...this.#rows, today: this.#today }
  }

  /** @internal */
  protected override changed(): void {
    if (!this.#told) return
    this.#told = false
    const tell = () => {
      this.#told = true
      super.changed()
    }
    const page = globalThis.document
    if (page?.visibilityState === 'visible') requestAnimationFrame(tell)
    else setTimeout(tell, page ? HIDDEN_MS : FRAME_MS)
  }

  #heardEmployee(row: BoardEvents['employee']['employee']): void {
    if ('removed' in row) this.#rows.employees.delete(row.id)
    else this.#rows.employees.set(row.id, row)
  }

  /** A booking counts when it is first heard of and when it leaves; it is told more often than that. */
  #heardBooking(booking: Booking): void {
    const { bookings } = this.#rows
    if (booking.state === 'offering') {
      if (!bookings.has(booking.id)) this.#count('booked')
      bookings.set(booking.id, booking)
    } else if (bookings.delete(booking.id)) {
      this.#count(booking.state)
    }
  }

  #heardSession(session: Session): void {
    const { sessions } = this.#rows
    if (session.ended_at === null) sessions.set(session.id, session)
    else if (sessions.delete(session.id)) this.#count('ended')
  }

  #count(what: keyof Today): void {
    this.#today = { ...this.#today, [what]: this.#today[what] + 1 }
  }

  #turnTheDay(): void {
    const day = dayNow()
    if (day !== this.#day) this.#today = NOTHING
    this.#day = day
  }
}

interface Rows {
  readonly employees: Map<string, Employee>
  readonly bookings: Map<string, Booking>
  readonly sessions: Map<string, Session>
}

interface Snapshot {
  readonly company: Company
  readonly employees: readonly Employee[]
  readonly bookings: readonly Booking[]
  readonly sessions: readonly Session[]
  readonly today: Today
}

function byId<Row extends { readonly id: string }>(rows: readonly Row[]): Map<string, Row> {
  return new Map(rows.map((row) => [row.id, row]))
}

function dayNow(): string {
  return new Date().toISOString().slice(0, 10)
}

const NOTHING: Today = { booked: 0, assigned: 0, unanswered: 0, cancelled: 0, expired: 0, ended: 0 }
const FRAME_MS = 16
const HIDDEN_MS = 250
