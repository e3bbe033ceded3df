// The sounds of a ring, synthesized on the spot: soft, and stopped by the caller. Browsers require a gesture first.
import { signal, type ReadonlySignal } from '@preact/signals'

/** The kind of a ring: an incoming call, an offer, or the ring that a caller hears. */
export type RingKind = 'call' | 'offer' | 'outgoing'
type SoundKind = RingKind | 'notice'

/** A sound as it is played once: tones in turn, then a pause. */
interface Pattern {
  readonly tones: readonly { readonly hertz: readonly number[]; readonly at: number; readonly lasts: number }[]
  readonly everyS: number
  readonly loudness: number
  /** Milliseconds of vibration and pause, in turn; empty for none. */
  readonly shakes: readonly number[]
}

const PATTERNS: Readonly<Record<SoundKind, Pattern>> = {
  call: {
    tones: [
      { hertz: [659, 988], at: 0, lasts: 0.5 },
      { hertz: [784, 1175], at: 0.45, lasts: 0.8 },
    ],
    everyS: 2.6,
    loudness: 0.16,
    shakes: [300, 200, 300],
  },
  offer: {
    tones: [
      { hertz: [523, 784], at: 0, lasts: 0.35 },
      { hertz: [659, 988], at: 0.22, lasts: 0.35 },
      { hertz: [784, 1175], at: 0.44, lasts: 0.9 },
    ],
    everyS: 2.2,
    loudness: 0.18,
    shakes: [200, 120, 200],
  },
  notice: {
    tones: [
      { hertz: [880], at: 0, lasts: 0.25 },
      { hertz: [1175], at: 0.14, lasts: 0.5 },
    ],
    everyS: 0,
    loudness: 0.12,
    shakes: [120],
  },
  outgoing: { tones: [{ hertz: [425], at: 0, lasts: 1 }], everyS: 4, loudness: 0.05, shakes: [] },
}

let context: AudioContext | undefined
const audible = signal(hasBeenTouched())

/** Whether a ring would be heard: browsers keep a page silent until the first gesture. */
export const canBeHeard: ReadonlySignal<boolean> = audible

/**
 * Rings until stopped; without `aloud` it only vibrates. A ring is silent until the first gesture, and audible from
 * then on.
 */
export function ring(kind: RingKind, aloud = true): () => void {
  const pattern = PATTERNS[kind]
  let out: GainNode | undefined
  const play = () => {
    if (!hasBeenTouched()) return
    if (aloud) out ??= opened()
    if (out) strike(out, pattern)
    if (pattern.shakes.length > 0) navigator.vibrate?.([...pattern.shakes])
  }
  play()
  const timer = setInterval(play, pattern.everyS * 1000)
  return () => {
    clearInterval(timer)
    out?.disconnect()
    if (pattern.shakes.length > 0 && hasBeenTouched()) navigator.vibrate?.(0)
  }
}

/**
 * Plays a single sound for an event that needs no answer; without `aloud` it only vibrates. Silent before the first
 * gesture.
 */
export function chime(aloud: boolean): void {
  if (!hasBeenTouched()) return
  const out = aloud ? opened() : undefined
  if (out) strike(out, PATTERNS.notice)
  navigator.vibrate?.([...PATTERNS.notice.shakes])
}

/** Any gesture allows sound, so that the first one turns it on, wherever it is made. */
for (const gesture of ['pointerup', 'keydown']) {
  addEventListener(gesture, touched, { passive: true })
}

function touched(): void {
  if (!hasBeenTouched()) return
  wake()
  audible.value = true
}

function wake(): AudioContext | undefined {
  if (!context && 'AudioContext' in globalThis) context = new AudioContext()
  if (context && context.state !== 'running') void context.resume().catch(() => {})
  return context
}

function opened(): GainNode | undefined {
  const on = wake()
  if (!on) return undefined
  const out = new GainNode(on)
  out.connect(on.destination)
  return out
}

/** Strikes each tone like a small bell: with a sharp attack and a slow decay. */
function strike(out: GainNode, { tones, loudness }: Pattern): void {
  const { context: on } = out
  if (on.state !== 'running') return
  for (const { hertz, at, lasts } of tones) {
    const begins = on.currentTime + at
    const bell = new GainNode(on, { gain: 0 })
    bell.gain.setValueAtTime(0, begins)
    bell.gain.linearRampToValueAtTime(loudness / hertz.length, begins + 0.02)
    bell.gain.exponentialRampToValueAtTime(0.0001, begins + lasts)
    bell.connect(out)
    for (const frequency of hertz) {
      const tone = new OscillatorNode(on, { type: 'sine', frequency })
      tone.connect(bell)
      tone.start(begins)
      tone.stop(begins + lasts)
    }
  }
}

/** Checked beforehand, because browsers log a warning about vibration or sound before a gesture. */
function hasBeenTouched(): boolean {
  return navigator.userActivation?.hasBeenActive ?? true
}
