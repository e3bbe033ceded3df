// The person of a token, as the page shows them; only the server decides whether the token is valid.

/** The role of a person. */
export type Role = 'client' | 'employee' | 'admin'

/** The person who uses the page. */
export interface Person {
  readonly role: Role
  readonly id: string
  readonly name: string
  /** The person's company; a client's token may name none. */
  readonly company: string | undefined
  /** The scope of an admin over HTTP. */
  readonly scope: 'read' | 'operate' | 'manage'
}

/** Reads a token's claims; undefined if the text is no token. */
export function personOf(token: string): Person | undefined {
  const claims = claimsOf(token)
  const { sub, role, company, name, scope } = claims ?? {}
  if (typeof sub !== 'string' || (role !== 'client' && role !== 'employee' && role !== 'admin')) return undefined
  return {
    role,
    id: sub,
    name: typeof name === 'string' ? name : sub,
    company: typeof company === 'string' ? company : undefined,
    scope: scope === 'read' || scope === 'manage' ? scope : 'operate',
  }
}

function claimsOf(token: string): Record<string, unknown> | undefined {
  try {
    const part = (token.split('.')[1] ?? '').replaceAll('-', '+').replaceAll('_', '/')
    const bytes = Uint8Array.from(atob(part), (character) => character.charCodeAt(0))
    const claims: unknown = JSON.parse(new TextDecoder().decode(bytes))
    return typeof claims === 'object' && claims !== null ? (claims as Record<string, unknown>) : undefined
  } catch {
    return undefined
  }
}
