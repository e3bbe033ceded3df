// A session's topic for as long as a part of the page shows it; parts that follow each other go on with the same one.
import { useLayoutEffect, useMemo } from 'preact/hooks'
import type { SessionTopic, Switchboard } from 'switchboard-client'

/** So long after the last part is gone it is left: what that has said in parting goes out, or the next takes it on. */
const LEFT_AFTER_MS = 1_000

const shownBy = new WeakMap<SessionTopic, number>()

/** Joins the session's topic, and leaves it when nothing on the page shows it any more. */
export function useSession(switchboard: Switchboard, session: string): SessionTopic {
  const topic = useMemo(() => switchboard.session(session), [switchboard, session])
  // Not after the next paint: until then it could be left from under what is drawn.
  useLayoutEffect(() => held(topic), [topic])
  return topic
}

function held(topic: SessionTopic): () => void {
  count(topic, 1)
  return () => {
    count(topic, -1)
    setTimeout(() => shownBy.get(topic) === 0 && topic.leave(), LEFT_AFTER_MS)
  }
}

function count(topic: SessionTopic, by: 1 | -1): void {
  shownBy.set(topic, (shownBy.get(topic) ?? 0) + by)
}
