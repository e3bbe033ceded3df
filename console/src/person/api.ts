// The HTTP API, asked with a person's own token.

/** Why the API said no. */
export class Problem extends Error {
  /** The status of HTTP; 0 when there was no answer. */
  readonly status: number
  /** The contract's word. */
  readonly reason: string

  constructor(status: number, reason: string, detail: string) {
    super(detail)
    this.status = status
    this.reason = reason
  }
}

/** Something with the tag of how it was when it was read. */
export interface Tagged<T> {
  readonly body: T
  readonly tag: string
}

/** Makes a change only while the thing is as its tag says, or only while it is not there; else it is `changed`. */
export type Condition = { readonly 'if-match': string } | { readonly 'if-none-match': '*' }

type Changing = 'POST' | 'PUT' | 'PATCH' | 'DELETE'

/** How long an answer may take. */
const ANSWERS_WITHIN_MS = 15_000

/** What somebody may ask of a company over HTTP. */
export class Api {
  readonly #base: string
  readonly #token: () => Promise<string>
  #kept: string | undefined

  constructor(company: string, token: () => Promise<string>) {
    this.#base = `/v1/companies/${encodeURIComponent(company)}`
    this.#token = token
  }

  /** Reads; `path` is what stands behind the company, such as `/employees`. */
  get<T>(path: string, query: Record<string, string | number | undefined> = {}): Promise<T> {
    return this.#ask<T>('GET', withQuery(path, query), undefined).then(({ body }) => body)
  }

  /** Reads it with its tag, for a change that must not undo somebody else's. */
  getTagged<T>(path: string): Promise<Tagged<T>> {
    return this.#ask<T>('GET', path, undefined)
  }

  /** Changes something; a file goes as it is. */
  send<T>(method: Changing, path: string, body?: unknown, condition?: Condition): Promise<T> {
    return this.sendTagged<T>(method, path, body, condition).then((answer) => answer.body)
  }

  /** Changes something, and gives its tag afterwards, for a next change. */
  sendTagged<T>(method: Changing, path: string, body?: unknown, condition?: Condition): Promise<Tagged<T>> {
    return this.#ask<T>(method, path, body, condition)
  }

  async #ask<T>(method: string, path: string, body: unknown, condition?: Condition): Promise<Tagged<T>> {
    const answer = await this.#try(method, path, body, condition)
    // The token has expired meanwhile: once more with a fresh one.
    if (answer.status !== 401) return result<T>(answer)
    this.#kept = undefined
    return result<T>(await this.#try(method, path, body, condition))
  }

  async #try(method: string, path: string, body: unknown, condition: Condition | undefined): Promise<Response> {
    this.#kept ??= await this.#token()
    const headers: Record<string, string> = { authorization: `Bearer ${this.#kept}`, ...condition }
    if (body !== undefined) headers['content-type'] = body instanceof Blob ? body.type : 'application/json'
    const sent = body === undefined ? {} : { body: body instanceof Blob ? body : JSON.stringify(body) }
    const options = { method, headers, ...sent, signal: AbortSignal.timeout(ANSWERS_WITHIN_MS) }
    return fetch(this.#base + path, options).catch((error: unknown) => {
      throw new Problem(0, 'no_answer', String(error))
    })
  }
}

function withQuery(path: string, query: Record<string, string | number | undefined>): string {
  const given = Object.entries(query).flatMap(([name, value]) => (value === undefined ? [] : [[name, String(value)]]))
  const search = new URLSearchParams(given).toString()
  return search ? `${path}?${search}` : path
}

async function result<T>(answer: Response): Promise<Tagged<T>> {
  const tag = answer.headers.get('etag') ?? ''
  if (answer.status === 204) return { body: undefined as T, tag }
  const body: unknown = await answer.json().catch(() => ({}))
  if (answer.ok) return { body: body as T, tag }
  const { reason, detail } = body as { reason?: string; detail?: string }
  throw new Problem(answer.status, reason ?? 'unknown', detail ?? `${answer.status}`)
}
