// The language of the page: chosen in the address or by the person, or else the browser's; and the locale for
// formatting.
import { signal } from '@preact/signals'
import { keep, placeOf, recall } from '../kept.js'

/** The languages that every page has. */
export type Language = 'en' | 'de' | 'ar'

/** The names of the languages, each in its own language. */
export const LANGUAGES: Readonly<Record<Language, string>> = { en: 'English', de: 'Deutsch', ar: 'العربية' }

const KEPT_AS = 'language'

/** The language of the page, now. */
export const language = signal<Language>(firstLanguage())

language.subscribe((now) => {
  document.documentElement.lang = now
  document.documentElement.dir = now === 'ar' ? 'rtl' : 'ltr'
})

// A choice made in another tab counts here too.
addEventListener('storage', ({ key }) => {
  const chosen = key === placeOf(KEPT_AS) ? known(recall('on-device', KEPT_AS)) : undefined
  if (chosen) language.value = chosen
})

/** Changes the language, and keeps the choice on this device. */
export function choose(wanted: Language): void {
  language.value = wanted
  keep('on-device', KEPT_AS, wanted)
}

/** The locale for formatting, with the person's region, because dates and times differ between regions. */
export function locale(): string {
  return navigator.languages.find((wish) => known(wish) === language.value) ?? language.value
}

/** Takes texts in every language, with the same entries; returns a function that gives those of the page's language. */
export function translated<T>(table: Record<Language, T>): () => T {
  return () => table[language.value]
}

function firstLanguage(): Language {
  const asked = new URLSearchParams(location.search).get('lang')
  const wished = [asked, recall('on-device', KEPT_AS), ...navigator.languages]
  return wished.map(known).find((found) => found !== undefined) ?? 'en'
}

function known(wish: unknown): Language | undefined {
  const short = typeof wish === 'string' ? wish.slice(0, 2).toLowerCase() : ''
  return Object.hasOwn(LANGUAGES, short) ? (short as Language) : undefined
}
