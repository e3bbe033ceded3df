// The board's state at a pace that people can read, and at which thousands of employees can be sorted.
import { useEffect, useReducer } from 'preact/hooks'
import type { Topic } from 'switchboard-client'

/** The topic's state: redrawn at once after a quiet time, and every `everyMs` during many changes. */
export function usePaced<State>(topic: Topic<State>, everyMs: number): State | undefined {
  const [, again] = useReducer((count: number, _: void) => count + 1, 0)
  useEffect(() => {
    let due: ReturnType<typeof setTimeout> | undefined
    let drawnAt = -Infinity
    const draw = () => {
      due = undefined
      drawnAt = performance.now()
      again()
    }
    const hear = () => {
      due ??= setTimeout(draw, Math.max(0, drawnAt + everyMs - performance.now()))
    }
    const stop = topic.subscribe(hear)
    // Catches a change between the first drawing and the subscription.
    hear()
    return () => {
      stop()
      clearTimeout(due)
    }
  }, [topic, everyMs])
  return topic.state
}
