// The microphones, cameras and speakers of this device: which there are, which one is used, and why one cannot be.
import { signal, type ReadonlySignal } from '@preact/signals'
import { keep, recall } from '../kept.js'

/** What can be chosen. */
export type DeviceKind = 'microphone' | 'camera' | 'speaker'

/** Why there is no sound or no picture of this person. */
export type Trouble = 'denied' | 'missing' | 'in_use' | 'unsupported'

/** One that can be chosen. */
export interface Device {
  readonly id: string
  /** Empty as long as the browser does not say it. */
  readonly name: string
}

const KEPT_AS = 'devices'
/** Enough to see a face and a sheet of paper. */
const PICTURE = { width: { ideal: 1280 }, height: { ideal: 720 }, frameRate: { max: 30 } }
const KINDS: Readonly<Record<MediaDeviceKind, DeviceKind>> = {
  audioinput: 'microphone',
  videoinput: 'camera',
  audiooutput: 'speaker',
}
const EMPTY: Readonly<Record<DeviceKind, readonly Device[]>> = { microphone: [], camera: [], speaker: [] }

const found = signal(EMPTY)
const chosen = signal<Readonly<Partial<Record<DeviceKind, string>>>>(kept())

/** All that there are now. */
export const devices: ReadonlySignal<typeof EMPTY> = found

/** Which of them this person has chosen on this device, by their ids. */
export const choice: ReadonlySignal<Readonly<Partial<Record<DeviceKind, string>>>> = chosen

/** Chooses one, now and the next time. */
export function chooseDevice(kind: DeviceKind, id: string): void {
  chosen.value = { ...chosen.value, [kind]: id }
  keep('on-device', KEPT_AS, chosen.value)
}

/** Keeps the list as it is now, until it is stopped. Names are there once one was used. */
export function watchDevices(): () => void {
  const media = navigator.mediaDevices as MediaDevices | undefined
  const look = () => void lookForDevices()
  look()
  media?.addEventListener('devicechange', look)
  return () => media?.removeEventListener('devicechange', look)
}

/** Looks which there are now. */
export async function lookForDevices(): Promise<void> {
  const all = (await navigator.mediaDevices?.enumerateDevices().catch(() => [])) ?? []
  const of = (kind: DeviceKind) =>
    all
      .filter((one) => KINDS[one.kind] === kind && one.deviceId !== '')
      .map(({ deviceId, label }) => ({ id: deviceId, name: label }))
  found.value = { microphone: of('microphone'), camera: of('camera'), speaker: of('speaker') }
}

/** Opens the microphone, the camera or both with one question to the person; rejects with what the browser says. */
export async function openDevices(wanted: { sound: boolean; picture: boolean }): Promise<MediaStreamTrack[]> {
  const media = navigator.mediaDevices as MediaDevices | undefined
  if (!media) throw new DOMException('a page without https has no devices', 'NotSupportedError')
  const stream = await media.getUserMedia({
    audio: wanted.sound && { ...preferred('microphone'), echoCancellation: true, noiseSuppression: true },
    video: wanted.picture && { ...preferred('camera'), ...PICTURE },
  })
  void lookForDevices()
  return stream.getTracks()
}

/** Lets the person choose a screen or a window. */
export async function openScreen(): Promise<MediaStreamTrack | undefined> {
  const stream = await navigator.mediaDevices.getDisplayMedia({ video: { frameRate: { max: 15 } }, audio: false })
  const track = stream.getVideoTracks()[0]
  // Letters before motion.
  if (track) track.contentHint = 'detail'
  return track
}

/** Whether this browser can share a screen at all: phones cannot. */
export function canShareScreen(): boolean {
  return typeof (navigator.mediaDevices as MediaDevices | undefined)?.getDisplayMedia === 'function'
}

/** Whether this browser lets a page choose where the sound goes. */
export function canChooseSpeaker(): boolean {
  return 'setSinkId' in HTMLMediaElement.prototype
}

/** What a browser's refusal means for a person. */
export function troubleOf(error: unknown): Trouble {
  switch (error instanceof DOMException ? error.name : '') {
    case 'NotAllowedError':
    case 'SecurityError':
      return 'denied'
    case 'NotFoundError':
    case 'OverconstrainedError':
      return 'missing'
    case 'NotSupportedError':
      return 'unsupported'
    default:
      return 'in_use'
  }
}

/** One that was unplugged is no reason to have none. */
function preferred(kind: DeviceKind): { deviceId?: { ideal: string } } {
  const id = chosen.value[kind]
  return id === undefined ? {} : { deviceId: { ideal: id } }
}

function kept(): Readonly<Partial<Record<DeviceKind, string>>> {
  const all = Object(recall('on-device', KEPT_AS)) as Record<string, unknown>
  const known = Object.values(KINDS).map((kind) => [kind, all[kind]])
  return Object.fromEntries(known.filter(([, id]) => typeof id === 'string')) as Partial<Record<DeviceKind, string>>
}
