// The letters that answer what rings: an offer, or a call.
import { signal } from '@preact/signals'
import { useEffect, useRef } from 'preact/hooks'

/** A key that was meant for something else must not answer: none counts until all have rested for so long. */
const REST_FOR_MS = 500

/** Which letters answer, if they do. */
export interface AnswerKeys {
  readonly on: boolean
  readonly accept: string
  readonly decline: string
}

/** As they come. */
export const KEYS_AT_FIRST: AnswerKeys = { on: true, accept: 'A', decline: 'D' }

/**
 * The letters of this page. `anywhere` on it they count only where the person can change them and turn them off; else
 * what they answer must have the focus (WCAG 2.2, 2.1.4).
 */
export const answerKeys = signal<AnswerKeys & { readonly anywhere: boolean }>({ ...KEYS_AT_FIRST, anywhere: false })

/** Hears them for one `thing` that rings; `within` is what must have the focus, and without it nothing must. */
export function useKeys(thing: string, answers: Readonly<Record<string, () => void>>, within?: string): void {
  const now = useRef({ answers, within })
  now.current = { answers, within }
  useEffect(() => {
    let restsSince = performance.now()
    const hear = (event: KeyboardEvent) => {
      const { answers, within } = now.current
      const early = performance.now() - restsSince < REST_FOR_MS
      // Somebody types on into what was closed or left for this.
      if (early) restsSince = performance.now()
      if (early || event.repeat || event.ctrlKey || event.metaKey || event.altKey || isField(event.target)) return
      if (within && !(event.target instanceof Element && event.target.closest(within))) return
      answers[letterOn(event)]?.()
    }
    document.addEventListener('keydown', hear)
    return () => document.removeEventListener('keydown', hear)
  }, [thing])
}

/** Tells it to screen readers, for a button. */
export function shortcut(on: boolean, key: string) {
  return on ? { 'aria-keyshortcuts': key } : {}
}

type Field = HTMLInputElement | HTMLTextAreaElement | HTMLSelectElement

/** Whether it is something that one writes or chooses in. */
export function isField(target: EventTarget | null): target is Field {
  return target instanceof HTMLElement && target.matches('input, textarea, select')
}

/** What is on the key; on one without a Latin letter, what stands there on most keyboards that have them. */
function letterOn({ key, code }: KeyboardEvent): string {
  return /^[a-z]$/i.test(key) ? key.toUpperCase() : code.replace('Key', '')
}
