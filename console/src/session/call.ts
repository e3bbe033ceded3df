// A call between two devices, from its ring to its end: ringing, answering, and resuming after a reload.
import { signal, type ReadonlySignal } from '@preact/signals'
import type { Negotiated } from './negotiation.js'
import type { CallSignal, CallWord, Giving, NegotiationWord } from './signals.js'

/** The reason why a call is over. */
export type CallEnd =
  /** The peer has hung up, or has declined. */
  | 'hung_up'
  | 'declined'
  /** The peer did not answer; this person did not answer. */
  | 'no_answer'
  | 'missed'
  /** Another device of this person has the call. */
  | 'elsewhere'
  /** The call could not be moved here: no device answered, or the call had ended. */
  | 'not_moved'
  | 'over'
  /** The two devices could not connect, or lost their connection. */
  | 'unreachable'

/** The state of a call. */
export type CallState =
  | { readonly is: 'none' }
  | { readonly is: 'calling'; readonly id: string; readonly video: boolean }
  | { readonly is: 'ringing'; readonly id: string; readonly from: string; readonly video: boolean }
  /** The call is being moved here from another device of this person. */
  | { readonly is: 'moving'; readonly id: string; readonly video: boolean }
  | Underway
  | { readonly is: 'ended'; readonly id: string; readonly why: CallEnd; readonly video: boolean }

/** A call between two devices. */
export interface Underway {
  readonly is: 'connecting' | 'talking' | 'reconnecting'
  readonly id: string
  /** Id of the peer's device. */
  readonly with: string
  readonly video: boolean
  /** Number of the connection; each reconnection adds one. */
  readonly round: number
  /** Wall-clock time at which both were first connected, which survives a reload. */
  readonly since: number | undefined
}

/** The data that a page needs to resume a call. */
export type Memory = Omit<Underway, 'is'>

/** A connection, as a call sees it. */
export interface Connected {
  hear(word: Negotiated): void
  again(): void
  close(): void
}

/** Callbacks of a connection. */
export interface Hooks {
  readonly tell: (word: Negotiated) => void
  readonly connected: () => void
  readonly shaken: () => void
  readonly gaveUp: () => void
}

interface Parts {
  /** Id of this device. */
  readonly device: string
  readonly freshId: () => string
  readonly tell: (signal: CallSignal) => void
  readonly connect: (hooks: Hooks) => Connected
  readonly remember: (memory: Memory | undefined) => void
}

/** An unanswered ring ends after this time. */
export const RINGS_FOR_MS = 45_000
/** The ring is repeated, for a device that was away when it began. */
const RING_AGAIN_MS = 5_000
/** The peer's page answers at once, unless it is offline or reloading. */
const MOVES_WITHIN_MS = 10_000
/** The number of ended calls that are remembered, so that a late ring does not start one again. */
const OVER_MAX = 32
const NONE: CallState = { is: 'none' }
const GIVING_NOTHING: Giving = { sound: true, picture: 'none' }

/** One device's side of the calls of a session, one at a time. */
export class Call {
  readonly #parts: Parts
  readonly #state = signal<CallState>(NONE)
  readonly #given = signal<Giving>(GIVING_NOTHING)
  #giving: Giving = GIVING_NOTHING
  #connected: Connected | undefined
  #over: string[] = []
  #rings: ReturnType<typeof setTimeout> | undefined
  #ringsAgain: ReturnType<typeof setInterval> | undefined

  constructor(parts: Parts, memory: Memory | undefined) {
    this.#parts = parts
    if (memory) this.#comeBack(memory)
  }

  /** The state of the call. */
  get state(): ReadonlySignal<CallState> {
    return this.#state
  }

  /** The sound and picture that the peer sends. */
  get given(): ReadonlySignal<Giving> {
    return this.#given
  }

  /** Calls all devices of the peer. */
  ring(video: boolean): void {
    const { is } = this.#state.value
    if (is !== 'none' && is !== 'ended') return
    const id = this.#parts.freshId()
    this.#become({ is: 'calling', id, video })
    this.#tell(id, { kind: 'ring', video })
    this.#ringsAgain = setInterval(() => this.#askAgain(), RING_AGAIN_MS)
    this.#rings = setTimeout(() => this.#giveUpRinging(id), RINGS_FOR_MS)
  }

  /** Takes the call that rings here. */
  answer(): void {
    const state = this.#state.value
    if (state.is !== 'ringing') return
    this.#tell(state.id, { kind: 'answer' }, state.from)
    this.#begin(state.id, state.from, state.video)
  }

  /** Takes the call over from this person's other device; the peer need not do anything. */
  move(): void {
    const state = this.#state.value
    if (!canMove(state)) return
    this.#become({ is: 'moving', id: state.id, video: state.video })
    this.#askAgain()
    this.#rings = setTimeout(() => this.#end('not_moved'), MOVES_WITHIN_MS)
  }

