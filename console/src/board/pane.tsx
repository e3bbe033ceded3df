// A part of the wall: a heading, an element beside it, and the content.
import type { ComponentChildren } from 'preact'
import { useId } from 'preact/hooks'

export function Pane({ name, title, beside, children }: {
  name: string
  title: string
  beside?: ComponentChildren
  children: ComponentChildren
}) {
  const id = useId()
  return (
    <section class={`pane card pane-${name}`} aria-labelledby={id}>
      <header class="row pane-head">
        <h2 class="grow" id={id}>
          {title}
        </h2>
        {beside}
      </header>
      {children}
    </section>
  )
}
