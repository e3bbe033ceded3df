// The client library's connection and topics as hooks, which redraw a component after each change.
import { useEffect, useMemo, useReducer, useState } from 'preact/hooks'
import { Switchboard, type LineState, type Topic } from 'switchboard-client'

const AGE_WITHIN_MS = 3_000

/** The person's connection to the server that delivered the page, for as long as the page is shown. */
export function useSwitchboard(token: () => Promise<string>): Switchboard {
  const switchboard = useMemo(() => {
    const url = `${location.origin.replace(/^http/, 'ws')}/socket`
    return new Switchboard(url, { token, device: 'web' })
  }, [token])
  useEffect(() => {
    switchboard.connect()
    return () => switchboard.disconnect()
  }, [switchboard])
  return switchboard
}

/** The topic's state, redrawn after each change. */
export function useTopic<State>(topic: Topic<State>): State | undefined {
  const again = useRedraw()
  useEffect(() => looking(topic.subscribe(again), again), [topic])
  return topic.state
}

/** The state of the connection. */
export function useLine(switchboard: Switchboard): LineState {
  const again = useRedraw()
  useEffect(() => looking(switchboard.onLine(again), again), [switchboard])
  return switchboard.line
}

/** The time on this device's monotonic clock, in milliseconds, redrawn every `everyMs`. */
export function useNow(everyMs: number): number {
  const again = useRedraw()
  useEffect(() => {
    const timer = setInterval(again, everyMs)
    return () => clearInterval(timer)
  }, [everyMs])
  return performance.now()
}

/** The age of one of the server's times, in milliseconds, redrawn each second; undefined until known. */
export function useLasting(since: string): number | undefined {
  const now = useNow(1000)
  const begunAt = useBegun(since)
  return begunAt === undefined ? undefined : now - begunAt
}

/**
 * That time on this device's monotonic clock. The age is computed with the server's time, because this device's wall
 * clock may be wrong.
 */
function useBegun(since: string): number | undefined {
  const [begunAt, begin] = useState<number>()
  useEffect(() => {
    const here = performance.now()
    const learn = (age: number) => begin(here - Math.max(0, age))
    ageOf(since).then(learn, () => learn(0))
  }, [since])
  return begunAt
}

async function ageOf(moment: string): Promise<number> {
  const answer = await fetch('/healthz', { cache: 'no-store', signal: AbortSignal.timeout(AGE_WITHIN_MS) })
  const now = Date.parse(answer.headers.get('date') ?? '')
  return Number.isNaN(now) ? 0 : now - Date.parse(moment)
}

/** Redraws once more, because something may have changed between the drawing and the subscription. */
function looking(stop: () => void, again: () => void): () => void {
  again()
  return stop
}

function useRedraw(): () => void {
  const [, again] = useReducer((count: number, _: void) => count + 1, 0)
  return again as () => void
}
