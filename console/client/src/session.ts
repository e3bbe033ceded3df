// `session:{session}`: a consultation, with its past messages and the live ones.

import { freshKey } from './key.js'
import { Listeners } from './listeners.js'
import type { Line } from './line.js'
import { Refusal } from './refusal.js'
import { Topic, type Heard } from './topic.js'
import type { IceServer, Json, Message, Notes, Session, Side, Time } from './words.js'

/** The state of a consultation. */
export interface SessionState {
  readonly session: Session
  /** The note from the client's booking. */
  readonly note: Json
  readonly peer: { readonly online: boolean }
  /** Oldest first, each once; at most the last 2,000. */
  readonly messages: readonly Message[]
  /** Whether there may be messages before the first, because a join returns only the last 100. */
  readonly cut: boolean
  /** Messages written here and not acknowledged yet, in order. */
  readonly outgoing: readonly Outgoing[]
  /** The employee's own notes; null for clients. */
  readonly notes: Notes | null
}

/** A message that is on its way, or that the server has refused permanently. */
export interface Outgoing {
  readonly key: string
  readonly body: string
  readonly refusal: Refusal | null
}

/** The events of the topic. */
export interface SessionEvents {
  readonly message: Message
  readonly signal: { readonly from: Side; readonly data: Json }
  readonly ended: { readonly session: Session }
  readonly peer: { readonly online: boolean }
  readonly notes: Notes
}

/** A session's topic, as one side joins it. */
export class SessionTopic extends Topic<SessionState, SessionEvents> {
  readonly #signals = new Listeners<[Json]>()
  #outgoing: readonly Written[] = []
  /** The message that was sent and not answered yet, and whether its event has come already. */
  #sent: { readonly written: Written; echoed: boolean } | undefined
  #sending = false