  /** Declines for all devices of this person. */
  decline(): void {
    const state = this.#state.value
    if (state.is !== 'ringing') return
    this.#tell(state.id, { kind: 'decline' }, state.from)
    this.#end(undefined)
  }

  /** Ends the call, whether it still rings or has been answered. */
  hangUp(): void {
    const state = this.#state.value
    if (state.is !== 'ringing') this.#end(undefined)
    // The peer's other devices hear of the end too, because a call that has ended cannot be moved.
    if (state.is === 'calling' || state.is === 'moving' || isUnderway(state)) this.#tell(state.id, { kind: 'hangup' })
  }

  /** Puts away the outcome of the last call. */
  dismiss(): void {
    if (this.#state.value.is === 'ended') this.#become(NONE)
  }

  /** Tells the peer about the sound and picture that this side sends. */
  gives(giving: Giving): void {
    this.#giving = giving
    const state = this.#state.value
    if (isUnderway(state)) this.#tell(state.id, { kind: 'giving', giving }, state.with)
  }

  /** Notes that a device of the peer has come, or has come back. */
  greeted(from: string): void {
    const state = this.#state.value
    this.#askAgain(from)
    if (isUnderway(state) && state.with === from) this.#again()
  }

  /** Repeats open requests after the connection to the server has returned, because signals meanwhile are lost. */
  lineIsBack(): void {
    this.#askAgain()
    this.#again()
  }

  /** Ends any call, without a message to this person. */
  close(): void {
    this.hangUp()
    this.#end(undefined)
  }

  /** Handles a signal of the other side. */
  hear({ from, to, id, say }: CallSignal): void {
    if (to !== undefined && to !== this.#parts.device) return
    switch (say.kind) {
      case 'ring':
        return this.#rung(id, from, say.video)
      case 'answer':
        return this.#answered(id, from)
      case 'taken':
        return this.#taken(id, from, say.by)
      case 'move':
        return this.#moved(id, from)
      case 'decline':
        return this.#declined(id)
      case 'hangup':
        return this.#hungUp(id, from)
      case 'back':
        return this.#cameBack(id, from, say.round)
      case 'giving':
        if (this.#with(id, from)) this.#given.value = say.giving
        return undefined
      case 'description':
      case 'candidate':
      case 'restart':
        return this.#negotiate(id, from, say)
    }
  }

  #rung(id: string, from: string, video: boolean): void {
    const state = this.#state.value
    if (this.#over.includes(id)) return undefined
    if (state.is === 'calling') return this.#bothRang(state.id, id, from, state.video || video)
    if (isUnderway(state)) {
      if (state.id === id) return undefined
      // The peer rings anew from a page that has lost or given up this call, so that this page gives it up too.
      const isLeft = state.with === from || state.is === 'reconnecting'
      if (!isLeft) return this.#tell(id, { kind: 'decline' }, from)
      this.#end(undefined)
    } else if (state.is === 'ringing') {
      return undefined
    }
    this.#become({ is: 'ringing', id, from, video })
    this.#rings = setTimeout(() => this.#end('missed'), RINGS_FOR_MS)
    return undefined
  }

  /** When both call each other, both have answered; one of the two calls goes on. */
  #bothRang(own: string, theirs: string, from: string, video: boolean): void {
    const [id, other] = own < theirs ? [own, theirs] : [theirs, own]
    // The peer may not have received our ring yet.
    this.#tell(own, { kind: 'ring', video }, from)
    this.#tell(own, { kind: 'taken', by: from })
    this.#isOver(other)
    this.#begin(id, from, video)
  }

  #answered(id: string, from: string): void {
    const state = this.#state.value
    if (state.is === 'calling' && state.id === id) {
      this.#tell(id, { kind: 'taken', by: from })
      this.#begin(id, from, state.video)
    } else if (!this.#with(id, from)) {
      this.#setRight(id, from)
    }
  }

  #taken(id: string, from: string, by: string): void {
    const state = this.#state.value
    if (state.is === 'none' || state.id !== id) return
    if (by === this.#parts.device) {
      if (state.is === 'moving') this.#begin(id, from, state.video)
    } else if (state.is === 'ringing' || this.#with(id, from)) {
      // A device that is moving the call asked later than the one that has it now, and is answered next.
      this.#end('elsewhere')
    }
  }

