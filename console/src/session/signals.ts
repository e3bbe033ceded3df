// The signals that the two sides' pages send each other through `signal`: presence, marks, typing, and the call.
import type { Json } from 'switchboard-client'

/** The progress of the other side's messages: ids of the last one delivered to a device, and of the last one seen. */
export interface Mark {
  readonly delivered?: string
  readonly seen?: string
}

/** A device's signal about a call. Without `to`, the signal is for every device of the other side. */
export interface CallSignal {
  readonly from: string
  readonly to?: string
  /** Id of one call, from its ring to its end; late signals of another call are ignored. */
  readonly id: string
  readonly say: CallWord
}

/** A WebRTC session description. */
export interface Description {
  readonly type: 'offer' | 'answer' | 'pranswer' | 'rollback'
  readonly sdp: string
}

/** The media that one side of a call sends. */
export interface Giving {
  readonly sound: boolean
  readonly picture: 'none' | 'camera' | 'screen'
}

/** The words of a call. */
export type CallWord =
  | { readonly kind: 'ring'; readonly video: boolean }
  | { readonly kind: 'answer' }
  /** To all: this device has the call now, and the others stop ringing or talking. */
  | { readonly kind: 'taken'; readonly by: string }
  /**
   * To all: the device in the call continues with this device of the same person, and tells all that the call is
   * `taken`.
   */
  | { readonly kind: 'move' }
  | { readonly kind: 'decline' }
  | { readonly kind: 'hangup' }
  /** A page is back after a reload, with a connection of that round. */
  | { readonly kind: 'back'; readonly round: number }
  | { readonly kind: 'giving'; readonly giving: Giving }
  | NegotiationWord

/** Messages of the negotiation; those of an older round are ignored. */
export type NegotiationWord =
  | { readonly kind: 'description'; readonly round: number; readonly description: Description }
  | { readonly kind: 'candidate'; readonly round: number; readonly candidates: readonly RTCIceCandidateInit[] }
  /** Asks the side that makes the offers to restart the connection. */
  | { readonly kind: 'restart'; readonly round: number }

/** All kinds of signals. */
export type Signal =
  | { readonly about: 'hello'; readonly from: string }
  | { readonly about: 'mark'; readonly mark: Mark }
  | { readonly about: 'typing'; readonly typing: boolean }
  | { readonly about: 'call'; readonly call: CallSignal }

/** The signal as JSON, for the wire. */
export function written(signal: Signal): Json {
  switch (signal.about) {
    case 'hello':
      return { hello: signal.from }
    case 'mark':
      return { mark: { ...signal.mark } }
    case 'typing':
      return { typing: signal.typing }
    case 'call': {
      const { say, ...address } = signal.call
      return { call: { ...address, ...say } as unknown as Json }
    }
  }
}

/** Parses a signal; undefined if malformed or from a newer page. */
export function understood(data: Json): Signal | undefined {
  const said = fields(data)
  if (!said) return undefined
  if (isId(said['hello'])) return { about: 'hello', from: said['hello'] }
  if (typeof said['typing'] === 'boolean') return { about: 'typing', typing: said['typing'] }
  const mark = fields(said['mark'])
  if (mark) return { about: 'mark', mark: markOf(mark) }
  const call = fields(said['call'])
  const heard = call && callOf(call)
  return heard && { about: 'call', call: heard }
}

type Fields = { readonly [name: string]: unknown }

const ID_LENGTH_MAX = 128
const CANDIDATES_MAX = 256

function fields(value: unknown): Fields | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Fields) : undefined
}

function isId(value: unknown): value is string {
  return typeof value === 'string' && value.length > 0 && value.length <= ID_LENGTH_MAX
}

function markOf({ delivered, seen }: Fields): Mark {
  return { ...(isId(delivered) && { delivered }), ...(isId(seen) && { seen }) }
}

function callOf(call: Fields): CallSignal | undefined {
  const { from, to, id } = call
  const say = wordOf(call)
  if (!isId(from) || !isId(id) || !say || (to !== undefined && !isId(to))) return undefined
  return { from, id, say, ...(to !== undefined && { to }) }
}

function wordOf(call: Fields): CallWord | undefined {
  const { kind, round } = call
  switch (kind) {
    case 'ring':
      return { kind, video: call['video'] === true }
    case 'answer':
    case 'decline':
    case 'hangup':
    case 'move':
      return { kind }
    case 'taken':
      return isId(call['by']) ? { kind, by: call['by'] } : undefined
    case 'back':
    case 'restart':
      return isRound(round) ? { kind, round } : undefined
    case 'giving':
      return givingOf(fields(call['giving']))
    case 'description': {
      const description = descriptionOf(fields(call['description']))
      return isRound(round) && description ? { kind, round, description } : undefined
    }
    case 'candidate': {
      const candidates = candidatesOf(call['candidates'])
      return isRound(round) && candidates ? { kind, round, candidates } : undefined
    }
    default:
      return undefined
  }
}

function isRound(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) > 0
}

function givingOf(giving: Fields | undefined): CallWord | undefined {
  const { sound, picture } = giving ?? {}
  if (typeof sound !== 'boolean') return undefined
  if (picture !== 'none' && picture !== 'camera' && picture !== 'screen') return undefined
  return { kind: 'giving', giving: { sound, picture } }
}

function descriptionOf(description: Fields | undefined): Description | undefined {
  const { type, sdp } = description ?? {}
  return (type === 'offer' || type === 'answer') && typeof sdp === 'string' ? { type, sdp } : undefined
}

function candidatesOf(candidates: unknown): RTCIceCandidateInit[] | undefined {
  if (!Array.isArray(candidates) || candidates.length > CANDIDATES_MAX) return undefined
  return candidates.filter((one) => typeof fields(one)?.['candidate'] === 'string') as RTCIceCandidateInit[]
}
