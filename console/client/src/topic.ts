// A joined topic: the snapshot of its join and every event since, as one state.

import type { Channel } from 'phoenix'
import type { Line } from './line.js'
import { Listeners } from './listeners.js'
import { Refusal, refusalOf } from './refusal.js'
import type { Json } from './words.js'

/** An event with its name, for a `switch`. */
export type Heard<Events> = {
  [Name in keyof Events]: { readonly event: Name; readonly payload: Events[Name] }
}[keyof Events]

/** A joined topic: its state is the join's snapshot and every event since. */
export abstract class Topic<State, Events = any> {
  readonly name: string
  readonly #line: Line
  readonly #channel: Channel
  readonly #subscribers = new Listeners<[]>()
  readonly #listeners = new Map<keyof Events, Listeners<[never]>>()
  /** Those within who wait for a turn of `live`, or for its end. */
  readonly #turns = new Set<() => void>()
  readonly #stops: (() => void)[]
  #state: State | undefined
  #refusal: Refusal | undefined
  #live = false
  #left = false

  /** @internal */
  constructor(line: Line, name: string, left: () => void) {
    this.name = name
    this.#line = line
    this.#channel = line.channel(name)
    this.#stops = [line.onState((state) => state !== 'open' && this.#lost()), left]
    this.#channel.onMessage = (event, payload) => {
      // Replies and other words of phoenix.js' own are nobody's events.
      this.#hear(event as never, payload)
      return payload
    }
    this.#channel.onError(() => this.#lost())
    this.#channel.onClose(() => this.#end(new Refusal('closed', 'the server closed this topic')))
    const join = this.#channel.join()
    join.receive('ok', (reply) => this.#joined(reply))
    join.receive('error', (reply) => this.#notJoined(refusalOf(reply)))
  }

  /** Undefined before the first snapshot. A new object at each change. Kept while the line is lost. */
  get state(): State | undefined {
    return this.#state
  }

  /** Why the join was refused for good, or `closed`: the server closed the topic. To try again leave it, ask anew. */
  get refusal(): Refusal | undefined {
    return this.#refusal
  }

  /** Whether the state is what the server has: false while the line is lost or the join is under way. */
  get live(): boolean {
    return this.#live
  }

  /** Called after each change of state, refusal or live; returns what stops it. */
  subscribe(listener: () => void): () => void {
    return this.#subscribers.add(listener)
  }

  /** Each event as it comes, after it was taken into the state; returns what stops it. */
  on<Name extends keyof Events>(event: Name, listener: (payload: Events[Name]) => void): () => void {
    const listeners = this.#listeners.get(event) ?? new Listeners<[never]>()
    this.#listeners.set(event, listeners)
    return listeners.add(listener)
  }

  /** Hears nothing more. What was asked and is not answered yet is refused with `left`. */
  leave(): void {
    if (this.#left) return
    this.#left = true
    for (const stop of this.#stops) stop()
    if (!this.#refusal) this.#channel.leave()
    this.#lost()
    this.#passTurns()
  }

  /** The state of a join's snapshot. @internal */
  protected abstract joined(reply: never, known: State | undefined): State

  /** The state after an event; the same object if it changes nothing. @internal */
  protected abstract heard(heard: Heard<Events>, state: State): State

  /** Takes a new state, if there is one, and tells. @internal */
  protected become(state: State): void {
    if (state === this.#state || this.#left) return
    this.#state = state
    this.changed()
  }

  /** Something changed: tells those who subscribed. @internal */
  protected changed(): void {
    if (!this.#left) this.#subscribers.call()
  }

  /**
   * Asks until there is an answer, for as long as the patience lasts. What changes the state by a reply is `take`, which
   * has it before the next event: whoever awaits the promise may hear of it after events that are newer. @internal
   */
  protected async request<Reply>(
    event: string,
    payload: Record<string, Json | undefined>,
    take?: (reply: Reply) => void,
  ): Promise<Reply> {
    const endsAt = performance.now() + PATIENCE_MS
    let last = new Refusal('no_answer', `no answer to \`${event}\` within ${PATIENCE_MS / 1000} s`)
    for (;;) {
      const leftMs = endsAt - performance.now()
      if (leftMs <= 0 || !(await this.untilLive(leftMs))) throw this.#over() ?? last
      const answer = await this.once(event, payload, endsAt - performance.now(), take as (reply: object) => void)
      if (!(answer instanceof Refusal)) {
        if (answer !== undefined) return answer as Reply
        continue
      }
      if (!answer.passing) throw answer
      last = answer
      if (performance.now() + answer.retryInMs >= endsAt) throw answer
      await this.pause(answer.retryInMs)
    }
  }

  /** Pushes once on this join: the reply, its refusal, or undefined when the join ended before one came. @internal */
  protected once(
    event: string,
    payload: Record<string, unknown>,
    patienceMs?: number,
    take?: (reply: object) => void,
  ): Promise<object | undefined> {
    return new Promise((resolve) => {
      const doubt = setTimeout(() => this.#line.probe(), DOUBT_MS)
      const done = (answer?: object) => {
        clearTimeout(doubt)
        this.#turns.delete(turned)
        resolve(answer)
      }
      const turned = () => done()
      this.#turns.add(turned)
      const push = this.#channel.push(event, payload, patienceMs)
      push.receive('ok', (reply: object) => {
        take?.(reply)
        done(reply)
      })
      push.receive('error', (reply) => done(refusalOf(reply)))
      push.receive('timeout', () => done())
    })
  }

  /** Tells whether it is live; waits for it if it may still be. @internal */
  protected async untilLive(patienceMs?: number): Promise<boolean> {
    const endsAt = performance.now() + (patienceMs ?? Infinity)
    while (!this.#live && !this.#over() && performance.now() < endsAt) {
      await this.pause(patienceMs === undefined ? undefined : endsAt - performance.now())
    }
    return this.#live && !this.#over()
  }

  /** Until the next turn of `live` or the end, or for that long. @internal */
  protected pause(delayMs?: number): Promise<void> {
    return new Promise((resolve) => {
      const done = () => {
        clearTimeout(timer)
        this.#turns.delete(done)
        resolve()
      }
      const timer = delayMs === undefined ? undefined : setTimeout(done, delayMs)
      this.#turns.add(done)
    })
  }

  /** Sends without asking for an answer; dropped while it is not live. @internal */
  protected sendOff(event: string, payload: object): void {
    if (this.#live && this.#line.connected) this.#channel.push(event, payload)
  }

  #joined(reply: unknown): void {
    if (this.#left) return
    this.#live = true
    this.#state = this.joined(reply as never, this.#state)
    this.changed()
    this.#passTurns()
  }

  #notJoined(refusal: Refusal): void {
    if (refusal.passing) return
    this.#end(refusal)
    // Else phoenix.js would go on to ask.
    this.#channel.leave()
  }

  #hear<Name extends keyof Events>(event: Name, payload: Events[Name]): void {
    // What comes before the snapshot is in it.
    if (!this.#live || this.#left || this.#state === undefined) return
    this.become(this.heard({ event, payload }, this.#state))
    this.#listeners.get(event)?.call(payload as never)
  }

  #end(refusal: Refusal): void {
    if (this.#left || this.#refusal) return
    this.#refusal = refusal
    this.#live = false
    this.changed()
    this.#passTurns()
  }

  #lost(): void {
    if (!this.#live) return
    this.#live = false
    this.changed()
    this.#passTurns()
  }

  #passTurns(): void {
    for (const turn of [...this.#turns]) turn()
  }

  #over(): Refusal | undefined {
    return this.#left ? new Refusal('left', `\`${this.name}\` was left`) : this.#refusal
  }
}

/** For how long a request is repeated. */
const PATIENCE_MS = 15_000
/** After how long without a reply the line itself is asked. */
const DOUBT_MS = 3000
