// The client's booking, or the last one whose session is over, which can be read until the client books again, also
// after a reload of the tab.
import { useEffect, useState } from 'preact/hooks'
import type { CompanyState, CompanyTopic } from 'switchboard-client'
import { keepLast, lastOf } from './kept.js'

/** The open booking, or else the last one; `again` puts the last one away. */
export function useBooking(topic: CompanyTopic, state: CompanyState | undefined, place: string) {
  const [last, setLast] = useState(() => lastOf(place))
  const told = state?.booking ?? null
  useEffect(() => {
    if (!told) return
    const ended = told.session?.ended_at ? told : undefined
    keepLast(place, ended)
    setLast(ended)
  }, [told])
  const again = () => {
    keepLast(place, undefined)
    setLast(undefined)
    topic.forget()
  }
  return { booking: told ?? (state ? (last ?? null) : null), again }
}
