// What happens while nobody looks at the page: a sound, a mark in the tab's title, and a notification where the person
// has allowed them. Whoever looks again takes mark and notifications away.
import { computed, signal, type ReadonlySignal } from '@preact/signals'
import { chime } from './sound.js'

/** What is told. */
export interface Notice {
  readonly title: string
  readonly body?: string
  /** A newer one with the same word takes the place of the one before. */
  readonly tag: string
}

/** How it is told. */
export interface Ways {
  readonly aloud: boolean
  readonly notify: boolean
}

const missed = signal(0)
const open = new Map<string, Notification>()

/** How many things were told that nobody has seen yet. */
export const unseen: ReadonlySignal<number> = computed(() => missed.value)

document.addEventListener('visibilitychange', () => {
  if (document.hidden) return
  missed.value = 0
  for (const notification of open.values()) notification.close()
  open.clear()
})

/** Tells it, unless the page is in sight. */
export function notice(told: Notice, { aloud, notify }: Ways = { aloud: true, notify: true }): void {
  if (!document.hidden) return
  missed.value += 1
  if (aloud) chime()
  if (notify && mayNotify()) show(told)
}

/** The title with the mark of what nobody has seen. */
export function marked(title: string): string {
  return missed.value > 0 ? `(${missed.value}) ${title}` : title
}

/** Whether the person could be asked to allow notifications here. */
export function canAskToNotify(): boolean {
  // A browser shows no question of a page that stands in somebody else's.
  return 'Notification' in window && Notification.permission === 'default' && window.parent === window
}

function mayNotify(): boolean {
  return 'Notification' in window && Notification.permission === 'granted'
}

function show({ title, body, tag }: Notice): void {
  try {
    const notification = new Notification(title, { tag, icon: '/icon.svg', ...(body !== undefined && { body }) })
    notification.onclick = () => {
      window.focus()
      notification.close()
    }
    open.set(tag, notification)
  } catch {
    // Some phones show none without a worker: sound and title remain.
  }
}
