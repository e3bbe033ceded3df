// Calls between two browsers, with Chromium's fake cameras and a real server between them.
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { browser } from './browser.mjs'
import { source } from './module.mjs'
import { openWorld, untilTrue } from './world.mjs'

/** Keeps the connections that a page makes, so that tests can inspect them. */
function keepConnections() {
  globalThis.connections = []
  globalThis.RTCPeerConnection = class extends RTCPeerConnection {
    constructor(...given) {
      super(...given)
      connections.push(this)
    }
  }
}

/** Bytes of sound received so far on the newest connection. */
const soundBytes = ({ page }) =>
  page.evaluate(async () => {
    const stats = await connections.at(-1).getStats()
    return [...stats.values()].find(({ type, kind }) => type === 'inbound-rtp' && kind === 'audio')?.bytesReceived ?? 0
  })

/** Waits until sound arrives on the newest connection. */
const hears = ({ page }) =>
  untilTrue(page, async () => {
    const stats = await connections.at(-1).getStats()
    const heard = [...stats.values()].filter(({ type, kind }) => type === 'inbound-rtp' && kind === 'audio')
    return heard.some(({ bytesReceived }) => bytesReceived > 0)
  })

/** How many of the microphone and the camera are on for the newest connection. */
const devicesOn = ({ page }) =>
  page.evaluate(() => connections.at(-1).getSenders().filter(({ track }) => track?.readyState === 'live').length)

/** The ICE name of the newest connection, which changes with each restart. */
const networkName = ({ page }) =>
  page.evaluate(() => /ice-ufrag:(\S+)/.exec(connections.at(-1).localDescription?.sdp ?? '')?.[1])

const changesFrom = ({ page }, name) =>
  page.waitForFunction((before) => {
    const { localDescription, connectionState, signalingState } = connections.at(-1)
    const now = /ice-ufrag:(\S+)/.exec(localDescription?.sdp ?? '')?.[1]
    return now !== before && connectionState === 'connected' && signalingState === 'stable'
  }, name)

const each = (people, what) => Promise.all(people.map(what))

/** Both sides of a session; the client's connection can be cut, and `prepare` runs in the client's page. */
async function inSession(t, prepare = []) {
  const world = await openWorld(t)
  const { client, desk } = await world.session()
  const anotherDesk = () => desk({ base: world.server.url, prepare: [keepConnections] })
  const [alice, erika] = await Promise.all([client({ prepare: [keepConnections, ...prepare] }), anotherDesk()])
  return { world, alice, erika, anotherDesk }
}

/** Alice has called, and Erika talks on one of two devices, whose connection can be cut. */
async function onOneOfTwo(t) {
  const world = await openWorld(t)
  const line = await world.relay()
  const { client, desk } = await world.session()
  const prepare = [keepConnections]
  const [alice, erika, phone] = await Promise.all([
    client({ prepare }),
    desk({ base: line.url, prepare }),
    desk({ base: world.server.url, prepare }),
  ])
  await alice.callByVideo()
  await each([erika, phone], (device) => device.callIs('ringing'))
  await erika.answer()
  await each([alice, erika], (person) => person.callIs('talking'))
  await phone.sees('You took the call on another device.')
  return { line, alice, erika, phone }
}

async function inVideoCall(t, prepare) {
  const meeting = await inSession(t, prepare)
  const { alice, erika } = meeting
  await alice.callByVideo()
  await erika.answer()
  await each([alice, erika], (person) => person.callIs('talking'))
  return meeting
}

