// The client's booking, with the last one whose session is over: it can be read until they ask again, also after a
// reload of the tab.
import { useEffect, useState } from 'preact/hooks'
import type { CompanyState, CompanyTopic } from 'switchboard-client'
import { keepLast, lastOf } from './kept.js'

/** The open booking, or else the last one; `again` puts that away. */
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
