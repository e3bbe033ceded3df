// How two browsers agree on a connection when either may begin at any time: the perfect negotiation of W3C's webrtc-pc.
import type { Description, NegotiationWord } from './signals.js'

type Unnumbered<Word> = Word extends unknown ? Omit<Word, 'round'> : never
/** What one side's connection tells the other's. */
export type Negotiated = Unnumbered<NegotiationWord>
/** What of it makes them agree. */
type Agreed = Exclude<Negotiated, { kind: 'restart' }>

/** Candidates that come that soon after each other travel together. */
const BUNDLE_MS = 40

interface Parts {
  readonly connection: RTCPeerConnection
  /** Who gives way when both have made an offer. Exactly one side is. */
  readonly polite: boolean
  readonly tell: (word: Agreed) => void
  /** Called with an offer taken and before its answer is made. */
  readonly offered: () => void
}

/** One side of it. */
export class Negotiation {
  readonly #parts: Parts
  #candidates: RTCIceCandidateInit[] = []
  #bundle: ReturnType<typeof setTimeout> | undefined
  #makingOffer = false
  #ignoresOffer = false
  #settingAnswer = false

  constructor(parts: Parts) {
    this.#parts = parts
    const { connection } = parts
    connection.addEventListener('negotiationneeded', () => void this.#offer())
    connection.addEventListener('icecandidate', ({ candidate }) => candidate && this.#found(candidate.toJSON()))
  }

  /** Hears the other side's. */
  hear(word: Agreed): Promise<void> {
    return word.kind === 'description' ? this.#described(word.description) : this.#reachable(word.candidates)
  }

  /** Tells an offer again that may have been lost on its way; with all candidates that are in it by now. */
  again(): void {
    if (this.#parts.connection.signalingState === 'have-local-offer') this.#tellDescription()
  }

  /** Tells nothing more. */
  close(): void {
    clearTimeout(this.#bundle)
  }

  async #offer(): Promise<void> {
    try {
      this.#makingOffer = true
      await this.#parts.connection.setLocalDescription()
      this.#tellDescription()
    } catch (error) {
      this.#failed(error)
    } finally {
      this.#makingOffer = false
    }
  }

  async #described(description: Description): Promise<void> {
    const { connection, polite, offered } = this.#parts
    const isStable = connection.signalingState === 'stable' || this.#settingAnswer
    const collides = description.type === 'offer' && (this.#makingOffer || !isStable)
    this.#ignoresOffer = !polite && collides
    // An answer that comes twice, as an offer was told twice, is known.
    const isKnown = description.type === 'answer' && connection.signalingState !== 'have-local-offer'
    if (this.#ignoresOffer || isKnown) return
    try {
      this.#settingAnswer = description.type === 'answer'
      await connection.setRemoteDescription(description)
      this.#settingAnswer = false
      if (description.type !== 'offer') return
      offered()
      await connection.setLocalDescription()
      this.#tellDescription()
    } catch (error) {
      this.#settingAnswer = false
      this.#failed(error)
    }
  }

  async #reachable(candidates: readonly RTCIceCandidateInit[]): Promise<void> {
    for (const candidate of candidates) {
      try {
        await this.#parts.connection.addIceCandidate(candidate)
      } catch (error) {
        // Those of an offer that is not taken belong to nothing here.
        if (!this.#ignoresOffer) this.#failed(error)
      }
    }
  }

  #found(candidate: RTCIceCandidateInit): void {
    this.#candidates.push(candidate)
    this.#bundle ??= setTimeout(() => this.#tellCandidates(), BUNDLE_MS)
  }

  #tellCandidates(): void {
    clearTimeout(this.#bundle)
    this.#bundle = undefined
    if (this.#candidates.length > 0) this.#parts.tell({ kind: 'candidate', candidates: this.#candidates })
    this.#candidates = []
  }

  #tellDescription(): void {
    const { localDescription } = this.#parts.connection
    // What was found before belongs before it.
    this.#tellCandidates()
    if (localDescription) {
      const { type, sdp } = localDescription
      this.#parts.tell({ kind: 'description', description: { type, sdp } })
    }
  }

  /** The connection's own watch heals it, or gives up; addresses and keys in the message are nobody's business. */
  #failed(error: unknown): void {
    if (this.#parts.connection.signalingState === 'closed') return
    console.warn('a step of the negotiation failed:', error instanceof DOMException ? error.name : typeof error)
  }
}