  /** The peer continues the call on another device. */
  #moved(id: string, from: string): void {
    const state = this.#state.value
    if (!isUnderway(state) || state.id !== id) return
    this.#tell(id, { kind: 'taken', by: from })
    if (state.with === from) return
    this.#given.value = GIVING_NOTHING
    this.#connect({ ...state, is: 'connecting', with: from, round: 1 })
  }

  /** Corrects a device that believes to be in the call: tells it which device is, or that the call is over. */
  #setRight(id: string, from: string): void {
    const state = this.#state.value
    const isOn = isUnderway(state) && state.id === id
    this.#tell(id, isOn ? { kind: 'taken', by: state.with } : { kind: 'hangup' }, from)
  }

  #declined(id: string): void {
    const state = this.#state.value
    if (state.is !== 'calling' || state.id !== id) return
    // The peer's other devices stop ringing.
    this.#tell(id, { kind: 'hangup' })
    this.#end('declined')
  }

  #hungUp(id: string, from: string): void {
    const state = this.#state.value
    if (this.#with(id, from)) {
      this.#end('hung_up')
      return this.#tell(id, { kind: 'hangup' })
    }
    if (state.is === 'ringing' && state.id === id) return this.#end('missed')
    if ((state.is === 'moving' || canMove(state)) && state.id === id) return this.#end('over')
    return this.#isOver(id)
  }

  #cameBack(id: string, from: string, round: number): void {
    const state = this.#with(id, from)
    if (!state) return this.#setRight(id, from)
    if (round === state.round) return this.#again()
    // Both sides reconnect in the same round; an older round of the peer is answered with ours.
    const next = Math.max(round, state.round + 1)
    if (next !== round) this.#tell(id, { kind: 'back', round: next }, from)
    return this.#connect({ ...state, is: 'reconnecting', round: next })
  }

  #negotiate(id: string, from: string, say: NegotiationWord): void {
    const now = this.#state.value
    const state = this.#with(id, from)
    // The call was moved, and the signal about that was lost.
    if (!state && isUnderway(now) && now.id === id) this.#setRight(id, from)
    if (!state || say.round < state.round) return
    // The peer came back, and the signal about that was lost.
    if (say.round > state.round) this.#connect({ ...state, is: 'reconnecting', round: say.round })
    this.#connected?.hear(say)
  }

  /** The call between this device and the given one, if there is one. */
  #with(id: string, from: string): Underway | undefined {
    const state = this.#state.value
    return isUnderway(state) && state.id === id && state.with === from ? state : undefined
  }

  #begin(id: string, other: string, video: boolean): void {
    this.#connect({ is: 'connecting', id, with: other, video, round: 1, since: undefined })
  }

  #comeBack(memory: Memory): void {
    const round = memory.round + 1
    this.#tell(memory.id, { kind: 'back', round }, memory.with)
    this.#connect({ ...memory, is: 'reconnecting', round })
  }

  #connect(state: Underway): void {
    const { id, round, with: other } = state
    this.#connected?.close()
    this.#become(state)
    const isThis = (now: CallState): now is Underway =>
      isUnderway(now) && now.id === id && now.with === other && now.round === round
    const moveTo = (is: Underway['is']) => {
      const now = this.#state.value
      if (isThis(now)) this.#become({ ...now, is, since: now.since ?? (is === 'talking' ? Date.now() : undefined) })
    }
    this.#connected = this.#parts.connect({
      tell: (word) => isThis(this.#state.value) && this.#tell(id, { ...word, round } as NegotiationWord, other),
      connected: () => {
        moveTo('talking')
        this.gives(this.#giving)
      },
      shaken: () => moveTo('reconnecting'),
      gaveUp: () => {
        this.#end('unreachable')
        this.#tell(id, { kind: 'hangup' })
      },
    })
  }

  #again(): void {
    if (!isUnderway(this.#state.value)) return
    this.#connected?.again()
    this.gives(this.#giving)
  }

  /** Repeats requests without an answer. */
  #askAgain(to?: string): void {
    const state = this.#state.value
    if (state.is === 'calling') this.#tell(state.id, { kind: 'ring', video: state.video }, to)
    if (state.is === 'moving') this.#tell(state.id, { kind: 'move' }, to)
  }

  #giveUpRinging(id: string): void {
    this.#tell(id, { kind: 'hangup' })
    this.#end('no_answer')
  }

  #end(why: CallEnd | undefined): void {
    const state = this.#state.value
    if (state.is === 'none') return
    if (state.is !== 'ended') this.#isOver(state.id)
    this.#connected?.close()
    this.#connected = undefined
    this.#given.value = GIVING_NOTHING
    this.#become(why ? { is: 'ended', id: state.id, why, video: state.video } : NONE)
  }

  #isOver(id: string): void {
    this.#over = [...this.#over, id].slice(-OVER_MAX)
  }

  #become(state: CallState): void {
    clearTimeout(this.#rings)
    clearInterval(this.#ringsAgain)
    this.#state.value = state
    if (!isUnderway(state)) return this.#parts.remember(undefined)
    const { is: _, ...memory } = state
    return this.#parts.remember(memory)
  }

  #tell(id: string, say: CallWord, to?: string): void {
    this.#parts.tell({ from: this.#parts.device, id, say, ...(to !== undefined && { to }) })
  }
}

/** Whether another device of this person has the call, so that it can be moved here. */
export function canMove(state: CallState): state is CallState & { is: 'ended' } {
  return state.is === 'ended' && (state.why === 'elsewhere' || state.why === 'not_moved')
}

/** Whether two devices are in the call. */
export function isUnderway(state: CallState): state is Underway {
  return state.is === 'connecting' || state.is === 'talking' || state.is === 'reconnecting'
}
