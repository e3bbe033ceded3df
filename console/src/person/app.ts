// The app that embeds or opened this page: it knows who the person is, and hands their token over.

/** The word of the messages between this page and the app; a page asks with it, and the app answers with a `token`. */
export const TOKEN_MESSAGE = 'switchboard:token'
/** The app's answer that it has no token now. */
export const NO_TOKEN_MESSAGE = 'switchboard:no-token'
/** How long the app has for its answer. */
const ANSWERS_WITHIN_MS = 8_000

/** The app as somebody who can be asked for a token. */
export class App {
  readonly #window: Window
  readonly #handed: () => void
  #waiting: ((token: string | undefined) => void) | undefined
  #late: string | undefined

  /** `handed` is called when a token comes that nobody waits for any more: `ask` gives it then. */
  constructor(window: Window, handed: () => void) {
    this.#window = window
    this.#handed = handed
    // For as long as the page is there: an app that is slow is heard all the same.
    addEventListener('message', (message) => this.#hear(message))
  }

  /** Asks for a token. The question holds nothing secret, and only the app itself is heard; none when it has none. */
  ask(): Promise<string | undefined> {
    const late = this.#late
    this.#late = undefined
    if (late !== undefined) return Promise.resolve(late)
    this.#waiting?.(undefined)
    return new Promise((resolve) => {
      const silence = setTimeout(() => this.#answer(undefined), ANSWERS_WITHIN_MS)
      this.#waiting = (token) => {
        clearTimeout(silence)
        resolve(token)
      }
      this.#window.postMessage({ type: TOKEN_MESSAGE }, '*')
    })
  }

  #hear({ source, data }: MessageEvent): void {
    if (source !== this.#window) return
    if (data?.type === NO_TOKEN_MESSAGE) this.#answer(undefined)
    if (data?.type !== TOKEN_MESSAGE || typeof data.token !== 'string') return
    if (this.#waiting) return this.#answer(data.token)
    this.#late = data.token
    this.#handed()
  }

  #answer(token: string | undefined): void {
    const waiting = this.#waiting
    this.#waiting = undefined
    waiting?.(token)
  }
}

/** The window of the app that embeds this page, or else that opened it. */
export function appWindow(): Window | undefined {
  if (window.parent !== window) return window.parent
  return (window.opener as Window | null) ?? undefined
}
