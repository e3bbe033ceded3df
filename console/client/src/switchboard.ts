// One person's line to the server, and the topics on it.

import { BoardTopic } from './board.js'
import { CompanyTopic } from './company.js'
import { EmployeeTopic } from './employee.js'
import { Line, type LineState, type Options } from './line.js'
import { SessionTopic } from './session.js'
import type { Topic } from './topic.js'

/** One person's line: one socket, healed by itself, with the topics that they have joined. */
export class Switchboard {
  readonly #line: Line
  readonly #topics = new Map<string, Topic<unknown>>()

  /** `url` is such as `wss://host/socket`; in a page `${location.origin.replace(/^http/, 'ws')}/socket`. */
  constructor(url: string, options: Options) {
    this.#line = new Line(url, options)
  }

  /** Connects, and stays connected until `disconnect`. After `refused` it begins anew with a fresh token. */
  connect(): void {
    this.#line.connect()
  }

  /** Hangs up. Topics stay, with what they know, and are joined again at the next `connect`. */
  disconnect(): void {
    this.#line.disconnect()
  }

  get line(): LineState {
    return this.#line.state
  }

  /** Called at every change of `line`; returns what stops it. */
  onLine(listener: (line: LineState) => void): () => void {
    return this.#line.onState(listener)
  }

  /** What a client may book, and their booking. */
  company(company: string): CompanyTopic {
    return this.#topic(CompanyTopic, `company:${company}`)
  }

  /** An employee at work. */
  employee(company: string, employee: string): EmployeeTopic {
    return this.#topic(EmployeeTopic, `employee:${company}:${employee}`)
  }

  /** A consultation. */
  session(session: string): SessionTopic {
    return this.#topic(SessionTopic, `session:${session}`)
  }

  /** What goes on in a company. */
  board(company: string): BoardTopic {
    return this.#topic(BoardTopic, `board:${company}`)
  }

  /** The one that is there, or a new one that joins. Left, it can be asked for anew. */
  #topic<Kind extends Topic<unknown>>(Kind: Joining<Kind>, name: string): Kind {
    let topic = this.#topics.get(name)
    if (!topic) this.#topics.set(name, (topic = new Kind(this.#line, name, () => void this.#topics.delete(name))))
    return topic as Kind
  }
}

type Joining<Kind> = new (line: Line, name: string, left: () => void) => Kind
