// How much of a text is too much, in characters: the contract counts bytes, which nobody sees.

/** A message and notes, as the contract has them. */
export const BODY_BYTES_MAX = 8192

/** How many characters are too many: one may have up to four bytes. */
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
