// Differences in a page: it is hidden and shown, and its network goes and returns.
import assert from 'node:assert/strict'
import { before, test } from 'node:test'

class Page extends EventTarget {
  visibilityState = 'visible'
  show(visibilityState) {
    this.visibilityState = visibilityState
    for (const target of [this, window]) target.dispatchEvent(new Event('visibilitychange'))
  }
}

let people
// phoenix.js checks only once, when loaded, whether it runs in a page.
before(async () => {
  globalThis.window = new EventTarget()
  globalThis.document = window.document = new Page()
  globalThis.requestAnimationFrame = (draw) => setTimeout(draw, 16)
  people = await import('./people.mjs')
})

test('a page that is hidden comes back all the same', async (t) => {
  const house = await people.open(t)
  t.after(() => document.show('visible'))
  const relay = await house.relay()
  const desk = await house.idleDesk({ url: relay.socketUrl })
  document.show('hidden')
  relay.cut()
  await people.line(house.people[0], 'lost')
  relay.mend()
  await people.seen(desk, () => desk.live)
  assert.equal(desk.state.intent, 'idle')
})

test('a page that is shown asks whether the line is there, and dials at once if it is not', async (t) => {
  const house = await people.open(t)
  const relay = await house.relay()
  const carl = house.carl({ url: relay.socketUrl })
  const page = carl.company('acme')
  await people.seen(page, () => page.live)
  document.show('visible')
  relay.silence()
  const askedAt = performance.now()
  window.dispatchEvent(new Event('online'))
  await people.line(carl, 'lost')
  const noticedMs = performance.now() - askedAt
  // A heartbeat would have taken 10 s to notice.
  assert.ok(noticedMs > 2900 && noticedMs < 9000, `noticed after ${noticedMs} ms`)
  relay.cut()
  // Each try makes two calls. After five tries, three more would take 6 s, unless the delays start over.
  await relay.called(11)
  const wokenAt = performance.now()
  window.dispatchEvent(new Event('online'))
  await relay.called(relay.calls + 6)
  const triedMs = performance.now() - wokenAt
  assert.ok(triedMs < 6000, `tried three times in ${triedMs} ms`)
  relay.mend()
  await people.seen(page, () => page.live)
})

test('a line that is good is left alone when the page is shown', async (t) => {
  const house = await people.open(t)
  const carl = house.carl()
  const board = house.boss().board('acme')
  await people.line(carl, 'open')
  await people.until(board, () => true)
  const lines = []
  carl.onLine((line) => lines.push(line))
  for (const visibility of ['hidden', 'visible', 'hidden', 'visible']) document.show(visibility)
  await house.server.ask('PUT', '/v1/companies/acme/employees/eve', {})
  await people.until(board, ({ employees }) => employees.has('eve'))
  assert.deepEqual(lines, [])
})
