// Idempotency keys, by which the server recognizes a repeated request.

/** Makes a random key that does not repeat. */
export function freshKey(): string {
  // `randomUUID` is missing in pages served over plain HTTP.
  return crypto.getRandomValues(new Uint32Array(4)).join('-')
}
