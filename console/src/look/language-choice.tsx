// The choice of the language, each by its own name.
import type { JSX } from 'preact'
import { choose, LANGUAGES, language, type Language } from '../words/language.js'

/** A list of the languages; its label stands around it or in `aria-label`. */
export function LanguageChoice(rest: JSX.IntrinsicElements['select']) {
  return (
    <select {...rest} value={language.value} onChange={(event) => choose(event.currentTarget.value as Language)}>
      {Object.entries(LANGUAGES).map(([code, name]) => (
        <option key={code} value={code} lang={code}>
          {name}
        </option>
      ))}
    </select>
  )
}