// Two at a time, because each test mostly waits.
describe('a call', { concurrency: 2 }, () => {
  test('both see and hear each other, and a hang-up ends it for both', async (t) => {
    const { alice, erika } = await inVideoCall(t)
    await each([alice, erika], (person) => person.seesFrames())
    for (const person of [alice, erika]) assert.ok((await soundBytes(person)) > 0)
    await alice.press('Hang up')
    await Promise.all([alice.callIs('none'), erika.callIs('ended')])
    await erika.sees('alice hung up.')
    assert.deepEqual(await each([alice, erika], devicesOn), [0, 0])
  })

  test('both call at once, and it is one call', async (t) => {
    const { world, alice, erika } = await inSession(t)
    world.line.hold()
    await each([alice, erika], (person) => person.callByVideo())
    await each([alice, erika], (person) => person.callIs('calling'))
    world.line.mend()
    await each([alice, erika], (person) => person.callIs('talking'))
    await each([alice, erika], (person) => person.seesFrames())
    assert.deepEqual(await each([alice, erika], ({ page }) => page.evaluate(() => connections.length)), [1, 1])
  })

  test('a voice call gets a camera later, and each hears what the other holds back', async (t) => {
    const { alice, erika } = await inSession(t)
    await alice.press('Call')
    await erika.press('Answer')
    await alice.callIs('talking')
    await hears(alice)
    assert.equal(await alice.page.locator('video.remote.is-none').count(), 1)
    const before = await networkName(alice)
    await erika.press('Turn camera on')
    await alice.seesFrames()
    assert.equal(await networkName(alice), before, 'nothing is negotiated for a camera')
    await erika.press('Turn microphone off')
    await alice.sees('Microphone off')
    await erika.press('Turn microphone on')
    await alice.page.getByText('Microphone off').waitFor({ state: 'detached' })
    await erika.press('Turn camera off')
    await alice.page.locator('video.remote.is-none').waitFor({ state: 'attached' })
  })

  test('a screen takes the camera’s place, and the camera is back after it', async (t) => {
    const { alice, erika } = await inVideoCall(t)
    await erika.press('Share screen')
    await alice.page.locator('video.remote.is-screen').waitFor()
    await alice.seesFrames()
    // This is how the browser's own bar ends a shared screen.
    await erika.page.evaluate(() => {
      const { track } = connections.at(-1).getSenders().find(({ track }) => track?.kind === 'video')
      track.stop()
      track.dispatchEvent(new Event('ended'))
    })
    await alice.page.locator('video.remote.is-camera').waitFor()
    await alice.seesFrames()
  })

  for (const who of ['alice', 'erika']) {
    test(`the call goes on by itself after the page of ${who} was loaded anew`, async (t) => {
      const { alice, erika } = await inVideoCall(t)
      const [both, person] = [[alice, erika], who === 'alice' ? alice : erika]
      await person.press('Turn microphone off')
      await person.page.reload()
      await each(both, (one) => one.callIs('talking'))
      await each(both, (one) => one.seesFrames())
      await person.find('button', 'Turn microphone on').waitFor()
    })
  }

  test('both pages are loaded anew at once, and the call goes on', async (t) => {
    const { alice, erika } = await inVideoCall(t)
    await each([alice, erika], ({ page }) => page.reload())
    await each([alice, erika], (person) => person.callIs('talking'))
    await each([alice, erika], (person) => person.seesFrames())
  })

  test('a camera that the browser has not opened yet when the page is loaded anew is opened after it', async (t) => {
    const { alice, erika } = await inVideoCall(t, [keepWaiting])
    await alice.page.reload()
    await each([alice, erika], (one) => one.callIs('talking'))
    await each([alice, erika], (one) => one.seesFrames())
  })

  test('an offer that comes several times at once is answered, and no picture stands still', async (t) => {
    const { world, alice, erika } = await inVideoCall(t)
    const before = await each([alice, erika], networkName)
    await erika.page.evaluate(keepTurns)
    world.line.hold()
    for (let turn = 1; turn <= 3; turn += 1) {
      await alice.page.evaluate(() => void dispatchEvent(new Event('online')))
      // From the second turn on, the offer is sent again.
      await alice.page.waitForFunction(() => connections.at(-1).signalingState === 'have-local-offer')
    }
    world.line.mend()
    await Promise.all([changesFrom(alice, before[0]), changesFrom(erika, before[1])])
    await each([alice, erika], (person) => person.seesFrames())
    const turns = await erika.page.evaluate(() => turns)
    assert.ok(turns.includes('have-remote-offer') && !turns.includes('have-local-offer'), turns)
  })

  test('the network is lost and back: the call goes on meanwhile, and agrees on a way anew after it', async (t) => {
    const { world, alice, erika } = await inVideoCall(t)
    const before = await networkName(alice)
    world.line.cut()
    await alice.isLost()
    await each([alice, erika], (person) => person.seesFrames())
    world.line.mend()
    await alice.isBack()
    await changesFrom(alice, before)
    await each([alice, erika], (person) => person.seesFrames(10))
  })

  test('the server is killed and started again, and the call goes on through it', async (t) => {
    const { world, alice, erika } = await inVideoCall(t)
    await world.server.kill()
    await each([alice, erika], (person) => person.isLost())
    await each([alice, erika], (person) => person.seesFrames())
    await world.server.restart()
    await each([alice, erika], (person) => person.isBack())
    await each([alice, erika], (person) => person.seesFrames(10))
    await alice.press('Hang up')
    await erika.sees('alice hung up.')
  })

  test('both look for a new way at once, and agree on one', async (t) => {
    const { alice, erika } = await inVideoCall(t)
    for (let turn = 1; turn <= 3; turn += 1) {
      const before = await each([alice, erika], networkName)
      await each([alice, erika], ({ page }) => page.evaluate(() => void dispatchEvent(new Event('online'))))
      await Promise.all([changesFrom(alice, before[0]), changesFrom(erika, before[1])])
    }
    await each([alice, erika], (person) => person.seesFrames())
  })

  test('another device stops ringing when one has answered, and when it is declined', async (t) => {
    const { alice, erika, anotherDesk } = await inSession(t)
    const phone = await anotherDesk()
    await alice.press('Call')
    await each([erika, phone], (device) => device.callIs('ringing'))
    await phone.press('Answer')
    await alice.callIs('talking')
    await erika.sees('You took the call on another device.')
    await alice.press('Hang up')
    await phone.callIs('ended')
    await alice.press('Call')
    await each([erika, phone], (device) => device.callIs('ringing'))
    await erika.press('Decline')
    await Promise.all([alice.callIs('ended'), erika.callIs('none'), phone.callIs('ended')])
    await alice.sees('Erika cannot take the call now.')
  })

  test('a call is moved to another device and back, and both hear of its end', async (t) => {
    const { alice, erika, phone } = await onOneOfTwo(t)
    for (const [from, to] of [[erika, phone], [phone, erika]]) {
      await to.sees('You took the call on another device.')
      const calls = await each(['Call again', 'Call', 'Video call'], (name) => to.find('button', name).count())
      assert.deepEqual(calls, [0, 0, 0], 'to call would disturb it')
      await to.press('Move it here')
      await Promise.all([alice.callIs('talking'), to.callIs('talking'), from.callIs('ended')])
      await Promise.all([hears(alice), hears(to), to.seesFrames()])
      assert.equal(await devicesOn(from), 0)
      assert.equal(await devicesOn(to), 1, 'nobody is seen who has not turned their camera on here')
    }
    await alice.press('Hang up')
    await erika.sees('alice hung up.')
    await phone.sees('The call is over.')
    assert.equal(await phone.find('button', 'Move it here').count(), 0)
  })

  test('a client moves the call too', async (t) => {
    const world = await openWorld(t)
    const { client, desk } = await world.session()
    const prepare = [keepConnections]
    const [alice, tablet, erika] = await Promise.all([client({ prepare }), client({ prepare }), desk({ prepare })])
    await erika.press('Call')
    await each([alice, tablet], (device) => device.callIs('ringing'))
    await alice.press('Answer')
    await each([alice, erika], (person) => person.callIs('talking'))
    await tablet.press('Move it here')
    await Promise.all([tablet.callIs('talking'), erika.callIs('talking'), alice.callIs('ended')])
    await each([tablet, erika], hears)
    await tablet.press('Hang up')
    await erika.sees('alice hung up.')
    await alice.sees('The call is over.')
  })

  test('a call is moved away from a device whose page is gone', async (t) => {
    const { alice, erika, phone } = await onOneOfTwo(t)
    await erika.page.close()
    await phone.press('Move it here')
    await each([alice, phone], (person) => person.callIs('talking'))
    await hears(alice)
  })

  test('a device whose line was lost while its call was moved away hears of that later', async (t) => {
    const { line, alice, erika, phone } = await onOneOfTwo(t)
    line.cut()
    await erika.isLost()
    await phone.press('Move it here')
    await each([alice, phone], (person) => person.callIs('talking'))
    line.mend()
    await erika.sees('You took the call on another device.')
    await each([alice, phone], (person) => person.callIs('talking'))
  })

  test('a call cannot be moved while the other is away, and can when they are back', async (t) => {
    const { alice, phone } = await onOneOfTwo(t)
    await alice.comesBackAfter(async () => {
      await phone.press('Move it here')
      await phone.sees('The call could not be moved here.')
    })
    await alice.callIs('talking')
    await phone.press('Move it here')
    await each([alice, phone], (person) => person.callIs('talking'))
    await hears(alice)
  })

  test('a device that comes while it rings is rung too', async (t) => {
    const { alice, anotherDesk } = await inSession(t)
    await alice.press('Call')
    const phone = await anotherDesk()
    await phone.press('Answer')
    await alice.callIs('talking')
  })

  test('without a microphone and a camera the call goes on, and says what to do', async (t) => {
    const { alice, erika } = await inVideoCall(t, [refuseDevices])
    await alice.seesFrames()
    await alice.sees(/cannot be heard: allow the microphone.*cannot be seen: allow the camera/)
    await erika.sees('Microphone off')
  })

  test('the end of the session ends its call', async (t) => {
    const { alice, erika } = await inVideoCall(t)
    await erika.end()
    await alice.isOver('Your session with Erika is over')
    await erika.sees('You ended it.')
    for (const { page } of [alice, erika]) {
      await page.waitForFunction(() => connections.at(-1).connectionState === 'closed')
      // The booking is kept as long as it is shown; of the session and its call nothing is kept.
      const kept = await page.evaluate(() => Object.keys(sessionStorage).filter((name) => !name.endsWith('.last')))
      assert.deepEqual(kept, [])
    }
  })
})

