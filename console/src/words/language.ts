// The language of the page: chosen in the address or by the person, else the browser's; and how it writes things.
import { signal } from '@preact/signals'
import { keep, placeOf, recall } from '../kept.js'

/** The languages that every page has. */
export type Language = 'en' | 'de' | 'ar'

/** Each by its own name, for who chooses. */
export const LANGUAGES: Readonly<Record<Language, string>> = { en: 'English', de: 'Deutsch', ar: 'العربية' }

const KEPT_AS = 'language'

/** The language of the page, now. */
export const language = signal<Language>(firstLanguage())

language.subscribe((now) => {
  document.documentElement.lang = now
  document.documentElement.dir = now === 'ar' ? 'rtl' : 'ltr'
})

// Chosen in another tab, it counts here too.
addEventListener('storage', ({ key }) => {
  const chosen = key === placeOf(KEPT_AS) ? known(recall('on-device', KEPT_AS)) : undefined
  if (chosen) language.value = chosen
})

/** Changes the language, and keeps the choice on this device. */
export function choose(wanted: Language): void {
  language.value = wanted
  keep('on-device', KEPT_AS, wanted)
}

/** How the language is written where the person is: days and hours differ from place to place. */
export function locale(): string {
  return navigator.languages.find((wish) => known(wish) === language.value) ?? language.value
}

/** Words in every language, all with the same entries; gives those of the language of the page. */
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
