// The connection of one person to the server, and its topics.

import { BoardTopic } from './board.js'
import { CompanyTopic } from './company.js'
import { EmployeeTopic } from './employee.js'
import { Line, type LineState, type Options } from './line.js'
import { SessionTopic } from './session.js'
import type { Topic } from './topic.js'

/** One person's connection: a socket that reconnects by itself, and the topics that were joined on it. */
export class Switchboard {
  readonly #line: Line
  readonly #topics = new Map<string, Topic<unknown>>()

  /** `url` has the form `wss://host/socket`; in a page `${location.origin.replace(/^http/, 'ws')}/socket`. */
  constructor(url: string, options: Options) {
    this.#line = new Line(url, options)
  }

  /** Connects, and stays connected until `disconnect`. After `refused` this starts over with a fresh token. */
  connect(): void {
    this.#line.connect()
  }

  /** Disconnects. Topics stay, with their state, and are joined again at the next `connect`. */
  disconnect(): void {
    this.#line.disconnect()
  }

  get line(): LineState {
    return this.#line.state
  }

  /** Called at every change of `line`; returns the function that stops this. */
  onLine(listener: (line: LineState) => void): () => void {
    return this.#line.onState(listener)
  }

  /** A client's topic: the availability and their booking. */
  company(company: string): CompanyTopic {
    return this.#topic(CompanyTopic, `company:${company}`)
  }

  /** An employee's topic at work. */
  employee(company: string, employee: string): EmployeeTopic {
    return this.#topic(EmployeeTopic, `employee:${company}:${employee}`)
  }

  /** The topic of a consultation. */
  session(session: string): SessionTopic {
    return this.#topic(SessionTopic, `session:${session}`)
  }

  /** The board of a company. */
  board(company: string): BoardTopic {
    return this.#topic(BoardTopic, `board:${company}`)
  }

  /** The known topic, or a new one that joins. After `leave` a new one is made. */
  #topic<Kind extends Topic<unknown>>(Kind: Joining<Kind>, name: string): Kind {
    let topic = this.#topics.get(name)
    if (!topic) this.#topics.set(name, (topic = new Kind(this.#line, name, () => void this.#topics.delete(name))))
    return topic as Kind
  }
}

type Joining<Kind> = new (line: Line, name: string, left: () => void) => Kind
