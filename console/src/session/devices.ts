// The microphones, cameras and speakers of this device: the list, the choice, and errors in using them.
import { signal, type ReadonlySignal } from '@preact/signals'
import { keep, recall } from '../kept.js'

/** The kind of a device that can be chosen. */
export type DeviceKind = 'microphone' | 'camera' | 'speaker'

/** The reason why this person has no sound or no picture. */
export type Trouble = 'denied' | 'missing' | 'in_use' | 'unsupported'

/** A device that can be chosen. */
export interface Device {
  readonly id: string
  /** Empty until the browser tells the name. */
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

/** The devices that are connected now. */
export const devices: ReadonlySignal<typeof EMPTY> = found

/** The ids of the devices that this person has chosen in this browser. */
export const choice: ReadonlySignal<Readonly<Partial<Record<DeviceKind, string>>>> = chosen

/** Chooses a device, for now and the next time. */
export function chooseDevice(kind: DeviceKind, id: string): void {
  chosen.value = { ...chosen.value, [kind]: id }
  keep('on-device', KEPT_AS, chosen.value)
}

/** Keeps the list current until stopped. Browsers give names only after a device was used. */
export function watchDevices(): () => void {
  const media = navigator.mediaDevices as MediaDevices | undefined
  const look = () => void lookForDevices()
  look()
  media?.addEventListener('devicechange', look)
  return () => media?.removeEventListener('devicechange', look)
}

/** Updates the list of devices. */
export async function lookForDevices(): Promise<void> {
  const all = (await navigator.mediaDevices?.enumerateDevices().catch(() => [])) ?? []
  const of = (kind: DeviceKind) =>
    all
      .filter((one) => KINDS[one.kind] === kind && one.deviceId !== '')
      .map(({ deviceId, label }) => ({ id: deviceId, name: label }))
  found.value = { microphone: of('microphone'), camera: of('camera'), speaker: of('speaker') }
}

/** Opens the microphone, the camera or both with one question to the person; rejects with the browser's error. */
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
  // Sharp text matters more than smooth motion.
  if (track) track.contentHint = 'detail'
  return track
}

/** Whether this browser can share a screen at all: phones cannot. */
export function canShareScreen(): boolean {
  return typeof (navigator.mediaDevices as MediaDevices | undefined)?.getDisplayMedia === 'function'
}

/** Whether this browser lets a page choose the speaker. */
export function canChooseSpeaker(): boolean {
  return 'setSinkId' in HTMLMediaElement.prototype
}

/** The trouble behind a browser's error. */
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

/** Prefers the chosen device; an unplugged one must not leave the person without any. */
function preferred(kind: DeviceKind): { deviceId?: { ideal: string } } {
  const id = chosen.value[kind]
  return id === undefined ? {} : { deviceId: { ideal: id } }
}

function kept(): Readonly<Partial<Record<DeviceKind, string>>> {
  const all = Object(recall('on-device', KEPT_AS)) as Record<string, unknown>
  const known = Object.values(KINDS).map((kind) => [kind, all[kind]])
  return Object.fromEntries(known.filter(([, id]) => typeof id === 'string')) as Partial<Record<DeviceKind, string>>
}
