// Keys by which the server knows a repeated wish.

/** A key that nobody else makes. */
export function freshKey(): string {
  // `randomUUID` is not there in pages that came over plain HTTP.
  return crypto.getRandomValues(new Uint32Array(4)).join('-')
}
