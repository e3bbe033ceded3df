// The line and the topics of the client, as components see them: whoever looks is drawn again when they change.
import { useEffect, useReducer } from 'preact/hooks'
import type { LineState, Switchboard, Topic } from 'switchboard-client'

/** The topic's state, drawn again after each change. */
export function useTopic<State>(topic: Topic<State>): State | undefined {
  const again = useRedraw()
  useEffect(() => topic.subscribe(again), [topic])
  return topic.state
}

/** How the line is. */
export function useLine(switchboard: Switchboard): LineState {
  const again = useRedraw()
  useEffect(() => switchboard.onLine(again), [switchboard])
  return switchboard.line
}

/** The time on this device's monotonic clock, in milliseconds, drawn again that often. */
export function useNow(everyMs: number): number {
  const again = useRedraw()
  useEffect(() => {
    const timer = setInterval(again, everyMs)
    return () => clearInterval(timer)
  }, [everyMs])
  return performance.now()
}

function useRedraw(): () => void {
  const [, again] = useReducer((count: number, _: void) => count + 1, 0)
  return again as () => void
}
