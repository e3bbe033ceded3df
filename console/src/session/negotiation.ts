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
  /** What was heard so far, up to its end. */
  #heard: Promise<void> = Promise.resolve()

  constructor(parts: Parts) {
    this.#parts = parts
    const { connection } = parts
    connection.addEventListener('negotiationneeded', () => void this.#offer())
    connection.addEventListener('icecandidate', ({ candidate }) => candidate && this.#found(candidate.toJSON()))
  }

  /**
   * Hears the other side's, each when the one before is done with. An offer may come several times at once: were they
   * taken together, the first would be answered, and each after it would find nothing to answer and make an offer.
   */
  hear(word: Agreed): Promise<void> {
    this.#heard = this.#heard.then(() => this.#take(word))
    return this.#heard
  }

  /** Tells an offer again that may have been lost on its way; with all candidates that are in it by now. */
  again(): void {
    if (this.#parts.connection.signalingState === 'have-local-offer') this.#tellDescription()
  }

  /** Tells nothing more. */
  close(): void {
    clearTimeout(this.#bundle)
  }

  #take(word: Agreed): Promise<void> {
    return word.kind === 'description' ? this.#described(word.description) : this.#reachable(word.candidates)
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
    const collides = description.type === 'offer' && (this.#makingOffer || connection.signalingState !== 'stable')
    this.#ignoresOffer = !polite && collides
    if (this.#ignoresOffer || (description.type === 'answer' && this.#isKnown(description))) return
    try {
      await connection.setRemoteDescription(description)
      if (description.type !== 'offer') return
      offered()
      await connection.setLocalDescription()
      this.#tellDescription()
    } catch (error) {
      this.#failed(error)
    }
  }

  /** An answer comes twice, as an offer was told twice; the second may come when the next offer is under way. */
  #isKnown({ sdp }: Description): boolean {
    const { signalingState, currentLocalDescription, localDescription, currentRemoteDescription } = this.#parts.connection
    if (signalingState !== 'have-local-offer') return true
    // A restart gives both sides new names, so an answer by a known name is not the answer to a restart.
    const isRestart = nameIn(localDescription) !== nameIn(currentLocalDescription)
    return isRestart && nameIn({ sdp }) === nameIn(currentRemoteDescription)
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

/** By what a side is known to the network; each restart gives both sides another. */
function nameIn(description: { readonly sdp: string } | null): string | undefined {
  return /^a=ice-ufrag:(.+)$/m.exec(description?.sdp ?? '')?.[1]
}
