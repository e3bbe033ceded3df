// The question that a client writes with their booking.
import type { Json } from 'switchboard-client'

/** What was asked; empty where nothing was, or something that this page does not write. */
export function questionOf(note: Json | undefined): string {
  const question = note && typeof note === 'object' && 'question' in note ? note.question : ''
  return typeof question === 'string' ? question : ''
}
