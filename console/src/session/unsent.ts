// Messages that the server has not acknowledged outlive a reload: sent again with their keys, none is doubled. What a
// session's end was faster than is given back.
import type { Outgoing, SessionTopic } from 'switchboard-client'
import { keep, recall } from './kept.js'

interface Unsent {
  readonly key: string
  readonly body: string
}

/** Of sessions that ended while they were shown, until it is given back. */
const aside = new Map<string, readonly string[]>()

/** Sends what was left over, and keeps what waits from now on; returns what stops it. */
export function keepUnsent(topic: SessionTopic, session: string): () => void {
  const left = recall<readonly Unsent[]>(session, 'unsent') ?? []
  const there = new Set(topic.state?.outgoing.map(({ key }) => key))
  for (const { key, body } of left) if (!there.has(key)) topic.send(body, key)
  let last: readonly Outgoing[] | undefined
  return topic.subscribe(() => {
    const { state } = topic
    if (!state || state.session.ended_at !== null || state.outgoing === last) return
    last = state.outgoing
    const unsent = last.map(({ key, body }): Unsent => ({ key, body }))
    keep(session, 'unsent', unsent.length > 0 ? unsent : undefined)
  })
}

/** The session is over: what could not be sent is no more the storage's, but this page's alone. */
export function setAside(session: string): void {
  aside.set(session, takeUnsent(session))
}

/** Gives back what could not be sent, the half-typed words last; it is kept nowhere then. */
export function takeUnsent(session: string): readonly string[] {
  const unsent = recall<readonly Unsent[]>(session, 'unsent') ?? []
  const draft = recall<string>(session, 'draft') ?? ''
  const before = aside.get(session) ?? []
  aside.delete(session)
  keep(session, 'unsent', undefined)
  keep(session, 'draft', undefined)
  return [...before, ...unsent.map(({ body }) => body), draft].filter((body) => body.trim() !== '')
}
