// The app that embeds or opened this page. The app knows the person, and hands over their token.

/** The type of messages between page and app: the page asks with it, and the app answers with a `token`. */
export const TOKEN_MESSAGE = 'switchboard:token'
/** The app's answer when it has no token. */
export const NO_TOKEN_MESSAGE = 'switchboard:no-token'
/** Time in which the app must answer. */
const ANSWERS_WITHIN_MS = 8_000

/** The app, as a source of tokens. */
export class App {
  readonly #window: Window
  readonly #handed: () => void
  #waiting: ((token: string | undefined) => void) | undefined
  #late: string | undefined

  /** `handed` is called when a token arrives after its request has timed out; the next `ask` returns that token. */
  constructor(window: Window, handed: () => void) {
    this.#window = window
    this.#handed = handed
    // The listener stays as long as the page, so that a slow app is heard too.
    addEventListener('message', (message) => this.#hear(message))
  }

  /**
   * Asks for a token; undefined if the app has none. The question holds no secret, and only answers of the app itself
   * count.
   */
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

/** The window of the app that embeds this page, or else of the one that opened it. */
export function appWindow(): Window | undefined {
  if (window.parent !== window) return window.parent
  return (window.opener as Window | null) ?? undefined
}
