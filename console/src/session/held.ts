// Holds a session's topic for as long as a part of the page shows it; successive parts share the topic.
import { useLayoutEffect, useMemo } from 'preact/hooks'
import type { SessionTopic, Switchboard } from 'switchboard-client'

/**
 * Delay before a topic is left after its last part is gone, so that the last signals go out, or the next part takes
 * over.
 */
const LEFT_AFTER_MS = 1_000

const shownBy = new WeakMap<SessionTopic, number>()

/** Joins the session's topic, and leaves it when no part of the page shows it. */
export function useSession(switchboard: Switchboard, session: string): SessionTopic {
  const topic = useMemo(() => switchboard.session(session), [switchboard, session])
  // A layout effect, because an ordinary effect comes after the next paint: until then the drawn topic could be left.
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
