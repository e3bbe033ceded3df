// A form over something that others may change meanwhile: what is saved undoes nobody's work unseen.
import { useEffect, useRef, useState } from 'preact/hooks'
import { sentenceOf } from '../look/doing.js'
import { Problem, type Tagged } from '../person/api.js'

/** What a form has, by name, as text. */
export type Fields = Readonly<Record<string, string>>

/** How the form's thing is read and changed. */
export interface Thing {
  readonly read: () => Promise<Tagged<Fields>>
  /** Changes what is named, if the thing is still as the tag says. */
  readonly change: (changed: Fields, tag: string) => Promise<unknown>
}

/** A form's state. */
export interface Revision {
  /** Undefined until the thing was read. */
  readonly fields: Fields | undefined
  /** Of how the thing was when it was read last. */
  readonly tag: string
  readonly set: (name: string, value: string) => void
  /** Fields that somebody else changed as well, with what they are now. */
  readonly theirs: Fields
  readonly changed: boolean
  readonly busy: boolean
  readonly error: string
  /** Saves what was changed; `saved` is called when that is done. */
  readonly save: (saved: () => void) => void
}

interface Draft {
  readonly base: Tagged<Fields>
  readonly fields: Fields
  readonly theirs: Fields
}

/** Reads the thing and revises it. */
export function useRevision(thing: Thing): Revision {
  const [draft, revise] = useState<Draft>()
  const [busy, setBusy] = useState(false)
  const [error, setError] = useState('')
  // The form is of the thing that it was opened for.
  const { read, change } = useRef(thing).current
  const fail = (caught: unknown) => setError(sentenceOf(caught))
  useEffect(() => {
    read().then((base) => revise({ base, fields: base.body, theirs: {} }), fail)
  }, [])

  const changes = draft ? changesOf(draft.base.body, draft.fields) : {}
  const save = async (saved: () => void) => {
    if (!draft) return
    try {
      await change(changes, draft.base.tag)
      saved()
    } catch (caught) {
      const isRefused = caught instanceof Problem && caught.status > 0
      // Somebody else has changed it, or a part of it is saved: who is told to look again must see it as it is now.
      const now = isRefused ? await read().catch(() => undefined) : undefined
      // Somebody may have typed on meanwhile.
      if (now) revise((typed) => typed && merged(typed, now))
      fail(caught)
    }
  }
  return {
    fields: draft?.fields,
    tag: draft?.base.tag ?? '',
    set: (name, value) => revise((now) => now && { ...now, fields: { ...now.fields, [name]: value } }),
    theirs: draft?.theirs ?? {},
    changed: Object.keys(changes).length > 0,
    busy,
    error,
    save: (saved) => {
      if (busy) return
      setBusy(true)
      setError('')
      void save(saved)
        .catch(fail)
        .finally(() => setBusy(false))
    },
  }
}

/** What was not changed here becomes what it is now; what was changed on both sides stays, and is told. */
function merged(draft: Draft, now: Tagged<Fields>): Draft {
  const ours = changesOf(draft.base.body, draft.fields)
  const others = changesOf(draft.base.body, now.body)
  const both = Object.entries(others).filter(([name, value]) => name in ours && ours[name] !== value)
  return { base: now, fields: { ...now.body, ...ours }, theirs: Object.fromEntries(both) }
}

function changesOf(before: Fields, after: Fields): Fields {
  return Object.fromEntries(Object.entries(after).filter(([name, value]) => before[name] !== value))
}
