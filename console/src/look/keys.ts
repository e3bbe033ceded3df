// The letters that answer whatever rings: an offer, or a call.
import { signal } from '@preact/signals'
import { useEffect, useRef } from 'preact/hooks'

/** A key meant for something else must not answer: no key counts until all have rested for so long. */
const REST_FOR_MS = 500

/** The letters that answer, and whether they are enabled. */
export interface AnswerKeys {
  readonly on: boolean
  readonly accept: string
  readonly decline: string
}

/** The letters before any change. */
export const KEYS_AT_FIRST: AnswerKeys = { on: true, accept: 'A', decline: 'D' }

/**
 * The letters of this page. They count `anywhere` on the page only if the person can change them and turn them off;
 * otherwise the ringing element must have the focus (WCAG 2.2, 2.1.4).
 */
export const answerKeys = signal<AnswerKeys & { readonly anywhere: boolean }>({ ...KEYS_AT_FIRST, anywhere: false })

/** Listens for the letters while a `thing` rings. The focus must be `within` that selector, if there is one. */
export function useKeys(thing: string, answers: Readonly<Record<string, () => void>>, within?: string): void {
  const now = useRef({ answers, within })
  now.current = { answers, within }
  useEffect(() => {
    let restsSince = performance.now()
    const hear = (event: KeyboardEvent) => {
      const { answers, within } = now.current
      const early = performance.now() - restsSince < REST_FOR_MS
      // The person may still be typing into a field that was closed or left.
      if (early) restsSince = performance.now()
      if (early || event.repeat || event.ctrlKey || event.metaKey || event.altKey || isField(event.target)) return
      if (within && !(event.target instanceof Element && event.target.closest(within))) return
      answers[letterOn(event)]?.()
    }
    document.addEventListener('keydown', hear)
    return () => document.removeEventListener('keydown', hear)
  }, [thing])
}

/** Tells screen readers about the shortcut of a button. */
export function shortcut(on: boolean, key: string) {
  return on ? { 'aria-keyshortcuts': key } : {}
}

type Field = HTMLInputElement | HTMLTextAreaElement | HTMLSelectElement

/** Whether the target is a form field for text or a choice. */
export function isField(target: EventTarget | null): target is Field {
  return target instanceof HTMLElement && target.matches('input, textarea, select')
}

/** The letter of the key; on a keyboard without Latin letters, the letter in the same place on most Latin ones. */
function letterOn({ key, code }: KeyboardEvent): string {
  return /^[a-z]$/i.test(key) ? key.toUpperCase() : code.replace('Key', '')
}
