// A status as a lamp with its word, the same on all pages.
import type { Status } from 'switchboard-client'
import { translated } from '../words/language.js'

const words = translated({
  en: { offline: 'Offline', idle: 'Available', init: 'Being asked', busy: 'In session' },
  de: { offline: 'Offline', idle: 'Frei', init: 'Wird gefragt', busy: 'Im Gespräch' },
  ar: { offline: 'غير متصل', idle: 'متاح', init: 'قيد السؤال', busy: 'في جلسة' },
})

/** The status as a word. */
export function wordOf(status: Status): string {
  return words()[status]
}

/** The lamp; `word` replaces the status's own word where that says too little. */
export function Lamp({ status, word = wordOf(status) }: { status: Status; word?: string }) {
  return <span class={`lamp is-${status}`}>{word}</span>
}
