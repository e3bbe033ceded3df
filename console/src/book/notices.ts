// Notices for a client who looks elsewhere: an employee has accepted, or an employee is idle.
import { useEffect, useRef } from 'preact/hooks'
import type { Availability, Booking } from 'switchboard-client'
import { beckon } from '../look/attention.js'
import type { Stage } from './host.js'
import { words } from './words.js'

/** Gives each notice once. */
export function useNotices(stage: Stage, booking: Booking | null, availability: Availability | undefined, company: string): void {
  const say = words()
  const before = useRef(stage)
  useEffect(() => {
    const was = before.current
    before.current = stage
    if (was !== 'waiting' || stage === 'waiting') return
    const title = stage === 'talking' ? say.accepted(booking?.employee?.name ?? say.title(company)) : say.notFound
    beckon({ mark: title, title, body: say.title(company), tag: 'booking' })
  }, [stage])
  const wasFree = useRef<boolean | undefined>(undefined)
  const isFree = availability?.available
  useEffect(() => {
    const was = wasFree.current
    wasFree.current = isFree
    if (stage !== 'choosing' || was !== false || !isFree) return
    beckon({ mark: say.somebodyFree, title: say.somebodyFree, body: say.title(company), tag: 'free' })
  }, [isFree])
}
