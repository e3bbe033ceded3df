// Calls between two browsers, with the cameras that Chromium feigns and a real server between them.
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { relay, session, source, world } from './room/world.mjs'

let here
before(async () => (here = await world()))
after(() => here?.close())

const press = (page, name) => page.getByRole('button', { name, exact: true }).click()
const becomes = (page, state) =>
  page.locator(`[data-call="${state}"]`).waitFor({ state: state === 'none' ? 'attached' : 'visible' })

/** New frames of the other's picture arrive, from now on. */
const seesFrames = (page) =>
  page.evaluate(
    () =>
      new Promise((resolve, reject) => {
        const patience = setTimeout(() => reject(new Error('no frames of the other arrive')), 25_000)
        let count = 0
        const look = () => {
          const video = document.querySelector('video.remote')
          if (!video?.srcObject) return setTimeout(look, 50)
          video.requestVideoFrameCallback(() => {
            count += 1
            if (count < 5) return look()
            clearTimeout(patience)
            resolve()
          })
        }
        look()
      }),
  )

/** The voice that arrives, in bytes so far, of the newest connection. */
const soundBytes = (page) =>
  page.evaluate(async () => {
    const stats = await connections.at(-1).getStats()
    return [...stats.values()].find(({ type, kind }) => type === 'inbound-rtp' && kind === 'audio')?.bytesReceived ?? 0
  })

/** By what the newest connection is known to the network: another one after each restart. */
const networkName = (page) =>
  page.evaluate(() => /ice-ufrag:(\S+)/.exec(connections.at(-1).localDescription?.sdp ?? '')?.[1])

const changesFrom = (page, name) =>
  page.waitForFunction((before) => {
    const { localDescription, connectionState, signalingState } = connections.at(-1)
    const now = /ice-ufrag:(\S+)/.exec(localDescription?.sdp ?? '')?.[1]
    return now !== before && connectionState === 'connected' && signalingState === 'stable'
  }, name)

async function inVideoCall(t, name, options = {}) {
  const meeting = await session(here, name, t)
  const client = await meeting.page('client', options.client)
  const employee = await meeting.page('employee', options.employee)
  await press(client, 'Video call')
  await press(employee, 'Answer with camera')
  await Promise.all([becomes(client, 'talking'), becomes(employee, 'talking')])
  return { ...meeting, client, employee }
}

