// `board:{company}`: the live state of a company, for admins.

import { isOpen } from './company.js'
import { Refusal } from './refusal.js'
import { Topic, type Heard } from './topic.js'
import type { Booking, Company, Employee, Session, Today } from './words.js'

/** The board's state. The maps are changed in place, for speed; the state object is new at each change. */
export interface BoardState {
  readonly company: Company
  readonly employees: ReadonlyMap<string, Employee>
  /** Open bookings by id. */
  readonly bookings: ReadonlyMap<string, Booking>
  /** Running sessions by id. */
  readonly sessions: ReadonlyMap<string, Session>
  /** The snapshot's counts, updated by each event. A new day in UTC, by this device's clock, begins at 0. */
  readonly today: Today
  /** Whether every page was read; a large company's board arrives in several pages. */
  readonly complete: boolean
}

/** The events of the topic. */
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
  #complete = false
  #company!: Company
  /** The join whose pages are being read. */
  #join: object | undefined

  /** The state after the first page; further pages are read afterwards. @internal */
  protected override joined(reply: Page): BoardState {
    this.#company = reply.company
    this.#rows = { employees: new Map(), bookings: new Map(), sessions: new Map() }
    const join = (this.#join = {})
    this.#take(reply)
    if (reply.next !== null) void this.#readOn(reply.next, join)
    return this.#now()
  }

  /** Reads page after page until the end, or until the connection is lost; the next join starts over. */
  async #readOn(first: string, join: object): Promise<void> {
    for (let after: string | null = first; after !== null; ) {
      const answer: object | undefined = await this.once('more', { after }, undefined, (page) => {
        if (this.#join !== join) return
        this.#take(page as Page)
        this.become(this.#now())
      })
      if (!this.live || this.#join !== join) return
      if (answer instanceof Refusal) {
        if (!answer.passing) return
        await this.delayed(answer.retryInMs)
      } else if (answer) {
        after = (answer as Page).next
      }
    }
  }

  /** Takes in a page. Its rows are as new as all events before it. */
  #take({ employees, bookings, sessions, today, next }: Page): void {
    for (const row of employees) this.#rows.employees.set(row.id, row)
    for (const row of bookings) this.#rows.bookings.set(row.id, row)
    for (const row of sessions) this.#rows.sessions.set(row.id, row)
    this.#day = dayNow()
    this.#today = today
    this.#complete = next === null
  }

  #now(): BoardState {
    return { company: this.#company, ...this.#rows, today: this.#today, complete: this.#complete }
  }

  /** The state after an event, with the maps changed in place. @internal */
  protected override heard({ event, payload }: Heard<BoardEvents>, state: BoardState): BoardState {
    this.#turnTheDay()
    if (event === 'employee') this.#heardEmployee(payload.employee)
    else if (event === 'booking') this.#heardBooking(payload.booking)
    else if (event === 'session') this.#heardSession(payload.session)
    else return state
    return this.#now()
  }

  /** Tells the subscribers at most once per animation frame. @internal */
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

  /**
   * Counts a booking when it is first heard of and when it leaves, because events about it come more often than that.
   */
  #heardBooking(booking: Booking): void {
    const { bookings } = this.#rows
    if (isOpen(booking)) {
      if (!bookings.has(booking.id)) this.#count('booked')
      bookings.set(booking.id, booking)
    } else if (bookings.delete(booking.id)) {
      // An end is one of the states that are counted.
      this.#count(booking.state as keyof Today)
    }
  }

  #heardSession(session: Session): void {
    const { sessions } = this.#rows
    if (session.ended_at === null) sessions.set(session.id, session)
    else if (sessions.delete(session.id)) this.#count('ended')
  }

  /**
   * Counts an event. While pages arrive, each brings the counts itself, because unread rows cannot be told from new
   * ones.
   */
  #count(what: keyof Today): void {
    if (this.#complete) this.#today = { ...this.#today, [what]: this.#today[what] + 1 }
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

interface Page {
  readonly company: Company
  readonly employees: readonly Employee[]
  readonly bookings: readonly Booking[]
  readonly sessions: readonly Session[]
  readonly today: Today
  /** Cursor of the next page; null on the last one. */
  readonly next: string | null
}

function dayNow(): string {
  return new Date().toISOString().slice(0, 10)
}

const NOTHING: Today = { booked: 0, assigned: 0, unanswered: 0, cancelled: 0, expired: 0, ended: 0 }
const FRAME_MS = 16
const HIDDEN_MS = 250
