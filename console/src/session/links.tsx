// A message's text, with its addresses as links: only those of the web, in a window that learns nothing of this page.
import type { ComponentChildren } from 'preact'

/** Without the marks that turn the direction of writing, which show an address as another than it is. */
const ADDRESS = /https?:\/\/[^\s<>"'`\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]+/gi
/** What ends a sentence or a bracket is no part of the address before it. */
const TRAILING = /[.,;:!?)\]}»”’…]+$/

/** The text. */
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

/** No other scheme, and nobody's name and password in front of the host, which would look like another host. */
function isSafe(address: string): boolean {
  const url = URL.canParse(address) ? new URL(address) : undefined
  return url !== undefined && /^https?:$/.test(url.protocol) && url.username === '' && url.password === ''
}
