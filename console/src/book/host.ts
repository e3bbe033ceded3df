// Messages to the app that embeds the page: only the client's stage, and nothing of the conversation.

/** The client's stage in a booking. */
export type Stage = 'choosing' | 'waiting' | 'talking' | 'over'

/** The type of the message. */
export const STAGE_MESSAGE = 'switchboard:stage'

/** Tells the embedding page, with the place in the line where there is one; a page that is not embedded tells nothing. */
export function tellHost(stage: Stage, place?: number): void {
  if (window.parent !== window) window.parent.postMessage({ type: STAGE_MESSAGE, stage, ...(place && { place }) }, '*')
}
