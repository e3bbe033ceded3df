// How long something lasts already: it alone is drawn again each second.
import { running } from '../words/writing.js'
import { ticking } from './clock.js'

/** The time since then, ticking. */
export function Since({ moment }: { moment: string }) {
  return (
    <time class="since" dateTime={moment}>
      {running(ticking.value - Date.parse(moment))}
    </time>
  )
}
