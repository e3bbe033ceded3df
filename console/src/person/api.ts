// The HTTP API, called with a person's own token.

/** An error from the API. */
export class Problem extends Error {
  /** The HTTP status; 0 without an answer. */
  readonly status: number
  /** The contract's reason word. */
  readonly reason: string

  constructor(status: number, reason: string, detail: string) {
    super(detail)
    this.status = status
    this.reason = reason
  }
}

/** A resource with its entity tag. */
export interface Tagged<T> {
  readonly body: T
  readonly tag: string
}

/**
 * Makes a change only if the resource still has that tag, or only if it does not exist; otherwise the change fails with
 * `changed`.
 */
export type Condition = { readonly 'if-match': string } | { readonly 'if-none-match': '*' }

type Changing = 'POST' | 'PUT' | 'PATCH' | 'DELETE'

/** The longest wait for an answer. */
const ANSWERS_WITHIN_MS = 15_000

/** The requests that a person may make about a company. */
export class Api {
  readonly #base: string
  readonly #token: () => Promise<string>
  #kept: string | undefined

  constructor(company: string, token: () => Promise<string>) {
    this.#base = `/v1/companies/${encodeURIComponent(company)}`
    this.#token = token
  }

  /** Reads a resource; `path` follows the company, such as `/employees`. */
  get<T>(path: string, query: Record<string, string | number | undefined> = {}): Promise<T> {
    return this.#ask<T>('GET', withQuery(path, query), undefined).then(({ body }) => body)
  }

  /** Reads a resource with its tag, for a change that must not overwrite the change of another person. */
  getTagged<T>(path: string): Promise<Tagged<T>> {
    return this.#ask<T>('GET', path, undefined)
  }

  /** Changes a resource; a file is sent as it is. */
  send<T>(method: Changing, path: string, body?: unknown, condition?: Condition): Promise<T> {
    return this.sendTagged<T>(method, path, body, condition).then((answer) => answer.body)
  }

  /** Changes a resource, and returns its new tag for the next change. */
  sendTagged<T>(method: Changing, path: string, body?: unknown, condition?: Condition): Promise<Tagged<T>> {
    return this.#ask<T>(method, path, body, condition)
  }

  async #ask<T>(method: string, path: string, body: unknown, condition?: Condition): Promise<Tagged<T>> {
    const answer = await this.#try(method, path, body, condition)
    // The token may have expired meanwhile: one more try with a fresh one.
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
