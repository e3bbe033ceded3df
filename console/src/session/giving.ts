// The media that this person sends in a call: their voice, and the picture of their camera or screen.
import { batch, computed, signal, type ReadonlySignal } from '@preact/signals'
import { openDevices, openScreen, troubleOf, type Trouble } from './devices.js'
import type { Giving } from './signals.js'

/** The media that could not be opened, and why. */
export interface Missing {
  readonly sound?: Trouble
  readonly picture?: Trouble
}

type Picture = { readonly is: 'camera' | 'screen'; readonly track: MediaStreamTrack }

/** This person's media, from the beginning of a call to its end; `stop` turns every device off. */
export class OwnMedia {
  readonly #sound = signal<MediaStreamTrack | null>(null)
  readonly #picture = signal<Picture | null>(null)
  readonly #muted = signal(false)
  readonly #missing = signal<Missing>({})
  readonly #cameraOpens = signal(false)
  /** Whether the camera goes on again after the screen. */
  #cameraAfter = false
  /** Number of the call, so that devices opened for a former call are closed at once. */
  #turn = 0
  /** Number of the picture, so that a camera that was turned off or replaced while opening is closed at once. */
  #pictureTurn = 0

  /** The voice; null without a microphone. */
  readonly sound: ReadonlySignal<MediaStreamTrack | null> = this.#sound
  /** The picture; null without one. */
  readonly picture = computed(() => this.#picture.value?.track ?? null)
  /** Whether the voice is muted. */
  readonly muted: ReadonlySignal<boolean> = this.#muted
  /** Whether the camera is on, or opening: the browser may have to ask the person first. */
  readonly cameraWanted = computed(() => this.#picture.value?.is === 'camera' || this.#cameraOpens.value)
  /** The media that could not be opened. */
  readonly missing: ReadonlySignal<Missing> = this.#missing
  /** The state as told to the peer. */
  readonly giving = computed<Giving>(() => ({
    sound: this.#sound.value !== null && !this.#muted.value,
    picture: this.#picture.value?.is ?? 'none',
  }))

  /** Opens the devices; the call goes on with any that open. */
  async start({ camera, muted = false }: { camera: boolean; muted?: boolean }): Promise<void> {
    this.stop()
    this.#muted.value = muted
    const turn = this.#turn
    // One question to the person for both; separate ones only to find out which device is the trouble.
    if (camera && (await this.#open({ sound: true, picture: true }))) return
    if (turn === this.#turn) await this.#open({ sound: true, picture: false })
    if (camera && turn === this.#turn) await this.#open({ sound: false, picture: true })
  }

  /** Mutes or unmutes the voice; without a microphone, unmuting tries to open one. */
  async mute(muted: boolean): Promise<void> {
    this.#muted.value = muted
    if (this.#sound.value) this.#sound.value.enabled = !muted
    else if (!muted) await this.#open({ sound: true, picture: false })
  }

  /** Turns the camera on or off; off turns its lamp off too. */
  async camera(on: boolean): Promise<void> {
    this.#cameraAfter = false
    if (on) await this.#open({ sound: false, picture: true })
    else this.#noPicture()
  }

  /** Shows a screen in place of the camera, or stops. Nothing happens if the person chooses none. */
  async screen(on: boolean): Promise<void> {
    if (!on) return this.#afterScreen()
    const turn = this.#turn
    const track = await openScreen().catch((error: unknown) => {
      if (troubleOf(error) !== 'denied') throw error
      return undefined
    })
    if (!track) return
    if (turn !== this.#turn) return track.stop()
    this.#cameraAfter = this.#picture.value?.is === 'camera'
    this.#pictureTurn += 1
    batch(() => {
      this.#cameraOpens.value = false
      this.#show({ is: 'screen', track })
    })
    return undefined
  }

  /** Opens a device again after another one was chosen. */
  async reopen(kind: 'microphone' | 'camera'): Promise<void> {
    if (kind === 'microphone') await this.#open({ sound: true, picture: false })
    else if (this.#picture.value?.is === 'camera') await this.#open({ sound: false, picture: true })
  }

  /** Stops all media of this side. */
  stop(): void {
    this.#turn += 1
    this.#cameraAfter = false
    batch(() => {
      this.#speak(null)
      this.#show(null)
      this.#cameraOpens.value = false
      this.#muted.value = false
      this.#missing.value = {}
    })
  }

  /** Opens devices; returns whether that succeeded. */
  async #open(wanted: { sound: boolean; picture: boolean }): Promise<boolean> {
    const turn = this.#turn
    if (wanted.picture) {
      this.#pictureTurn += 1
      this.#cameraOpens.value = true
    }
    const pictureTurn = this.#pictureTurn
    const answered = () => {
      if (wanted.picture && pictureTurn === this.#pictureTurn) this.#cameraOpens.value = false
    }
    try {
      const tracks = await openDevices(wanted)
      if (turn !== this.#turn) return stopAll(tracks)
      batch(() => {
        for (const track of tracks) {
          if (track.kind === 'video' && pictureTurn !== this.#pictureTurn) track.stop()
          else this.#take(track)
        }
        answered()
        const { sound, picture } = this.#missing.value
        this.#missing.value = {
          ...(sound && !wanted.sound && { sound }),
          ...(picture && !wanted.picture && { picture }),
        }
      })
      return true
    } catch (error) {
      if (turn !== this.#turn || (wanted.sound && wanted.picture)) return false
      answered()
      this.#missing.value = { ...this.#missing.value, [wanted.sound ? 'sound' : 'picture']: troubleOf(error) }
      return false
    }
  }

  #take(track: MediaStreamTrack): void {
    if (track.kind === 'audio') this.#speak(track)
    else this.#show({ is: 'camera', track })
  }

  #speak(track: MediaStreamTrack | null): void {
    this.#sound.value?.stop()
    this.#sound.value = track
    if (!track) return
    track.enabled = !this.#muted.value
    // The microphone was unplugged: another one takes its place, if there is one.
    track.addEventListener('ended', () => this.#sound.value === track && void this.reopen('microphone'))
  }

  #show(picture: Picture | null): void {
    this.#picture.value?.track.stop()
    this.#picture.value = picture
    // The browser's own bar ends a shared screen; unplugging ends a camera.
    picture?.track.addEventListener('ended', () => {
      if (this.#picture.value !== picture) return
      if (picture.is === 'screen') void this.#afterScreen()
      else this.#show(null)
    })
  }

  #noPicture(): void {
    this.#pictureTurn += 1
    batch(() => {
      this.#cameraOpens.value = false
      this.#show(null)
    })
  }

  async #afterScreen(): Promise<void> {
    const camera = this.#cameraAfter
    this.#noPicture()
    if (camera) await this.camera(true)
  }
}

function stopAll(tracks: readonly MediaStreamTrack[]): true {
  for (const track of tracks) track.stop()
  return true
}
