// The information that a status alone does not give: an employee's intent, and whether a device can be reached.
import type { Employee } from 'switchboard-client'
import { words } from './words.js'

/** The information as a sentence or in a word or two; empty where status and intent agree. */
export function reachOf({ status, intent }: Employee, how: 'long' | 'short'): string {
  const say = words()
  if (status === 'offline' && intent === 'idle') return say.unreached[how]
  if (status === 'busy' && intent === 'offline') return say.offAfter[how]
  return ''
}
