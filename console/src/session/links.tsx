// A message's text with links: only to addresses of the web, in a window that learns nothing of this page.
import type { ComponentChildren } from 'preact'

/** Stops at marks that change the direction of writing, because these can make an address look like another one. */
const ADDRESS = /https?:\/\/[^\s<>"'`\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]+/gi
/** Punctuation that ends a sentence or a bracket does not belong to the address before it. */
const TRAILING = /[.,;:!?)\]}»”’…]+$/

/** The text with its links. */
export function Linked({ text }: { text: string }) {
  return <>{partsOf(text)}</>
}

function partsOf(text: string): ComponentChildren[] {
  const parts: ComponentChildren[] = []
  let done = 0
  for (const { 0: found, index } of text.matchAll(ADDRESS)) {
    const address = found.replace(TRAILING, '')
    if (!isSafe(address)) continue
    parts.push(
      text.slice(done, index),
      <a href={address} target="_blank" rel="noopener noreferrer nofollow" dir="ltr">
        {address}
      </a>,
    )
    done = index + address.length
  }
  return [...parts, text.slice(done)]
}

/** Accepts http and https only, and no user name before the host, which would look like another host. */
function isSafe(address: string): boolean {
  const url = URL.canParse(address) ? new URL(address) : undefined
  return url !== undefined && /^https?:$/.test(url.protocol) && url.username === '' && url.password === ''
}
