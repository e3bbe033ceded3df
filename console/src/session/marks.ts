// How far each side's messages have come on the other's devices; pages tell each other, the server keeps nothing of it.
import type { Message, Side } from 'switchboard-client'
import type { Mark } from './signals.js'

/** What has become of a message of one's own that the server has. */
export type Delivery = 'sent' | 'delivered' | 'seen'

/** So many devices of the other side may be ahead of the messages that are known here. */
const AHEAD_MAX = 8

/** The marks of the other side, of all of its devices. */
export interface Heard {
  readonly delivered: readonly string[]
  readonly seen: readonly string[]
}

/** Nothing heard yet. */
export const NOTHING_HEARD: Heard = { delivered: [], seen: [] }

/** Takes a mark in: the furthest counts, and those of messages that are not known here yet are kept until they are. */
export function heardToo(heard: Heard, mark: Mark, messages: readonly Message[]): Heard {
  return {
    delivered: furthest(heard.delivered, mark.delivered, messages),
    seen: furthest(heard.seen, mark.seen, messages),
  }
}

/** What has become of the message at that place. */
export function deliveryOf(place: number, heard: Heard, messages: readonly Message[]): Delivery {
  if (placeOf(heard.seen, messages) >= place) return 'seen'
  return placeOf(heard.delivered, messages) >= place ? 'delivered' : 'sent'
}

/** What this page tells of the other side's messages; none while there is nothing to tell. */
export function markOf(messages: readonly Message[], other: Side, seen: string | undefined): Mark | undefined {
  const delivered = lastOf(messages, other)
  return delivered === undefined ? undefined : { delivered, ...(seen !== undefined && { seen }) }
}

/** The last message of a side. */
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
  // An app that tells no marks leaves every message to be looked through for each.
  if (ids.length === 0) return -1
  return messages.findLastIndex(({ id }) => ids.includes(id))
}
