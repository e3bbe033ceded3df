// An employee's notes, both as typed here and as stored by the server: saved automatically, and never overwritten
// unseen.

/** The state of the notes on a page. */
export interface Page {
  /** The text as typed here. */
  readonly text: string
  /** The server's text when the typed text began to differ. */
  readonly base: string
  /** The text that is being saved now. */
  readonly saving: string | undefined
  /** The text from another device that came while this one was being changed. */
  readonly theirs: string | undefined
}

/** The part of the state that survives a reload. */
export type KeptPage = Pick<Page, 'text' | 'base'>

/** Opens the notes as the server has them, or as they were typed here before a reload. */
export function opened(stored: string, kept: KeptPage | undefined): Page {
  const clean: Page = { text: stored, base: stored, saving: undefined, theirs: undefined }
  if (!kept || kept.text === stored) return clean
  return heard({ ...clean, ...kept }, stored)
}

/** Takes text as it is typed. */
export function typed(page: Page, text: string): Page {
  return { ...page, text }
}

/** Takes the server's text, written here or on another device. */
export function heard(page: Page, stored: string): Page {
  const isOwn = stored === page.saving || stored === page.base || stored === page.text
  const isClean = page.text === page.base
  if (isOwn) return { ...page, base: stored, theirs: undefined }
  return isClean ? { ...page, text: stored, base: stored, theirs: undefined } : { ...page, theirs: stored }
}

/** The text to save now, if any: never over another device's text that the employee has not seen. */
export function unsaved(page: Page): string | undefined {
  return page.text === page.base || page.theirs !== undefined || page.saving !== undefined ? undefined : page.text
}

/** Notes that a text is being saved. */
export function begun(page: Page, saving: string): Page {
  return { ...page, saving }
}

/** Notes that saving has succeeded or failed. */
export function ended(page: Page, isSaved: boolean): Page {
  const base = isSaved && page.saving !== undefined && page.theirs === undefined ? page.saving : page.base
  return { ...page, base, saving: undefined }
}

/** Takes the employee's choice between the two texts. */
export function kept(page: Page, whose: 'mine' | 'theirs'): Page {
  const base = page.theirs ?? page.base
  return { ...page, base, theirs: undefined, text: whose === 'mine' ? page.text : base }
}
