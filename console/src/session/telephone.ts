// This page's telephone: the call over the session's topic, with the media sent and received.
import { effect, signal, type ReadonlySignal } from '@preact/signals'
import type { SessionTopic, Side } from 'switchboard-client'
import { may } from '../look/attention.js'
import { ring } from '../look/sound.js'
import { Call, canMove, isUnderway, type CallState, type Memory } from './call.js'
import { Connection } from './connection.js'
import { device, freshId } from './device.js'
import { OwnMedia } from './giving.js'
import { keep, recall } from './kept.js'
import { understood, written, type Giving } from './signals.js'

/** The media received from the peer. */
export interface Received {
  readonly sound: MediaStreamTrack | null
  readonly picture: MediaStreamTrack | null
}

/** Data for a page that resumes a call after a reload. */
interface Kept {
  readonly device: string
  readonly call: Memory
  readonly muted: boolean
  readonly camera: boolean
}

const NOTHING: Received = { sound: null, picture: null }

/** A telephone, which rings, is answered, and is put down with `close`. */
export class Telephone {
  readonly own = new OwnMedia()
  readonly #call: Call
  readonly #topic: SessionTopic
  readonly #session: string
  readonly #isPolite: boolean
  readonly #received = signal(NOTHING)
  readonly #stops: (() => void)[] = []

  constructor(topic: SessionTopic, side: Side, session: string) {
    this.#topic = topic
    this.#session = session
    this.#isPolite = side === 'employee'
    const kept = recall<Kept>(session, 'call')
    const memory = kept?.device === device ? kept : undefined
    this.#call = this.#makeCall(memory?.call)
    if (memory) void this.own.start({ camera: memory.camera, muted: memory.muted })
    this.#listen()
  }

  /** The state of the call. */
  get state(): ReadonlySignal<CallState> {
    return this.#call.state
  }

  /** The media that the peer says they send. */
  get given(): ReadonlySignal<Giving> {
    return this.#call.given
  }

  /** The media received from the peer. */
  get received(): ReadonlySignal<Received> {
    return this.#received
  }

  /** Calls the peer, by voice or with the camera. */
  ring(video: boolean): void {
    const { is } = this.state.value
    if (is !== 'none' && is !== 'ended') return
    void this.own.start({ camera: video })
    this.#call.ring(video)
  }

  /** Answers, with the camera or without. */
  answer(camera: boolean): void {
    if (this.state.value.is !== 'ringing') return
    void this.own.start({ camera })
    this.#call.answer()
  }

  /** Takes the call over from this person's other device. The camera stays off until the person turns it on here. */
  move(): void {
    if (!canMove(this.state.value)) return
    void this.own.start({ camera: false })
    this.#call.move()
  }

  /** Declines the ringing call. */
  decline(): void {
    this.#call.decline()
  }

  hangUp(): void {
    this.#call.hangUp()
  }

  /** Puts away the outcome of the last call. */
  dismiss(): void {
    this.#call.dismiss()
  }

  /** Puts the telephone down for good. */
  close(): void {
    this.#call.close()
    this.own.stop()
    for (const stop of this.#stops) stop()
  }

  #makeCall(memory: Memory | undefined): Call {
    const topic = this.#topic
    return new Call(
      {
        device,
        freshId,
        tell: (call) => topic.signal(written({ about: 'call', call })),
        remember: (call) => this.#remember(call),
        connect: (hooks) => {
          this.#received.value = NOTHING
          return new Connection({
            polite: this.#isPolite,
            ice: () => topic.ice(),
            sound: this.own.sound,
            picture: this.own.picture,
            heard: (track) => this.#hear(track),
            ...hooks,
          })
        },
      },
      memory,
    )
  }

  #listen(): void {
    const topic = this.#topic
    let live = topic.live
    this.#stops.push(
      topic.onSignal((data) => {
        const said = understood(data)
        if (said?.about === 'call') this.#call.hear(said.call)
        if (said?.about === 'hello') this.#call.greeted(said.from)
      }),
      topic.subscribe(() => {
        if (topic.live && !live) this.#call.lineIsBack()
        live = topic.live
      }),
      effect(() => this.#call.gives(this.own.giving.value)),
      effect(() => {
        // The media that are on will be on again after a reload.
        void this.own.giving.value
        void this.own.cameraWanted.value
        const state = this.state.value
        if (isUnderway(state)) this.#remember(state)
      }),
      effect(() => this.#afterwards(this.state.value)),
      effect(() => {
        const { is } = this.state.value
        if (is === 'calling') return ring('outgoing')
        return is === 'ringing' ? ring('call', may.value.aloud) : undefined
      }),
    )
  }

  #hear(track: MediaStreamTrack): void {
    const what = track.kind === 'audio' ? 'sound' : 'picture'
    this.#received.value = { ...this.#received.value, [what]: track }
  }

  #afterwards({ is }: CallState): void {
    if (is !== 'none' && is !== 'ended') return
    this.own.stop()
    this.#received.value = NOTHING
  }

  #remember(call: Memory | undefined): void {
    const kept: Kept | undefined = call && {
      device,
      call,
      muted: this.own.muted.peek(),
      camera: this.own.cameraWanted.peek(),
    }
    keep(this.#session, 'call', kept)
  }
}
