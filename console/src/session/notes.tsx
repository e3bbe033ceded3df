// An employee's notes on a session: a sheet that saves itself.
import { useEffect, useId, useReducer, useRef, useState } from 'preact/hooks'
import type { SessionTopic } from 'switchboard-client'
import { sentenceOf } from '../look/doing.js'
import { useTopic } from '../look/live.js'
import { keep, recall } from './kept.js'
import { begun, ended, heard, kept, opened, typed, unsaved, type KeptPage, type Page } from './notebook.js'
import { charactersBeyond } from './length.js'
import { words } from './words.js'

const SAVES_AFTER_MS = 1_000
/** After a failure, saving is repeated automatically. */
const TRIES_AGAIN_AFTER_MS = 10_000

/** The sheet, from the join of the topic on, also after the session's end. */
export function Notes({ topic }: { topic: SessionTopic }) {
  return useTopic(topic) ? <Sheet key={topic.name} topic={topic} /> : null
}

function Sheet({ topic }: { topic: SessionTopic }) {
  const say = words()
  const { page, error, over, type, save, keepOne } = useNotebook(topic)
  const hint = useId()
  const isSaved = page.text === page.base && page.saving === undefined
  const state = page.saving !== undefined ? 'saving' : !isSaved ? 'unsaved' : page.text === '' ? 'none' : 'saved'
  return (
    <section class="notes">
      <label>
        <span>{say.own}</span>
        <textarea
          dir={page.text ? 'auto' : undefined}
          rows={8}
          value={page.text}
          aria-describedby={hint}
          onInput={(event) => type(event.currentTarget.value)}
          onBlur={save}
        />
      </label>
      <p class="soft small notes-foot" id={hint}>
        <span>{say.ownHow}</span>
        <span class={`notes-state is-${state}`}>{say.noteState[state]}</span>
      </p>
      <div role="alert">
        {over > 0 && <p class="error small">{say.notesTooLong(over)}</p>}
        {over <= 0 && error && <p class="error small">{error}</p>}
        {page.theirs !== undefined && (
          <div class="notes-conflict stack">
            <p class="small">{say.conflict}</p>
            <blockquote dir="auto">{page.theirs || say.emptyNotes}</blockquote>
            <div class="row wrap">
              <button type="button" onClick={() => keepOne('mine')}>
                {say.keepMine}
              </button>
              <button type="button" onClick={() => keepOne('theirs')}>
                {say.takeTheirs}
              </button>
            </div>
          </div>
        )}
      </div>
    </section>
  )
}

/** The notes of the topic, saved after a pause in typing, and when the page is hidden. */
function useNotebook(topic: SessionTopic) {
  const state = useTopic(topic)
  const session = state?.session.id ?? ''
  const stored = state?.notes?.body ?? ''
  const page = useRef<Page>(undefined)
  page.current ??= opened(stored, recall<KeptPage>(session, 'notes'))
  const [, redraw] = useReducer((count: number, _: void) => count + 1, 0)
  const [error, setError] = useState('')
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined)
  const isGone = useRef(false)
  const now = page.current
  const over = charactersBeyond(now.text)

  const become = (next: Page) => {
    page.current = next
    const { text, base } = next
    keep(session, 'notes', text === base ? undefined : ({ text, base } satisfies KeptPage))
    redraw(undefined)
  }
  const saveIn = (delayMs: number) => {
    clearTimeout(timer.current)
    timer.current = setTimeout(save, delayMs)
  }
  const save = () => {
    clearTimeout(timer.current)
    const body = page.current && unsaved(page.current)
    if (body === undefined || !page.current || charactersBeyond(body) > 0) return
    become(begun(page.current, body))
    topic.writeNotes(body).then(
      () => (isGone.current ? forgetKept(session, body) : settle(true, '')),
      (caught: unknown) => isGone.current || settle(false, sentenceOf(caught)),
    )
  }
  const settle = (isSaved: boolean, sentence: string) => {
    if (page.current) become(ended(page.current, isSaved))
    setError(sentence)
    saveIn(isSaved ? 0 : TRIES_AGAIN_AFTER_MS)
  }
  useEffect(() => become(heard(page.current ?? now, stored)), [stored])
  useEffect(() => {
    saveIn(SAVES_AFTER_MS)
    const hidden = () => document.visibilityState === 'hidden' && save()
    document.addEventListener('visibilitychange', hidden)
    return () => {
      save()
      isGone.current = true
      clearTimeout(timer.current)
      document.removeEventListener('visibilitychange', hidden)
    }
  }, [])
  return {
    page: now,
    error,
    over,
    save,
    type: (text: string) => (become(typed(page.current ?? now, text)), saveIn(SAVES_AFTER_MS)),
    keepOne: (whose: 'mine' | 'theirs') => (become(kept(page.current ?? now, whose)), saveIn(0)),
  }
}

/** Forgets the kept text if the server has it; unsaved text stays for the next sheet. */
function forgetKept(session: string, saved: string): void {
  if (recall<KeptPage>(session, 'notes')?.text === saved) keep(session, 'notes', undefined)
}
