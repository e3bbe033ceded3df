// A company's routing as the API shows it, and the paths of its fields, such as `routes[0].steps[1].level`.
import type { Skills } from 'switchboard-client'
import { Problem } from '../person/api.js'

/** A step of a route. Fields that a form does not have are kept as they are. */
export interface RouteStep {
  readonly after_ms: number
  readonly topic: string | null
  readonly level: number
  readonly skills: Skills
  readonly order: 'longest_idle' | 'round_robin' | 'fewest' | 'share'
  readonly prefer: 'any' | 'best' | 'least'
  readonly at_once: number
}

/** A route of the routing. */
export interface Route {
  readonly topics: readonly string[] | null
  readonly priority?: number
  readonly wait?: { readonly max_ms: number; readonly max_length: number; readonly empty: boolean }
  readonly steps: readonly RouteStep[]
}

/** The routing as the API shows it. */
export interface Routing {
  readonly routes: readonly Route[]
  readonly rest: { readonly rejected_ms: number; readonly missed_ms: number }
  readonly wrap_up: { readonly max_ms: number; readonly codes: readonly string[]; readonly code_required: boolean }
  readonly pause_reasons: readonly string[]
}

/** A step as the API makes it without any field. */
export const STEP: RouteStep = {
  after_ms: 0, topic: null, level: 1, skills: {}, order: 'longest_idle', prefer: 'any', at_once: 1,
}

/** A route as the API makes it of one step: all employees who take the topic, and no line. */
export const ROUTE: Route = {
  topics: null, priority: 0, wait: { max_ms: 0, max_length: 100, empty: false }, steps: [STEP],
}

/** Sets a value in a copy, at a path such as `routes[0].steps[1].level`. */
export function withValue<T>(whole: T, path: string, value: unknown): T {
  const [, first = '', rest = ''] = /^\.?([^.[\]]+|\[\d+\])(.*)$/.exec(path) ?? []
  const key = first.replace(/^\[|\]$/g, '')
  const inner = (whole as Record<string, unknown> | undefined)?.[key]
  const next = rest === '' ? value : withValue(inner, rest, value)
  if (Array.isArray(whole)) return whole.map((one, at) => (at === Number(key) ? next : one)) as T
  return { ...whole, [key]: next }
}

/** The field that the server found wrong, if it named one, and the problem. */
export function wrongOf(error: unknown): { readonly path: string; readonly problem: string } | undefined {
  if (!(error instanceof Problem) || error.reason !== 'invalid') return undefined
  const [, path, problem] = /^`(?:routing\.)?([^`]+)`:? (.*)$/s.exec(error.message) ?? []
  return path && problem ? { path, problem } : undefined
}
