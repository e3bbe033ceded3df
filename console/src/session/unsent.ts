// Messages without an acknowledgement survive a reload: they are sent again with their keys, so that none is doubled.
// Messages that missed the session's end are given back.
import type { Outgoing, SessionTopic } from 'switchboard-client'
import { keep, recall } from './kept.js'

interface Unsent {
  readonly key: string
  readonly body: string
}

/** Messages of sessions that ended while shown, until the messages are given back. */
const aside = new Map<string, readonly string[]>()

/** Sends messages left from before, and keeps those that wait from now on; returns the function that stops this. */
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

/** After a session's end, moves unsent messages from storage into this page's memory. */
export function setAside(session: string): void {
  aside.set(session, takeUnsent(session))
}

/** Takes the unsent messages out, the half-typed text last; nothing keeps them then. */
export function takeUnsent(session: string): readonly string[] {
  const unsent = recall<readonly Unsent[]>(session, 'unsent') ?? []
  const draft = recall<string>(session, 'draft') ?? ''
  const before = aside.get(session) ?? []
  aside.delete(session)
  keep(session, 'unsent', undefined)
  keep(session, 'draft', undefined)
  return [...before, ...unsent.map(({ body }) => body), draft].filter((body) => body.trim() !== '')
}
