// Messages that the server has not acknowledged outlive a reload: sent again with their keys, none is doubled.
import type { Outgoing, SessionTopic } from 'switchboard-client'
import { keep, recall } from './kept.js'

interface Unsent {
  readonly key: string
  readonly body: string
}

/** Sends what was left over, and keeps what waits from now on; returns what stops it. */
export function keepUnsent(topic: SessionTopic, session: string): () => void {
  const left = recall<readonly Unsent[]>(session, 'unsent') ?? []
  const there = new Set(topic.state?.outgoing.map(({ key }) => key))
  for (const { key, body } of left) if (!there.has(key)) topic.send(body, key)
  let last: readonly Outgoing[] | undefined
  return topic.subscribe(() => {
    const outgoing = topic.state?.outgoing
    if (!outgoing || outgoing === last) return
    last = outgoing
    const unsent = outgoing.map(({ key, body }): Unsent => ({ key, body }))
    const over = topic.state?.session.ended_at !== null
    keep(session, 'unsent', unsent.length > 0 && !over ? unsent : undefined)
  })
}