  /** Joins the topic, and passes signals to their listeners. @internal */
  constructor(line: Line, name: string, left: () => void) {
    super(line, name, left)
    this.on('signal', ({ data }) => this.#signals.call(data))
  }

  /**
   * Adds a message to `outgoing` at once, and sends it when connected, in order, with the same key until it is
   * acknowledged or refused. Throws a `Refusal` (`overloaded`) when 500 messages are already queued.
   */
  send(body: string, key: string = freshKey()): void {
    if (this.#outgoing.length >= OUTGOING_MAX) {
      throw new Refusal('overloaded', `${OUTGOING_MAX} messages are already queued`)
    }
    this.#write([...this.#outgoing, { key, body, refusal: null, id: null }])
    void this.#sendAll()
  }

  /** Tries to send a refused message again. */
  resend(key: string): void {
    this.#write(this.#outgoing.map((one) => (one.key === key ? { ...one, refusal: null } : one)))
    void this.#sendAll()
  }

  /** Removes a message, and returns its body. */
  discard(key: string): string | undefined {
    const gone = this.#outgoing.find((one) => one.key === key)
    this.#write(this.#outgoing.filter((one) => one !== gone))
    return gone?.body
  }

  /** Sends data to the other side's devices. Signals are not stored, and dropped while the connection is lost. */
  signal(data: Json): void {
    this.sendOff('signal', { data })
  }

  /** Called with each signal of the other side; returns the function that stops this. */
  onSignal(listener: (data: Json) => void): () => void {
    return this.#signals.add(listener)
  }

  /** Ends the session for both sides. */
  async end(reason?: string): Promise<Session> {
    const take = ({ session }: { session: Session }) => {
      if (this.state) this.become({ ...this.state, session })
    }
    return (await this.request('end', { reason }, take)).session
  }

  /** Servers through which two browsers find each other, and how long these may be used. */
  ice(): Promise<{ ice_servers: readonly IceServer[]; expires_in_ms: number | null }> {
    return this.request('ice', {})
  }

  /** Replaces the employee's own notes. */
  async writeNotes(body: string): Promise<{ at: Time }> {
    return this.request<{ at: Time }>('notes', { body }, ({ at }) => {
      if (this.state) this.become({ ...this.state, notes: { body, at } })
    })
  }

  /** The state after a join, with the messages known before. @internal */
  protected override joined(reply: Snapshot, known: SessionState | undefined): SessionState {
    // An acknowledged message was sent, even if it is no longer among the last 100.
    this.#outgoing = this.#outgoing.filter(({ id }) => id === null)
    void this.#sendAll()
    const messages = merged(known?.messages ?? [], reply.messages)
    const isWhole = reply.messages.length < SNAPSHOT_MAX
    const cut = known ? known.cut || !(isWhole || follows(known.messages, reply.messages)) : !isWhole
    return { ...reply, note: reply.note ?? null, messages, cut, outgoing: this.#shown(), notes: reply.notes ?? null }
  }

  /** The state after an event. @internal */
  protected override heard({ event, payload }: Heard<SessionEvents>, state: SessionState): SessionState {
    switch (event) {
      case 'message':
        this.#outgoing = this.#outgoing.filter(({ id }) => id !== payload.id)
        if (this.#sent?.written.body === payload.body) this.#sent.echoed = true
        return { ...state, messages: merged(state.messages, [payload]), outgoing: this.#shown() }
      case 'peer':
        return { ...state, peer: payload }
      case 'ended':
        return { ...state, session: payload.session }
      case 'notes':
        return { ...state, notes: payload }
      default:
        return state
    }
  }

  #write(outgoing: readonly Written[]): void {
    this.#outgoing = outgoing
    if (this.state) this.become({ ...this.state, outgoing: this.#shown() })
  }

  /**
   * The unsent messages. An event may precede its reply: a message that is in `messages` must not be here too
   * meanwhile.
   */
  #shown(): readonly Outgoing[] {
    const echoed = this.#sent?.echoed ? this.#sent.written.key : undefined
    return this.#outgoing.filter(({ key }) => key !== echoed)
  }

  /** Sends the messages one at a time, so that they arrive in the order in which they were written. */
  async #sendAll(): Promise<void> {
    if (this.#sending) return
    this.#sending = true
    while (this.#next() && (await this.untilLive())) await this.#sendNext()
    this.#sending = false
    const { refusal } = this
    if (refusal) this.#write(this.#outgoing.map((one) => ({ ...one, refusal: one.refusal ?? refusal })))
  }

  #next(): Written | undefined {
    return this.#outgoing.find(({ id, refusal }) => id === null && refusal === null)
  }

  async #sendNext(): Promise<void> {
    // The message may have been removed while the connection was lost.
    const next = this.#next()
    if (!next) return
    const { key, body } = next
    this.#sent = { written: next, echoed: false }
    const answer = await this.once('message', { body, key })
    const { echoed } = this.#sent
    this.#sent = undefined
    if (echoed && (answer === undefined || answer instanceof Refusal)) this.#write(this.#outgoing)
    if (answer === undefined) return
    if (!(answer instanceof Refusal)) return this.#acknowledged(key, (answer as { id: string }).id)
    if (answer.passing) return this.delayed(answer.retryInMs)
    this.#write(this.#outgoing.map((other) => (other.key === key ? { ...other, refusal: answer } : other)))
  }

  /** Moves a message from `outgoing` to `messages`, whichever of reply and event comes first. */
  #acknowledged(key: string, id: string): void {
    const heard = this.state?.messages.some((message) => message.id === id)
    if (heard) this.#write(this.#outgoing.filter((one) => one.key !== key))
    else this.#outgoing = this.#outgoing.map((one) => (one.key === key ? { ...one, id } : one))
  }
}

/** A message with the id from the server, between its reply and its event. */
interface Written extends Outgoing {
  readonly id: string | null
}

interface Snapshot {
  readonly session: Session
  readonly note?: Json
  readonly peer: { readonly online: boolean }
  readonly messages: readonly Message[]
  readonly notes?: Notes | null
}

/** Both lists, each message once, in the order of the first and then of the second. */
function merged(known: readonly Message[], more: readonly Message[]): readonly Message[] {
  const ids = new Set(known.slice(-SNAPSHOT_MAX).map(({ id }) => id))
  const all = [...known, ...more.filter(({ id }) => !ids.has(id))]
  return all.slice(-MESSAGES_MAX)
}

/** Whether no message can be missing between the two lists. */
function follows(known: readonly Message[], more: readonly Message[]): boolean {
  const last = known.at(-1)
  return last !== undefined && more.some(({ id }) => id === last.id)
}

/** The most messages in a join reply; only those can come twice. */
const SNAPSHOT_MAX = 100
const MESSAGES_MAX = 2000
const OUTGOING_MAX = 500
