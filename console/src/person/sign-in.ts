// Who uses the page, and their token: from the demo, from the address's fragment or from the app that opened or embeds
// the page. It is kept in memory only.
import { signal, type ReadonlySignal } from '@preact/signals'
import { personOf, type Person, type Role } from './claims.js'

/** Somebody of the demo, as `/dev/people` has them; with `--dev` alone. */
export interface DemoPerson {
  readonly role: Role
  readonly id: string
  readonly name: string
  readonly token: string
}

/** The demo: a company and its people. */
export interface Demo {
  readonly company: { readonly id: string; readonly name: string }
  readonly people: readonly DemoPerson[]
}

/** What is known of who uses the page. */
export type SignIn =
  | { readonly is: 'asking' }
  /** Nobody: with the demo's people of this page's role, where there is a demo, and the way to sign in, where there is one. */
  | { readonly is: 'nobody'; readonly demo: readonly DemoPerson[]; readonly way: string | undefined }
  | { readonly is: 'somebody'; readonly person: Person; readonly token: () => Promise<string> }

/** The word of the messages between this page and the app that opened or embeds it. */
export const TOKEN_MESSAGE = 'switchboard:token'
/** How long the app has for its answer. */
const APP_ANSWERS_WITHIN_MS = 8_000
const ASK_AGAIN_AFTER_MS = 3_000

/** Finds out who uses the page, in the role that it is for. */
export function signIn(role: Role): ReadonlySignal<SignIn> {
  const found = signal<SignIn>({ is: 'asking' })
  void find(role).then((result) => (found.value = result))
  return found
}

/** The demo, where there is one. */
export async function findDemo(): Promise<Demo | undefined> {
  try {
    const answer = await fetch('/dev/people', { cache: 'no-store' })
    return answer.ok ? ((await answer.json()) as Demo) : undefined
  } catch {
    return undefined
  }
}

async function demoPeople(): Promise<readonly DemoPerson[]> {
  return (await findDemo())?.people ?? []
}

async function find(role: Role): Promise<SignIn> {
  for (const source of [ofFragment, ofDemo, ofApp]) {
    const ask = source()
    if (!ask) continue
    const token = notTooOften(ask)
    const person = personOf(await token())
    if (person?.role === role) return { is: 'somebody', person, token }
  }
  const [demo, way] = await Promise.all([demoPeople(), wayToSignIn()])
  return { is: 'nobody', demo: demo.filter((person) => person.role === role), way }
}

/** A token that is a few seconds old is as good as a fresh one: the socket and the API ask at the same time. */
function notTooOften(ask: Source): Source {
  let last: { at: number; token: Promise<string> } | undefined
  return () => {
    const now = performance.now()
    if (!last || now - last.at > ASK_AGAIN_AFTER_MS) last = { at: now, token: ask() }
    return last.token
  }
}

/** Gives a token whenever one is needed; an empty one when there is none. */
type Source = () => Promise<string>

/** Where the server sends who must sign in, if it knows where that is: the app comes back here with a token. */
async function wayToSignIn(): Promise<string | undefined> {
  const way = `/sign-in?to=${encodeURIComponent(location.pathname.replace(/\/$/, ''))}`
  try {
    const { type } = await fetch(way, { redirect: 'manual', cache: 'no-store' })
    return type === 'opaqueredirect' ? way : undefined
  } catch {
    return undefined
  }
}

/** `#token=…`, taken out of the address at once: it is in no history and in no bookmark. A newer one is asked of the app. */
function ofFragment(): Source | undefined {
  const token = new URLSearchParams(location.hash.slice(1)).get('token')
  if (!token) return undefined
  history.replaceState(history.state, '', location.pathname + location.search)
  let isFirst = true
  return async () => {
    if (!isFirst) return (await askApp()) || token
    isFirst = false
    return token
  }
}

/** `?as=erika`: the demo makes a token whenever one is needed. */
function ofDemo(): Source | undefined {
  const name = new URLSearchParams(location.search).get('as')
  if (!name) return undefined
  return async () => (await demoPeople()).find((person) => person.id === name)?.token ?? ''
}

function ofApp(): Source | undefined {
  return app() ? askApp : undefined
}

/** The window of the app that embeds this page, or else that opened it. */
function app(): Window | undefined {
  if (window.parent !== window) return window.parent
  return (window.opener as Window | null) ?? undefined
}

/** Asks the app for a token. The question holds nothing secret, and only the app itself is heard; empty when it is silent. */
function askApp(): Promise<string> {
  const from = app()
  if (!from) return Promise.resolve('')
  return new Promise((resolve) => {
    const done = (token: string) => {
      window.removeEventListener('message', hear)
      clearTimeout(silence)
      resolve(token)
    }
    const hear = ({ source, data }: MessageEvent) => {
      if (source !== from || data?.type !== TOKEN_MESSAGE || typeof data.token !== 'string') return
      done(data.token)
    }
    const silence = setTimeout(() => done(''), APP_ANSWERS_WITHIN_MS)
    window.addEventListener('message', hear)
    from.postMessage({ type: TOKEN_MESSAGE }, '*')
  })
}
