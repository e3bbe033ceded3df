// A half-typed message: kept over a reload until sent or given back.
import { signal, type ReadonlySignal } from '@preact/signals'
import { keep, recall } from './kept.js'

/** The text in the box. */
export class Draft {
  readonly #session: string
  readonly #text

  constructor(session: string) {
    this.#session = session
    this.#text = signal(recall<string>(session, 'draft') ?? '')
  }

  /** The text as it is now. */
  get text(): ReadonlySignal<string> {
    return this.#text
  }

  /** Takes the text that the person has typed. */
  write(text: string): void {
    this.#text.value = text
    keep(this.#session, 'draft', text === '' ? undefined : text)
  }

  /** Puts a message that was taken back before the text typed since. */
  putBack(body: string): void {
    this.write([body, this.#text.value].filter(Boolean).join('\n'))
  }
}