/** In a page: the browser's question stays unanswered; after a reload it is not asked. */
function keepWaiting() {
  const [{ type }] = performance.getEntriesByType('navigation')
  if (type !== 'reload') navigator.mediaDevices.getUserMedia = () => new Promise(() => {})
}

/** Records the signalling states of the newest connection. */
function keepTurns() {
  globalThis.turns = []
  const connection = connections.at(-1)
  connection.addEventListener('signalingstatechange', () => turns.push(connection.signalingState))
}

function refuseDevices() {
  navigator.mediaDevices.getUserMedia = () => Promise.reject(new DOMException('no', 'NotAllowedError'))
}

test('an offer that comes several times is answered each time, and each offer has its own answer', async (t) => {
  const page = await (await browser()).newPage()
  t.after(() => page.close())
  const found = await page.evaluate(tellOften, await source('negotiation.ts'))
  assert.deepEqual(found, { told: ['answer', 'answer', 'answer'], takenForTheNext: false, agreed: true })
})

/**
 * In a page: one side receives an offer three times at once, and the other receives all answers, the last during a
 * restart.
 */
async function tellOften(code) {
  const { Negotiation } = await import(`data:text/javascript,${encodeURIComponent(code)}`)
  const sides = [true, false].map((polite) => {
    const side = { connection: new RTCPeerConnection(), told: [], turn: () => {} }
    const tell = (word) => word.kind === 'description' && side.turn(side.told.push(structuredClone(word)))
    side.negotiation = new Negotiation({ connection: side.connection, polite, tell, offered: () => {} })
    side.tells = () => new Promise((resolve) => (side.turn = () => resolve(side.told.at(-1))))
    return side
  })
  const [polite, impolite] = sides
  const first = impolite.tells()
  impolite.connection.addTransceiver('video')
  const offer = await first
  await Promise.all([1, 2, 3].map(() => polite.negotiation.hear(offer)))
  const told = polite.told.map(({ description }) => description.type)
  await impolite.negotiation.hear(polite.told[0])
  const second = impolite.tells()
  impolite.connection.restartIce()
  const restart = await second
  await impolite.negotiation.hear(polite.told[2])
  const takenForTheNext = impolite.connection.signalingState !== 'have-local-offer'
  await polite.negotiation.hear(restart)
  await impolite.negotiation.hear(polite.told.at(-1))
  const name = ({ sdp }) => /ice-ufrag:(\S+)/.exec(sdp)[1]
  const agreed =
    impolite.connection.signalingState === 'stable' &&
    name(impolite.connection.remoteDescription) === name(polite.connection.localDescription)
  for (const { connection } of sides) connection.close()
  return { told, takenForTheNext, agreed }
}

