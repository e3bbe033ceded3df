// The ring: tones made here, so that no file has to come first.

/** What it rings for. */
export type Ring = 'offer' | 'call'

let context: AudioContext | undefined

/** Lets the page ring: browsers want something to be pressed before. */
export function unlock(): void {
  context ??= new AudioContext()
  void context.resume()
}

/** Each ring: pairs of tones in hertz, how long one sounds, and how often it comes, in seconds. */
const RINGS: Readonly<Record<Ring, { tones: readonly number[]; lasts: number; every: number }>> = {
  offer: { tones: [523.25, 659.25, 783.99], lasts: 0.9, every: 2 },
  call: { tones: [440, 554.37], lasts: 1.2, every: 3 },
}

/** Rings until what it gives is called. A page on which nothing was pressed yet stays silent. */
export function ring(kind: Ring): () => void {
  const { every } = RINGS[kind]
  const strike = () => {
    if (context?.state === 'running') sound(context, kind)
  }
  strike()
  const timer = setInterval(strike, every * 1000)
  return () => clearInterval(timer)
}

function sound(on: AudioContext, kind: Ring): void {
  const { tones, lasts } = RINGS[kind]
  tones.forEach((hertz, index) => {
    const begins = on.currentTime + index * 0.14
    const tone = new OscillatorNode(on, { frequency: hertz, type: 'sine' })
    const loudness = new GainNode(on, { gain: 0 })
    loudness.gain.setValueAtTime(0, begins)
    loudness.gain.linearRampToValueAtTime(0.25, begins + 0.02)
    loudness.gain.exponentialRampToValueAtTime(0.001, begins + lasts)
    tone.connect(loudness).connect(on.destination)
    tone.start(begins)
    tone.stop(begins + lasts)
  })
}
