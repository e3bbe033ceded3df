// Sets of listeners; one that throws does not stop the others.

/** A set of listeners. @internal */
export class Listeners<Heard extends unknown[]> {
  readonly #all = new Set<{ readonly listener: (...heard: Heard) => void }>()

  /** Adds a listener; returns the function that removes it. The same function added twice is called twice. */
  add(listener: (...heard: Heard) => void): () => void {
    const entry = { listener }
    this.#all.add(entry)
    return () => void this.#all.delete(entry)
  }

  call(...heard: Heard): void {
    for (const { listener } of [...this.#all]) {
      try {
        listener(...heard)
      } catch (error) {
        report(error)
      }
    }
  }
}

/** Reports an error of a listener, without being stopped by it. */
export function report(error: unknown): void {
  ;(globalThis.reportError ?? console.error)(error)
}
