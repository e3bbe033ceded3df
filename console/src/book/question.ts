// The question that a client writes with a booking.
import type { Json } from 'switchboard-client'

/** The question in a note; empty if there is none, or if the note has a form that this page does not write. */
export function questionOf(note: Json | undefined): string {
  const question = note && typeof note === 'object' && 'question' in note ? note.question : ''
  return typeof question === 'string' ? question : ''
}
