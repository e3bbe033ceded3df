// The connection of a call between two browsers: the media it carries, and its recovery when the network changes.
import { effect, type ReadonlySignal } from '@preact/signals'
import type { IceServer } from 'switchboard-client'
import { Negotiation, type Negotiated } from './negotiation.js'

/** A broken connection often recovers by itself within this time. */
const PATIENCE_MS = 3_000
/** A restart without success is repeated after this time… */
const RESTART_AGAIN_MS = 8_000
/** …and after this time the connection is given up. */
const GIVES_UP_MS = 30_000

/** The servers through which browsers find each other, and the time until they expire. */
export interface Ice {
  readonly ice_servers: readonly IceServer[]
  readonly expires_in_ms: number | null
}

interface Parts {
  readonly polite: boolean
  readonly ice: () => Promise<Ice>
  readonly tell: (word: Negotiated) => void
  /** The media that this side sends. */
  readonly sound: ReadonlySignal<MediaStreamTrack | null>
  readonly picture: ReadonlySignal<MediaStreamTrack | null>
  /** Called with each track that the other side sends. */
  readonly heard: (track: MediaStreamTrack) => void
  readonly connected: () => void
  readonly shaken: () => void
  readonly gaveUp: () => void
}

/** A connection, which opens at once and ends with `close`. */
export class Connection {
  readonly #parts: Parts
  readonly #ready: Promise<{ connection: RTCPeerConnection; negotiation: Negotiation } | undefined>
  readonly #stops: (() => void)[] = []
  #closed = false
  #iceExpiresAt = Number.POSITIVE_INFINITY
  #restart: ReturnType<typeof setTimeout> | undefined
  #givesUp: ReturnType<typeof setTimeout> | undefined

  constructor(parts: Parts) {
    this.#parts = parts
    this.#ready = this.#open()
    this.#givesUp = setTimeout(parts.gaveUp, GIVES_UP_MS)
    this.#restartIn(RESTART_AGAIN_MS)
    const online = () => void this.#restartNow()
    addEventListener('online', online)
    this.#stops.push(() => removeEventListener('online', online))
  }

  /** Handles a message of the other side, in order; messages wait until the connection is ready. */
  hear(word: Negotiated): void {
    if (word.kind === 'restart') return void this.#restartNow()
    void this.#ready.then((open) => (this.#closed ? undefined : open?.negotiation.hear(word)))
    return undefined
  }

  /** Something may have been lost: sends the offer again, and searches the best route anew. */
  again(): void {
    void this.#restartNow()
  }

  close(): void {
    this.#closed = true
    clearTimeout(this.#restart)
    clearTimeout(this.#givesUp)
    for (const stop of this.#stops) stop()
    void this.#ready.then((open) => {
      open?.negotiation.close()
      open?.connection.close()
    })
  }

  async #open() {
    const iceServers = await this.#iceServers()
    if (this.#closed) return undefined
    const { polite, tell, heard } = this.#parts
    const connection = new RTCPeerConnection({ iceServers })
    const negotiation = new Negotiation({ connection, polite, tell, offered: () => this.#give(connection) })
    connection.addEventListener('track', ({ track }) => heard(track))
    connection.addEventListener('connectionstatechange', () => this.#changed(connection.connectionState))
    // One side defines the media lines, once and for all; a side without media just receives.
    if (!polite) for (const kind of ['audio', 'video']) connection.addTransceiver(kind, { direction: 'sendrecv' })
    this.#stops.push(effect(() => this.#give(connection)))
    return { connection, negotiation }
  }

  /** Puts this side's tracks onto the media lines; replacing a track needs no new negotiation. */
  #give(connection: RTCPeerConnection): void {
    const gives = { audio: this.#parts.sound.value, video: this.#parts.picture.value }
    for (const transceiver of connection.getTransceivers()) {
      const kind = transceiver.receiver.track.kind as keyof typeof gives
      if (transceiver.currentDirection === 'stopped') continue
      transceiver.direction = 'sendrecv'
      if (transceiver.sender.track !== gives[kind]) void transceiver.sender.replaceTrack(gives[kind]).catch(() => {})
    }
  }

  #changed(state: RTCPeerConnectionState): void {
    if (this.#closed) return
    if (state === 'connected') {
      clearTimeout(this.#restart)
      clearTimeout(this.#givesUp)
      this.#givesUp = undefined
      this.#parts.connected()
    } else if (state === 'disconnected' || state === 'failed') {
      this.#givesUp ??= setTimeout(this.#parts.gaveUp, GIVES_UP_MS)
      this.#restartIn(state === 'failed' ? 0 : PATIENCE_MS)
      this.#parts.shaken()
    }
  }

  #restartIn(delayMs: number): void {
    clearTimeout(this.#restart)
    this.#restart = setTimeout(() => void this.#restartNow(), delayMs)
  }

  async #restartNow(): Promise<void> {
    const open = await this.#ready
    if (!open || this.#closed) return
    const { connection, negotiation } = open
    const fresh = performance.now() >= this.#iceExpiresAt ? await this.#iceServers() : undefined
    if (this.#closed) return
    if (fresh) connection.setConfiguration({ iceServers: fresh })
    if (connection.connectionState !== 'connected') this.#restartIn(RESTART_AGAIN_MS)
    // One side offers, and the other asks it to: Chromium's picture freezes after a rolled-back offer.
    if (this.#parts.polite) return this.#parts.tell({ kind: 'restart' })
    negotiation.again()
    // Until the first offer is answered there is nothing to restart.
    if (connection.remoteDescription) connection.restartIce()
    return undefined
  }

  /** The ICE servers; none if the server cannot tell, because people in one network need none. */
  async #iceServers(): Promise<RTCIceServer[]> {
    const ice = await this.#parts.ice().catch((): Ice => ({ ice_servers: [], expires_in_ms: null }))
    this.#iceExpiresAt = ice.expires_in_ms === null ? Number.POSITIVE_INFINITY : performance.now() + ice.expires_in_ms
    return ice.ice_servers.map(({ urls, ...secret }) => ({ urls: [...urls], ...secret }))
  }
}
