// The line and the topics of the client, as components see them: whoever looks is drawn again when they change.
import { useEffect, useReducer } from 'preact/hooks'
import type { LineState, Switchboard, Topic } from 'switchboard-client'

/** The topic's state, drawn again after each change. */
export function useTopic<State>(topic: Topic<State>): State | undefined {
  const again = useRedraw()
  useEffect(() => looking(topic.subscribe(again), again), [topic])
  return topic.state
}

/** How the line is. */
export function useLine(switchboard: Switchboard): LineState {
  const again = useRedraw()
  useEffect(() => looking(switchboard.onLine(again), again), [switchboard])
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

/** Between what was drawn and the first look something may have changed: it is drawn once more. */
function looking(stop: () => void, again: () => void): () => void {
  again()
  return stop
}

function useRedraw(): () => void {
  const [, again] = useReducer((count: number, _: void) => count + 1, 0)
  return again as () => void
}
