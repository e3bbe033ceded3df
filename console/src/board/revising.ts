// A form over data that other people may change meanwhile: saving never overwrites their changes silently.
import { useEffect, useRef, useState } from 'preact/hooks'
import { sentenceOf } from '../look/doing.js'
import { Problem, type Tagged } from '../person/api.js'

/** The values of a form, by name. */
export type Fields = Readonly<Record<string, string>>

/** How the form's data is read and changed. */
export interface Thing {
  readonly read: () => Promise<Tagged<Fields>>
  /** Changes the named fields, if the data still has that tag. */
  readonly change: (changed: Fields, tag: string) => Promise<unknown>
}

export interface Revision {
  /** Undefined until the data was read. */
  readonly fields: Fields | undefined
  /** The tag of the data when it was last read. */
  readonly tag: string
  readonly set: (name: string, value: string) => void
  /** Fields that another person has changed too, with their present values. */
  readonly theirs: Fields
  readonly changed: boolean
  readonly busy: boolean
  readonly error: string
  /** Saves the changes, and then calls `saved`. */
  readonly save: (saved: () => void) => void
}

interface Draft {
  readonly base: Tagged<Fields>
  readonly fields: Fields
  readonly theirs: Fields
}

/** Reads the data and manages the form. */
export function useRevision(thing: Thing): Revision {
  const [draft, revise] = useState<Draft>()
  const [busy, setBusy] = useState(false)
  const [error, setError] = useState('')
  // The form stays with the data that it was opened for.
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
      // Another person has changed the data, or a part of the changes is saved: the form must show the present state.
      const now = isRefused ? await read().catch(() => undefined) : undefined
      // The person may have typed on meanwhile.
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

/**
 * Takes over changes of others in fields not changed here. A field changed on both sides keeps the value here, and is
 * reported.
 */
function merged(draft: Draft, now: Tagged<Fields>): Draft {
  const ours = changesOf(draft.base.body, draft.fields)
  const others = changesOf(draft.base.body, now.body)
  const both = Object.entries(others).filter(([name, value]) => name in ours && ours[name] !== value)
  return { base: now, fields: { ...now.body, ...ours }, theirs: Object.fromEntries(both) }
}

function changesOf(before: Fields, after: Fields): Fields {
  return Object.fromEntries(Object.entries(after).filter(([name, value]) => before[name] !== value))
}