// Three at a time: most of each is waiting.
describe('a call', { concurrency: 3 }, () => {
  test('both see and hear each other, and a hang-up ends it for both', async (t) => {
    const { client, employee } = await inVideoCall(t, 'video')
    await Promise.all([seesFrames(client), seesFrames(employee)])
    assert.ok((await soundBytes(client)) > 0)
    assert.ok((await soundBytes(employee)) > 0)
    await press(client, 'Hang up')
    await becomes(client, 'none')
    await becomes(employee, 'ended')
    await employee.getByText('Alice has hung up.').first().waitFor()
    const lamps = (page) =>
      page.evaluate(() => connections.at(-1).getSenders().filter(({ track }) => track?.readyState === 'live').length)
    assert.deepEqual(await Promise.all([lamps(client), lamps(employee)]), [0, 0])
  })

  test('both call at once, and it is one call', async (t) => {
    const line = await relay(here.url)
    t.after(line.close)
    const { page } = await session(here, 'glare', t)
    const [client, employee] = [await page('client', { over: line.url }), await page('employee')]
    await line.hold(async () => {
      await Promise.all([press(client, 'Video call'), press(employee, 'Video call')])
      await Promise.all([becomes(client, 'calling'), becomes(employee, 'calling')])
    })
    await Promise.all([becomes(client, 'talking'), becomes(employee, 'talking')])
    await Promise.all([seesFrames(client), seesFrames(employee)])
    assert.deepEqual(await Promise.all([client, employee].map((at) => at.evaluate(() => connections.length))), [1, 1])
  })

  test('a voice call gets a camera later, and each hears what the other holds back', async (t) => {
    const { page } = await session(here, 'voice', t)
    const [client, employee] = [await page('client'), await page('employee')]
    await press(client, 'Call')
    await press(employee, 'Answer')
    await becomes(client, 'talking')
    await client.waitForFunction(async () => {
      const stats = await connections.at(-1).getStats()
      const heard = [...stats.values()].filter(({ type, kind }) => type === 'inbound-rtp' && kind === 'audio')
      return heard.some(({ bytesReceived }) => bytesReceived > 0)
    })
    assert.equal(await client.locator('video.remote.is-none').count(), 1)
    const before = await networkName(client)
    await press(employee, 'Turn camera on')
    await seesFrames(client)
    assert.equal(await networkName(client), before, 'nothing is negotiated for a camera')
    await press(employee, 'Turn microphone off')
    await client.getByText('Microphone off').waitFor()
    await press(employee, 'Turn microphone on')
    await client.getByText('Microphone off').waitFor({ state: 'detached' })
    await press(employee, 'Turn camera off')
    await client.locator('video.remote.is-none').waitFor({ state: 'attached' })
  })

  test('a screen takes the camera’s place, and the camera is back after it', async (t) => {
    const { client, employee } = await inVideoCall(t, 'screen')
    await press(employee, 'Share screen')
    await client.locator('video.remote.is-screen').waitFor()
    await seesFrames(client)
    // As the browser's own bar ends it.
    await employee.evaluate(() => {
      const { track } = connections.at(-1).getSenders().find(({ track }) => track?.kind === 'video')
      track.stop()
      track.dispatchEvent(new Event('ended'))
    })
    await client.locator('video.remote.is-camera').waitFor()
    await seesFrames(client)
  })

  for (const who of ['client', 'employee']) {
    test(`the call goes on by itself after the page of the ${who} was loaded anew`, async (t) => {
      const pages = await inVideoCall(t, `reload-${who}`)
      await press(pages[who], 'Turn microphone off')
      await pages[who].reload()
      await Promise.all([becomes(pages.client, 'talking'), becomes(pages.employee, 'talking')])
      await Promise.all([seesFrames(pages.client), seesFrames(pages.employee)])
      await pages[who].getByRole('button', { name: 'Turn microphone on' }).waitFor()
    })
  }

  test('both pages are loaded anew at once, and the call goes on', async (t) => {
    const { client, employee } = await inVideoCall(t, 'both')
    await Promise.all([client.reload(), employee.reload()])
    await Promise.all([becomes(client, 'talking'), becomes(employee, 'talking')])
    await Promise.all([seesFrames(client), seesFrames(employee)])
  })

  test('the line to the server is cut and comes back, and a way is agreed anew while the call goes on', async (t) => {
    const line = await relay(here.url)
    t.after(line.close)
    const { client, employee } = await inVideoCall(t, 'cut', { client: { over: line.url } })
    const before = await networkName(client)
    line.cut()
    await client.locator('.line-strip p').waitFor()
    await seesFrames(employee)
    line.mend()
    await changesFrom(client, before)
    await Promise.all([seesFrames(client), seesFrames(employee)])
  })

  test('both look for a new way at once, and agree on one', async (t) => {
    const { client, employee } = await inVideoCall(t, 'restart')
    for (let turn = 1; turn <= 3; turn += 1) {
      const before = await Promise.all([networkName(client), networkName(employee)])
      await Promise.all([client, employee].map((page) => page.evaluate(() => dispatchEvent(new Event('online')))))
      await Promise.all([changesFrom(client, before[0]), changesFrom(employee, before[1])])
    }
    await Promise.all([seesFrames(client), seesFrames(employee)])
  })

  test('another device stops ringing when one has answered, and when it is declined', async (t) => {
    const { page } = await session(here, 'devices', t)
    const [client, desk, phone] = [await page('client'), await page('employee'), await page('employee')]
    await press(client, 'Call')
    await Promise.all([becomes(desk, 'ringing'), becomes(phone, 'ringing')])
    await press(phone, 'Answer')
    await becomes(client, 'talking')
    await desk.getByText('You took the call on another device.').first().waitFor()
    await press(client, 'Hang up')
    await becomes(phone, 'ended')
    await press(client, 'Call')
    await Promise.all([becomes(desk, 'ringing'), becomes(phone, 'ringing')])
    await press(desk, 'Decline')
    await Promise.all([becomes(client, 'ended'), becomes(desk, 'none'), becomes(phone, 'ended')])
    await client.getByText('Erika Sample cannot take the call now.').first().waitFor()
  })

  test('a device that comes while it rings is rung too', async (t) => {
    const { page } = await session(here, 'late', t)
    const client = await page('client')
    await press(client, 'Call')
    const employee = await page('employee')
    await press(employee, 'Answer')
    await becomes(client, 'talking')
  })

  test('without a microphone and a camera the call goes on, and says what to do', async (t) => {
    const prepare = () => {
      navigator.mediaDevices.getUserMedia = () => Promise.reject(new DOMException('no', 'NotAllowedError'))
    }
    const { client, employee } = await inVideoCall(t, 'denied', { client: { prepare } })
    await seesFrames(client)
    await client.getByText(/cannot hear you: allow the microphone.*cannot see you: allow the camera/).waitFor()
    await employee.getByText('Microphone off').waitFor()
  })

  test('the end of the session ends its call', async (t) => {
    const { client, employee } = await inVideoCall(t, 'over')
    await press(employee, 'End')
    await press(employee, 'End session')
    await client.locator('.chat-over').waitFor()
    for (const page of [client, employee]) {
      await becomes(page, 'none')
      assert.equal(await page.evaluate(() => connections.at(-1).connectionState), 'closed')
      assert.equal(await page.evaluate(() => Object.keys(sessionStorage).length), 0)
    }
  })
  test('two real connections agree whichever offers collide, and carry what both have added', async (t) => {
    const { page } = await session(here, 'negotiation', t)
    const client = await page('client')
    const opened = await client.evaluate(async (code) => {
      const { Negotiation } = await import(`data:text/javascript,${encodeURIComponent(code)}`)
      const [polite, impolite] = [new RTCPeerConnection(), new RTCPeerConnection()]
      const sides = {}
      const side = (name, connection, other) => {
        // In order, as the server relays it, and some time later.
        let wire = Promise.resolve()
        const tell = (word) => {
          const data = JSON.stringify(word)
          wire = wire.then(() => new Promise((done) => setTimeout(done, Math.random() * 20)))
          wire = wire.then(() => void sides[other].hear(JSON.parse(data)))
        }
        sides[name] = new Negotiation({ connection, polite: name === 'polite', tell, offered: () => {} })
      }
      side('polite', polite, 'impolite')
      side('impolite', impolite, 'polite')
      // Both begin at once, and go on to change what there is while the other does.
      for (let turn = 0; turn < 6; turn += 1) {
        polite.addTransceiver('audio')
        impolite.addTransceiver('audio')
        await new Promise((done) => setTimeout(done, Math.random() * 30))
      }
      const agreedOn = (one) => one.getTransceivers().filter(({ mid }) => mid !== null).length
      const counts = () => [polite, impolite].map(agreedOn)
      const isAgreed = (one) => one.signalingState === 'stable' && one.connectionState === 'connected'
      const isDone = () => isAgreed(polite) && isAgreed(impolite) && counts().every((count) => count >= 12)
      for (let tries = 0; !isDone(); tries += 1) {
        if (tries > 1000) throw new Error(`they do not agree: ${polite.signalingState}, ${impolite.signalingState}`)
        await new Promise((done) => setTimeout(done, 20))
      }
      const agreed = counts()
      polite.close()
      impolite.close()
      return agreed
    }, await source('negotiation.ts'))
    assert.deepEqual(opened, [12, 12])
  })
})
