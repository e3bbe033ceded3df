// The line and the topics of the client, as components see them: whoever looks is drawn again when they change.
import { useEffect, useMemo, useReducer, useState } from 'preact/hooks'
import { Switchboard, type LineState, type Topic } from 'switchboard-client'

const AGE_WITHIN_MS = 3_000

/** The person's own line to the server that the page is of, for as long as the page is shown. */
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

/** How long ago a moment of the server's was, in milliseconds, drawn again each second; nothing until that is known. */
export function useLasting(since: string): number | undefined {
  const now = useNow(1000)
  const begunAt = useBegun(since)
  return begunAt === undefined ? undefined : now - begunAt
}

/** When that was by this device's monotonic clock. The server's time comes with its answer: this device's may be wrong. */
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

/** Between what was drawn and the first look something may have changed: it is drawn once more. */
function looking(stop: () => void, again: () => void): () => void {
  again()
  return stop
}

function useRedraw(): () => void {
  const [, again] = useReducer((count: number, _: void) => count + 1, 0)
  return again as () => void
}
