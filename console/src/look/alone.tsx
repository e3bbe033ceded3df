// A page with a single message that explains why nothing else is shown.
import type { ComponentChildren } from 'preact'

/** A message under a title. */
export function Alone({ title, children }: { title: string; children: ComponentChildren }) {
  return (
    <main class="alone">
      <div class="card stack">
        <h1>{title}</h1>
        {children}
      </div>
    </main>
  )
}
