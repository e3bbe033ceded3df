// A negative answer, from the server or from the connection.

import type { Json } from './words.js'

/** A refusal, from the server or from the connection. */
export class Refusal extends Error {
  /**
   * The contract's reason; or `no_answer` without an answer in time, `left` if the topic was left, `closed` if the
   * server closed it.
   */
  readonly reason: string
  /** Further fields of the server's answer: `booking`, `outcome`, `retry_in_ms`. */
  readonly details: Readonly<Record<string, Json>>

  constructor(reason: string, message: string, details: Readonly<Record<string, Json>> = {}) {
    super(message)
    this.name = 'Refusal'
    this.reason = reason
    this.details = details
  }

  /** Whether the same request may succeed a little later. */
  get passing(): boolean {
    return PASSING.has(this.reason)
  }

  /** Delay before the next try, in milliseconds. */
  get retryInMs(): number {
    return Number(this.details['retry_in_ms'] ?? RETRY_MS)
  }
}

/** The refusal that an error reply stands for. */
export function refusalOf(reply: { reason: string; message: string }): Refusal {
  const { reason, message, ...details } = reply
  return new Refusal(reason, message, details)
}

const PASSING = new Set(['rate_limited', 'overloaded', 'unavailable', 'draining'])
const RETRY_MS = 1000
