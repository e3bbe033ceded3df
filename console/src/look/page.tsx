// The base of every page: its look, its root element, and a place where changes are announced to screen readers.
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

const told = signal({ text: '', urgent: false, turn: 0 })

/** Has screen readers read a text; `urgent` interrupts them. An empty text does nothing. */
export function announce(text: string, urgent = false): void {
  if (text) told.value = { text, urgent, turn: told.peek().turn + 1 }
}

function Announcer() {
  const { text, urgent, turn } = told.value
  // A fresh element for each announcement, because screen readers ignore an unchanged text.
  const said = <span key={turn}>{text}</span>
  return (
    <div class="unseen">
      <p aria-live="polite">{!urgent && said}</p>
      <p aria-live="assertive">{urgent && said}</p>
    </div>
  )
}
