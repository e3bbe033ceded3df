// Delivery and read marks of messages. Pages tell each other; the server keeps nothing of it.
import type { Message, Side } from 'switchboard-client'
import type { Mark } from './signals.js'

/** The delivery of one's own message after the server has it. */
export type Delivery = 'sent' | 'delivered' | 'seen'

/** The most devices of the peer whose marks may be ahead of the messages known here. */
const AHEAD_MAX = 8

/** The marks from all devices of the peer. */
export interface Heard {
  readonly delivered: readonly string[]
  readonly seen: readonly string[]
}

/** The state before any mark. */
export const NOTHING_HEARD: Heard = { delivered: [], seen: [] }

/** Adds a mark: the furthest counts, and marks of unknown messages are kept until the messages arrive. */
export function heardToo(heard: Heard, mark: Mark, messages: readonly Message[]): Heard {
  return {
    delivered: furthest(heard.delivered, mark.delivered, messages),
    seen: furthest(heard.seen, mark.seen, messages),
  }
}

/** The delivery of the message at that index. */
export function deliveryOf(place: number, heard: Heard, messages: readonly Message[]): Delivery {
  if (placeOf(heard.seen, messages) >= place) return 'seen'
  return placeOf(heard.delivered, messages) >= place ? 'delivered' : 'sent'
}

/** This page's mark for the peer's messages; undefined if there are none. */
export function markOf(messages: readonly Message[], other: Side, seen: string | undefined): Mark | undefined {
  const delivered = lastOf(messages, other)
  return delivered === undefined ? undefined : { delivered, ...(seen !== undefined && { seen }) }
}

/** Id of the last message of a side. */
export function lastOf(messages: readonly Message[], side: Side): string | undefined {
  return messages.findLast((message) => message.from === side)?.id
}

function furthest(ids: readonly string[], fresh: string | undefined, messages: readonly Message[]): readonly string[] {
  if (fresh === undefined || ids.includes(fresh)) return ids
  const all = [...ids, fresh]
  const best = placeOf(all, messages)
  return all.filter((id) => placeOf([id], messages) === best || placeOf([id], messages) < 0).slice(-AHEAD_MAX)
}

function placeOf(ids: readonly string[], messages: readonly Message[]): number {
  // With an app that sends no marks, this avoids a search through all messages for each message.
  if (ids.length === 0) return -1
  return messages.findLastIndex(({ id }) => ids.includes(id))
}
