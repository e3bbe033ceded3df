// The box for writing a message, which grows with the text and keeps it over a reload.
import { useId, useLayoutEffect, useRef, useState } from 'preact/hooks'
import type { SessionTopic } from 'switchboard-client'
import { ErrorLine, sentenceOf } from '../look/doing.js'
import { Icon } from '../look/icon.js'
import type { Contact } from './contact.js'
import type { Draft } from './draft.js'
import { charactersBeyond } from './length.js'
import { words } from './words.js'

interface Props {
  topic: SessionTopic
  draft: Draft
  contact: Contact
  other: string
}

/** The box and its button. */
export function Composer({ topic, draft, contact, other }: Props) {
  const say = words()
  const text = draft.text.value
  const box = useGrowing(text)
  const hint = useId()
  const [error, setError] = useState('')
  const [refused, setRefused] = useState('')
  const body = text.trim()
  const over = charactersBeyond(body)
  const mayGo = body !== '' && over <= 0
  const type = (written: string) => {
    draft.write(written)
    setRefused('')
    contact.types(written.trim() !== '')
  }
  const send = () => {
    if (!mayGo) return
    setError('')
    try {
      topic.send(body)
      type('')
    } catch (refusal) {
      // Hundreds of messages wait already: the text stays in the box.
      setError(sentenceOf(refusal))
    }
    box.current?.focus()
  }
  return (
    <form class="composer" onSubmit={(event) => (event.preventDefault(), send())}>
      <ErrorLine text={error} />
      {refused && (
        <p class="small composer-says" role="status">
          {refused}
        </p>
      )}
      {over > 0 && (
        <p class="error small" id={hint} role="alert">
          {say.tooLong(over)}
        </p>
      )}
      <textarea
        ref={box}
        rows={1}
        dir={text ? 'auto' : undefined}
        value={text}
        aria-label={say.write}
        aria-describedby={over > 0 ? hint : undefined}
        aria-invalid={over > 0}
        placeholder={say.writeTo(other)}
        enterkeyhint={isTouched() ? 'enter' : 'send'}
        onInput={(event) => type(event.currentTarget.value)}
        onBlur={() => contact.types(false)}
        onPaste={({ clipboardData }) => {
          const isFile = clipboardData && clipboardData.files.length > 0 && !clipboardData.getData('text/plain')
          if (isFile) setRefused(say.noFiles)
        }}
        onDrop={(event) => {
          if (!event.dataTransfer?.files.length) return
          // Otherwise the browser would leave the page and open the file.
          event.preventDefault()
          setRefused(say.noFiles)
        }}
        onKeyDown={(event) => {
          // While an input method composes a syllable, Enter chooses it.
          if (event.key !== 'Enter' || event.shiftKey || event.isComposing || isTouched()) return
          event.preventDefault()
          send()
        }}
      />
      <button type="submit" class="act round" aria-label={say.send} aria-disabled={!mayGo}>
        <Icon name="send" />
      </button>
    </form>
  )
}

function useGrowing(text: string) {
  const box = useRef<HTMLTextAreaElement>(null)
  useLayoutEffect(() => {
    const element = box.current
    if (!element) return
    element.style.height = 'auto'
    const borders = element.offsetHeight - element.clientHeight
    element.style.height = `${element.scrollHeight + borders}px`
  }, [text])
  return box
}

/**
 * Whether the device has only an on-screen keyboard, which has no Shift+Enter: Enter is a new line there, and the
 * button sends.
 */
export function isTouched(): boolean {
  return matchMedia('(pointer: coarse) and (hover: none)').matches
}
