// A no: of the server, or of the line.

import type { Json } from './words.js'

/** A refusal of the server, or of the line. */
export class Refusal extends Error {
  /** The contract's word; or `no_answer` when none came within the patience, `left` when the topic was left, `closed`
   * when the server closed it. */
  readonly reason: string
  /** What the server says beside it: `booking`, `outcome`, `retry_in_ms`. */
  readonly details: Readonly<Record<string, Json>>

  constructor(reason: string, message: string, details: Readonly<Record<string, Json>> = {}) {
    super(message)
    this.name = 'Refusal'
    this.reason = reason
    this.details = details
  }

  /** Whether the same wish may be granted a little later. */
  get passing(): boolean {
    return PASSING.has(this.reason)
  }

  /** After how long to ask again, in milliseconds. */
  get retryInMs(): number {
    return Number(this.details['retry_in_ms'] ?? RETRY_MS)
  }
}

/** What an error reply says. */
export function refusalOf(reply: { reason: string; message: string }): Refusal {
  const { reason, message, ...details } = reply
  return new Refusal(reason, message, details)
}

const PASSING = new Set(['rate_limited', 'overloaded', 'unavailable', 'draining'])
const RETRY_MS = 1000
