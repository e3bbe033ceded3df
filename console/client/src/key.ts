// Keys by which the server knows a repeated wish.

/** A key that nobody else makes. */
export function freshKey(): string {
  // `randomUUID` is not there in pages that came over plain HTTP.
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, '0')).join('')
}