test('two real connections agree whichever offers collide, and carry what both have added', async (t) => {
  // A blank page, because the policy of our pages would block the module.
  const page = await (await browser()).newPage()
  t.after(() => page.close())
  assert.deepEqual(await page.evaluate(negotiate, await source('negotiation.ts')), [12, 12])
})

/** In a page: both sides keep adding media over a slow wire; returns the number that each side has agreed on. */
async function negotiate(code) {
  const { Negotiation } = await import(`data:text/javascript,${encodeURIComponent(code)}`)
  const [polite, impolite] = [new RTCPeerConnection(), new RTCPeerConnection()]
  const sides = {}
  const aMoment = (maxMs) => new Promise((done) => setTimeout(done, Math.random() * maxMs))
  const side = (name, connection, other) => {
    // Delivered in order, as by the server, and some time later.
    let wire = Promise.resolve()
    const tell = (word) => {
      const data = JSON.stringify(word)
      wire = wire.then(() => aMoment(20)).then(() => void sides[other].hear(JSON.parse(data)))
    }
    sides[name] = new Negotiation({ connection, polite: name === 'polite', tell, offered: () => {} })
  }
  side('polite', polite, 'impolite')
  side('impolite', impolite, 'polite')
  // Both begin at once, and continue to add media while the other side does.
  for (let turn = 0; turn < 6; turn += 1) {
    polite.addTransceiver('audio')
    impolite.addTransceiver('audio')
    await aMoment(30)
  }
  const agreedOn = (one) => one.getTransceivers().filter(({ mid }) => mid !== null).length
  const counts = () => [polite, impolite].map(agreedOn)
  const isAgreed = (one) => one.signalingState === 'stable' && one.connectionState === 'connected'
  const isDone = () => isAgreed(polite) && isAgreed(impolite) && counts().every((count) => count >= 12)
  for (let tries = 0; !isDone(); tries += 1) {
    if (tries > 1000) throw new Error(`they do not agree: ${polite.signalingState}, ${impolite.signalingState}`)
    await aMoment(20)
  }
  const agreed = counts()
  polite.close()
  impolite.close()
  return agreed
}
