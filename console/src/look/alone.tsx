// A page that has one thing to say: why there is nothing else on it.
import type { ComponentChildren } from 'preact'

/** The thing, under its title. */
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
