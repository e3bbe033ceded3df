// The board's state at a pace that people can read and that thousands of employees can be put in order at.
import { useEffect, useReducer } from 'preact/hooks'
import type { Topic } from 'switchboard-client'

/** The topic's state: drawn again at once after a rest, and in a storm of changes once in so many milliseconds. */
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
    // What came between the drawing and this.
    hear()
    return () => {
      stop()
      clearTimeout(due)
    }
  }, [topic, everyMs])
  return topic.state
}
