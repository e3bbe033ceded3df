// Reads the audit list for tests.
import assert from 'node:assert/strict'
import { eventually } from './inbox.mjs'

/** Reads the list, and repeats that until `count` lines are complete, because a line is written after the answer. */
export async function listed(ask, query, count) {
  let items
  return eventually(() => `${count} lines: ${JSON.stringify(items)}`, async () => {
    const { status, body } = await ask('GET', `/v1/audit?${query}`)
    assert.equal(status, 200, JSON.stringify(body))
    items = body.items
    return items.length >= count && items.every((line) => line.status !== null) && items
  })
}
