// The information that a status alone does not give: an employee's intent, and whether a device can be reached.
import type { Employee } from 'switchboard-client'
import { clock } from '../words/writing.js'
import { words } from './words.js'

/** The information as a sentence or in a word or two; empty where status and intent agree. */
export function reachOf({ status, intent, pause, resting_until }: Employee, how: 'long' | 'short'): string {
  const say = words()
  if (status === 'offline' && intent === 'idle') return say.unreached[how]
  if (status === 'busy' && intent === 'offline') return say.offAfter[how]
  if (status === 'offline' && pause && (pause.reason || pause.until)) {
    return say.paused[how](reasonOf(pause.reason), pause.until && clock(pause.until))
  }
  if (resting_until !== undefined) return say.rests[how](clock(resting_until))
  return ''
}

/** The reason of a pause, with the server's own reasons in the language of the page. */
function reasonOf(reason: string | null): string {
  const say = words()
  if (reason === 'missed') return say.pauseMissed
  return reason === 'lapsed' ? say.pauseLapsed : (reason ?? say.pause)
}
