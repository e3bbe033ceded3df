// What is half typed and not sent: kept over a reload until it is sent or given back.
import { signal, type ReadonlySignal } from '@preact/signals'
import { keep, recall } from './kept.js'

/** The words in the box. */
export class Draft {
  readonly #session: string
  readonly #text

  constructor(session: string) {
    this.#session = session
    this.#text = signal(recall<string>(session, 'draft') ?? '')
  }

  /** The words as they are now. */
  get text(): ReadonlySignal<string> {
    return this.#text
  }

  /** What the person has typed. */
  write(text: string): void {
    this.#text.value = text
    keep(this.#session, 'draft', text === '' ? undefined : text)
  }

  /** A message that was taken back stands before what was typed since. */
  putBack(body: string): void {
    this.write([body, this.#text.value].filter(Boolean).join('\n'))
  }
}
