// What the page tells the app that embeds it: only how far the client is, and nothing of what is said.

/** How far the client is. */
export type Stage = 'choosing' | 'waiting' | 'talking' | 'over'

/** The word of the message. */
export const STAGE_MESSAGE = 'switchboard:stage'

/** Tells the embedding page; a page of its own tells nobody. */
export function tellHost(stage: Stage): void {
  if (window.parent !== window) window.parent.postMessage({ type: STAGE_MESSAGE, stage }, '*')
}
