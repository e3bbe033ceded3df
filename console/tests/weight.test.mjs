// The size of a page on its way to a phone.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { openWorld } from './world.mjs'

/** The most bytes of all files that the client's page needs before use, compressed as sent. */
const CLIENT_MAX_BYTES = 120_000

test('the client’s page weighs at most 120 kB, with its typeface', { timeout: 300_000 }, async (t) => {
  const world = await openWorld(t)
  const sizes = new Map()
  const context = await world.context()
  const page = await context.newPage()
  const session = await context.newCDPSession(page)
  await session.send('Network.enable')
  const urls = new Map()
  session.on('Network.responseReceived', ({ requestId, response }) => urls.set(requestId, response.url))
  session.on('Network.loadingFinished', ({ requestId, encodedDataLength }) => {
    sizes.set(urls.get(requestId), encodedDataLength)
  })
  await page.goto(`${world.url}/book/demo?as=alice`)
  await page.locator('form').waitFor()
  await page.waitForLoadState('networkidle')
  const all = [...sizes].filter(([url]) => !url.includes('/dev/'))
  const bytes = all.reduce((sum, [, size]) => sum + size, 0)
  const told = all.map(([url, size]) => `${new URL(url).pathname} ${size}`).join('\n')
  t.diagnostic(`${bytes} bytes:\n${told}`)
  assert.ok(bytes > 20_000, `it was counted: ${told}`)
  assert.ok(bytes <= CLIENT_MAX_BYTES, told)
})
