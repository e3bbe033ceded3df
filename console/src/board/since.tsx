// A running duration, as a component of its own, so that only this is redrawn each second.
import { running } from '../words/writing.js'
import { ticking } from './clock.js'

/** The duration since a moment, ticking. */
export function Since({ moment }: { moment: string }) {
  return (
    <time class="since" dateTime={moment}>
      {running(ticking.value - Date.parse(moment))}
    </time>
  )
}
