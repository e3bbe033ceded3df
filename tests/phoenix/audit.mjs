// The audit list, as a test reads it.
import assert from 'node:assert/strict'
import { eventually } from './inbox.mjs'

/** The lines of the list, once so many are there and have ended: they are written behind the answers. */
export async function listed(ask, query, count) {
  let items
  return eventually(() => `${count} lines: ${JSON.stringify(items)}`, async () => {
    const { status, body } = await ask('GET', `/v1/audit?${query}`)
    assert.equal(status, 200, JSON.stringify(body))
    items = body.items
    return items.length >= count && items.every((line) => line.status !== null) && items
  })
}
