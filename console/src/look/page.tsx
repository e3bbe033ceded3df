// What every page begins with: the look, the words, and a place where what changes is told to screen readers.
import { signal } from '@preact/signals'
import { render, type ComponentChildren } from 'preact'
import './look.css'

/** Draws a page into its document. */
export function show(page: ComponentChildren): void {
  const place = document.getElementById('page')
  if (!place) throw new Error('the document has no place for the page')
  render(
    <>
      {page}
      <Announcer />
    </>,
    place,
  )
}

const told = signal<{ text: string; urgent: boolean }>({ text: '', urgent: false })

/** Has screen readers say it; `urgent` interrupts what they are saying. */
export function announce(text: string, urgent = false): void {
  told.value = { text, urgent }
}

function Announcer() {
  const { text, urgent } = told.value
  return (
    <div class="unseen">
      <p aria-live="polite">{urgent ? '' : text}</p>
      <p aria-live="assertive">{urgent ? text : ''}</p>
    </div>
  )
}
