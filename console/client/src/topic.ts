// A joined topic: the snapshot of its join and all later events, as one state.

import type { Channel } from 'phoenix'
import type { Line } from './line.js'
import { Listeners } from './listeners.js'
import { Refusal, refusalOf } from './refusal.js'
import type { Json } from './words.js'

/** An event with its name, for a `switch`. */
export type Heard<Events> = {
  [Name in keyof Events]: { readonly event: Name; readonly payload: Events[Name] }
}[keyof Events]

/** A joined topic, whose state is the join's snapshot with all later events. */
export abstract class Topic<State, Events = any> {
  readonly name: string
  readonly #line: Line
  readonly #channel: Channel
  readonly #subscribers = new Listeners<[]>()
  readonly #listeners = new Map<keyof Events, Listeners<[never]>>()
  /** Waiters inside this class for a change of `live`, or for the topic's end. */
  readonly #turns = new Set<() => void>()
  readonly #stops: (() => void)[]
  #state: State | undefined
  #refusal: Refusal | undefined
  #live = false
  #left = false

  /** Joins the topic; `left` is called when the topic is left. @internal */
  constructor(line: Line, name: string, left: () => void) {
    this.name = name
    this.#line = line
    this.#channel = line.channel(name)
    this.#stops = [line.onState((state) => state !== 'open' && this.#lost()), left]
    this.#channel.onMessage = (event, payload) => {
      // The replies of phoenix.js and its other internal messages have no listeners.
      this.#hear(event as never, payload)
      return payload
    }
    this.#channel.onError(() => this.#lost())
    this.#channel.onClose(() => this.#end(new Refusal('closed', 'the server closed this topic')))
    const join = this.#channel.join()
    join.receive('ok', (reply) => this.#joined(reply))
    join.receive('error', (reply) => this.#notJoined(refusalOf(reply)))
  }

  /** Undefined before the first snapshot. The object is new at each change, and kept while the connection is lost. */
  get state(): State | undefined {
    return this.#state
  }

  /**
   * Why the join was refused permanently, or `closed` if the server closed the topic. To try again, leave the topic and
   * get it anew.
   */
  get refusal(): Refusal | undefined {
    return this.#refusal
  }

  /** Whether the state is the server's: false while the connection is lost or the join is in progress. */
  get live(): boolean {
    return this.#live
  }

  /** Called after each change of `state`, `refusal` or `live`; returns the function that stops this. */
  subscribe(listener: () => void): () => void {
    return this.#subscribers.add(listener)
  }

  /** Called with each event, after the state has changed by it; returns the function that stops this. */
  on<Name extends keyof Events>(event: Name, listener: (payload: Events[Name]) => void): () => void {
    const listeners = this.#listeners.get(event) ?? new Listeners<[never]>()
    this.#listeners.set(event, listeners)
    return listeners.add(listener)
  }

  /** Leaves the topic. Requests without an answer are refused with `left`. */
  leave(): void {
    if (this.#left) return
    this.#left = true
    for (const stop of this.#stops) stop()
    if (!this.#refusal) this.#channel.leave()
    this.#lost()
    this.#passTurns()
  }

  /** The state after a join's snapshot. @internal */
  protected abstract joined(reply: never, known: State | undefined): State

  /** The state after an event; the same object if nothing changes. @internal */
  protected abstract heard(heard: Heard<Events>, state: State): State

  /** Sets a new state, if it differs, and tells the subscribers. @internal */
  protected become(state: State): void {
    if (state === this.#state || this.#left) return
    this.#state = state
    this.changed()
  }

  /** Tells the subscribers of a change. @internal */
  protected changed(): void {
    if (!this.#left) this.#subscribers.call()
  }

  /**
   * Repeats a request until it is answered or the patience ends. Only `take` changes the state by the reply, because it
   * runs before the next event, while a caller that awaits the promise may see the reply after newer events. @internal
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
      await this.delayed(answer.retryInMs)
    }
  }

  /**
   * Pushes once on this join; resolves with the reply, its refusal, or undefined if the join ended before. @internal
   */
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

  /** Waits until the topic is live, if it may become so; resolves with whether it is. @internal */
  protected async untilLive(patienceMs?: number): Promise<boolean> {
    const endsAt = performance.now() + (patienceMs ?? Infinity)
    while (!this.#live && !this.#over() && performance.now() < endsAt) {
      await this.delayed(patienceMs === undefined ? undefined : endsAt - performance.now())
    }
    return this.#live && !this.#over()
  }

  /** Waits until `live` changes, the topic ends, or the delay is over. @internal */
  protected delayed(delayMs?: number): Promise<void> {
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

  /** Sends without waiting for an answer; dropped while the topic is not live. @internal */
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
    // Otherwise phoenix.js would repeat the join.
    this.#channel.leave()
  }

  #hear<Name extends keyof Events>(event: Name, payload: Events[Name]): void {
    // An event before the snapshot is contained in it.
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

/** The time for which a request is repeated. */
const PATIENCE_MS = 15_000
/** The time without a reply after which the connection itself is checked. */
const DOUBT_MS = 3000
