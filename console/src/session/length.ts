// The excess length of a text in characters: the contract counts bytes, which people cannot see.

/** The contract's limit for a message and for notes. */
export const BODY_BYTES_MAX = 8192

/** The number of excess characters; a character has up to four bytes. */
export function charactersBeyond(text: string): number {
  const encoder = new TextEncoder()
  let bytes = encoder.encode(text).length
  if (bytes <= BODY_BYTES_MAX) return 0
  let count = 0
  for (const character of [...text].reverse()) {
    if (bytes <= BODY_BYTES_MAX) break
    bytes -= encoder.encode(character).length
    count += 1
  }
  return count
}
