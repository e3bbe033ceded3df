// What a status alone does not say: what somebody wants, and whether a device of theirs can be reached.
import type { Employee } from 'switchboard-client'
import { words } from './words.js'

/** In a sentence or a word or two; empty where status and intent say the same. */
export function reachOf({ status, intent }: Employee, how: 'long' | 'short'): string {
  const say = words()
  if (status === 'offline' && intent === 'idle') return say.unreached[how]
  if (status === 'busy' && intent === 'offline') return say.offAfter[how]
  return ''
}
