// The negotiation of a connection when either side may begin at any time: the perfect negotiation of W3C's webrtc-pc.
import type { Description, NegotiationWord } from './signals.js'

type Unnumbered<Word> = Word extends unknown ? Omit<Word, 'round'> : never
/** A message from one side's connection to the other's. */
export type Negotiated = Unnumbered<NegotiationWord>
/** The messages that the negotiation itself handles. */
type Agreed = Exclude<Negotiated, { kind: 'restart' }>

/** Candidates found within this time are sent together. */
const BUNDLE_MS = 40

interface Parts {
  readonly connection: RTCPeerConnection
  /** Whether this side gives way when both have made an offer; exactly one side does. */
  readonly polite: boolean
  readonly tell: (word: Agreed) => void
  /** Called when an offer is set, before the answer is made. */
  readonly offered: () => void
}

/** One side of the negotiation. */
export class Negotiation {
  readonly #parts: Parts
  #candidates: RTCIceCandidateInit[] = []
  #bundle: ReturnType<typeof setTimeout> | undefined
  #makingOffer = false
  #ignoresOffer = false
  /** Settles when the messages so far are handled. */
  #heard: Promise<void> = Promise.resolve()

  constructor(parts: Parts) {
    this.#parts = parts
    const { connection } = parts
    connection.addEventListener('negotiationneeded', () => void this.#offer())
    connection.addEventListener('icecandidate', ({ candidate }) => candidate && this.#found(candidate.toJSON()))
  }

  /**
   * Handles messages of the other side one at a time. An offer may arrive several times at once: handled together, the
   * first would be answered, and each later one would find nothing to answer and make an offer of its own.
   */
  hear(word: Agreed): Promise<void> {
    this.#heard = this.#heard.then(() => this.#take(word))
    return this.#heard
  }

  /** Sends the offer again, in case it was lost, with all candidates that are in it by now. */
  again(): void {
    if (this.#parts.connection.signalingState === 'have-local-offer') this.#tellDescription()
  }

  /** Stops the sending of candidates. */
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

  /**
   * Whether an answer is a repeated one. Each repeated offer is answered again, perhaps while the next offer is open.
   */
  #isKnown({ sdp }: Description): boolean {
    const { signalingState, currentLocalDescription, localDescription, currentRemoteDescription } = this.#parts.connection
    if (signalingState !== 'have-local-offer') return true
    // A restart gives both sides new ICE names, so an answer with a known name is not the answer to a restart.
    const isRestart = nameIn(localDescription) !== nameIn(currentLocalDescription)
    return isRestart && nameIn({ sdp }) === nameIn(currentRemoteDescription)
  }

  async #reachable(candidates: readonly RTCIceCandidateInit[]): Promise<void> {
    for (const candidate of candidates) {
      try {
        await this.#parts.connection.addIceCandidate(candidate)
      } catch (error) {
        // Candidates of an ignored offer belong to no connection.
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
    // Candidates found earlier are sent earlier.
    this.#tellCandidates()
    if (localDescription) {
      const { type, sdp } = localDescription
      this.#parts.tell({ kind: 'description', description: { type, sdp } })
    }
  }

  /**
   * Logs a failed step; the connection's own watch recovers or gives up. Only the error's name is logged, because its
   * message may contain addresses and keys.
   */
  #failed(error: unknown): void {
    if (this.#parts.connection.signalingState === 'closed') return
    console.warn('a step of the negotiation failed:', error instanceof DOMException ? error.name : typeof error)
  }
}

/** The ICE name of a side; each restart gives both sides new ones. */
function nameIn(description: { readonly sdp: string } | null): string | undefined {
  return /^a=ice-ufrag:(.+)$/m.exec(description?.sdp ?? '')?.[1]
}
