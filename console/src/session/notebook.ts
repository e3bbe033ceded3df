// An employee's notes between what is typed here and what the server has: saved by themselves, and never overwritten.

/** What a page shows of the notes. */
export interface Page {
  /** As it is typed here. */
  readonly text: string
  /** What the server had when the text began to differ from it. */
  readonly base: string
  /** What is being saved now. */
  readonly saving: string | undefined
  /** What another device wrote, while something else was typed here. */
  readonly theirs: string | undefined
}

/** What of it outlives a reload. */
export type KeptPage = Pick<Page, 'text' | 'base'>

/** Opens the notes as the server has them, or as they were typed here before a reload. */
export function opened(stored: string, kept: KeptPage | undefined): Page {
  const clean: Page = { text: stored, base: stored, saving: undefined, theirs: undefined }
  if (!kept || kept.text === stored) return clean
  return heard({ ...clean, ...kept }, stored)
}

/** Something was typed. */
export function typed(page: Page, text: string): Page {
  return { ...page, text }
}

/** The server has this now: written here or on another device. */
export function heard(page: Page, stored: string): Page {
  const isOwn = stored === page.saving || stored === page.base || stored === page.text
  const isClean = page.text === page.base
  if (isOwn) return { ...page, base: stored, theirs: undefined }
  return isClean ? { ...page, text: stored, base: stored, theirs: undefined } : { ...page, theirs: stored }
}

/** What is to be saved now, if anything: never over what another device wrote and nobody has looked at. */
export function unsaved(page: Page): string | undefined {
  return page.text === page.base || page.theirs !== undefined || page.saving !== undefined ? undefined : page.text
}

/** It is being saved. */
export function begun(page: Page, saving: string): Page {
  return { ...page, saving }
}

/** It was saved, or it was not. */
export function ended(page: Page, isSaved: boolean): Page {
  const base = isSaved && page.saving !== undefined && page.theirs === undefined ? page.saving : page.base
  return { ...page, base, saving: undefined }
}

/** The person has looked at both and keeps one. */
export function kept(page: Page, whose: 'mine' | 'theirs'): Page {
  const base = page.theirs ?? page.base
  return { ...page, base, theirs: undefined, text: whose === 'mine' ? page.text : base }
}
