// The person who uses the page, and their token: from the demo, from the link that led here, or from the app that
// opened or embeds the page. The token is kept in memory only.
import { signal, type Signal, type ReadonlySignal } from '@preact/signals'
import { Problem } from './api.js'
import { App, appWindow } from './app.js'
import { personOf, type Person, type Role } from './claims.js'

/** A person of the demo, as listed by `/dev/people`, which exists with `--dev` only. */
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

/** The state of the search for the page's person. */
export type SignIn =
  | { readonly is: 'asking' }
  /** The server cannot be reached; the page asks again by itself. */
  | { readonly is: 'unreachable' }
  | Nobody
  | { readonly is: 'somebody'; readonly person: Person; readonly token: () => Promise<string> }

/** The state in which no person is signed in. */
export interface Nobody {
  readonly is: 'nobody'
  /** The demo's people with this page's role, if there is a demo. */
  readonly demo: readonly DemoPerson[]
  /** The address for signing in, if there is one. */
  readonly way: string | undefined
  /** Whether the link that led here had a code that no longer works. */
  readonly spent: boolean
  /** Asks the app once more, if there is one. */
  readonly again: (() => Promise<void>) | undefined
}

const ASK_AGAIN_AFTER_MS = 3_000
/** Delays before an unreachable server is tried again, longer each time. */
const TRY_AGAIN_AFTER_MS = [500, 1_000, 2_000, 4_000]

/** Finds the person who uses the page, with the page's role. */
export function signIn(role: Role): ReadonlySignal<SignIn> {
  const found = signal<SignIn>({ is: 'asking' })
  const app = theApp(() => found.peek().is === 'nobody' && void look())
  const link = linkOf(app)
  const sources = [link?.ask, ofDemo(), app && (() => app.ask())].filter((source) => source !== undefined)
  const look = (): Promise<void> => untilReached(found, () => find(role, sources, link, app && look))
  void look()
  return found
}

/** The demo, if there is one. Throws while the server cannot be reached. */
export async function findDemo(): Promise<Demo | undefined> {
  const answer = await reached('/dev/people', { cache: 'no-store' })
  return answer.ok ? ((await answer.json()) as Demo) : undefined
}

/** Tries until the server can be asked, and at once when the network returns. */
async function untilReached(found: Signal<SignIn>, find: () => Promise<SignIn>): Promise<void> {
  for (let tries = 0; ; tries += 1) {
    try {
      found.value = await find()
      return
    } catch {
      found.value = { is: 'unreachable' }
      await networkOr(TRY_AGAIN_AFTER_MS[Math.min(tries, TRY_AGAIN_AFTER_MS.length - 1)] ?? 0)
    }
  }
}

function networkOr(delayMs: number): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      clearTimeout(timer)
      removeEventListener('online', done)
      resolve()
    }
    const timer = setTimeout(done, delayMs)
    addEventListener('online', done)
  })
}

async function find(
  role: Role,
  sources: readonly Source[],
  link: Link | undefined,
  again: (() => Promise<void>) | undefined,
): Promise<SignIn> {
  for (const ask of sources) {
    const first = await ask()
    const person = first === undefined ? undefined : personOf(first)
    if (first !== undefined && person?.role === role) return { is: 'somebody', person, token: notTooOften(ask, first) }
  }
  const [demo, way] = await Promise.all([findDemo(), wayToSignIn()])
  return { is: 'nobody', demo: (demo?.people ?? []).filter((one) => one.role === role), way, spent: link?.isSpent() ?? false, again }
}

/** Reuses a token that is a few seconds old, because the socket and the API ask at the same time. */
function notTooOften(ask: Source, first: string): () => Promise<string> {
  let last = { at: performance.now(), token: Promise.resolve(first) }
  return () => {
    const now = performance.now()
    if (now - last.at > ASK_AGAIN_AFTER_MS) last = { at: now, token: ask().then(given) }
    return last.token
  }
}

/** Throws without a token, so that the connection tries again later; an empty token would be sent, and refused. */
function given(token: string | undefined): string {
  if (token === undefined) throw new Problem(401, 'unauthorized', 'there is no token')
  return token
}

/** Returns a token on demand; undefined if there is none. Throws while the server cannot be reached. */
type Source = () => Promise<string | undefined>

/** The server's address for signing in, if one is configured; from there the app comes back here with a token. */
async function wayToSignIn(): Promise<string | undefined> {
  const way = `/sign-in?to=${encodeURIComponent(location.pathname.replace(/\/$/, ''))}`
  const { type } = await reached(way, { redirect: 'manual', cache: 'no-store' })
  return type === 'opaqueredirect' ? way : undefined
}

/** The answer to a request. A proxy's error about an unreachable server counts as no network. */
async function reached(path: string, options: RequestInit): Promise<Response> {
  const answer = await fetch(path, options).catch((error: unknown) => {
    throw new Problem(0, 'no_answer', String(error))
  })
  if (answer.status >= 500) throw new Problem(answer.status, 'no_answer', `${path} answered ${answer.status}`)
  return answer
}

/** The link that led here. */
interface Link {
  readonly ask: Source
  /** Whether the link had a code for which the server gave no token. */
  readonly isSpent: () => boolean
}

/**
 * Reads `#code=…`, for which the server gives a token once, or `#token=…`, and removes it from the address at once.
 * Newer tokens come from the app.
 */
function linkOf(app: App | undefined): Link | undefined {
  const brought = new URLSearchParams(location.hash.slice(1))
  const code = brought.get('code')
  let token = brought.get('token') ?? undefined
  if (!code && !token) return undefined
  history.replaceState(history.state, '', location.pathname + location.search)
  if (token) console.warn('A token in a link stays in the browser’s history: create a sign-in code for it, and link to `#code=…`.')
  let [isFirst, isSpent] = [true, false]
  const ask = async () => {
    if (isSpent) return undefined
    if (!isFirst) return (await app?.ask()) ?? token
    if (code) token = await tokenOf(code)
    isFirst = false
    isSpent = token === undefined
    return token
  }
  return { ask, isSpent: () => isSpent }
}

/** The token for a code; undefined if the code was used or is too old. */
async function tokenOf(code: string): Promise<string | undefined> {
  const answer = await reached('/sign-in', { method: 'POST', body: JSON.stringify({ code }), cache: 'no-store' })
  if (answer.ok) return ((await answer.json()) as { token: string }).token
  // After too many tries from this address, the page asks again later, as with an unreachable server.
  if (answer.status === 429) throw new Problem(429, 'rate_limited', 'too many codes were tried')
  return undefined
}

/** `?as=erika`: the demo makes a token whenever one is needed. */
function ofDemo(): Source | undefined {
  const name = new URLSearchParams(location.search).get('as')
  if (!name) return undefined
  return async () => (await findDemo())?.people.find((person) => person.id === name)?.token
}

function theApp(handed: () => void): App | undefined {
  const window = appWindow()
  return window && new App(window, handed)
}
