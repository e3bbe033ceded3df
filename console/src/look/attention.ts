// Ways to reach a person who looks elsewhere: a mark on the tab, a short sound, a notification, a number on the app's
// icon.
import { effect, signal } from '@preact/signals'
import { useEffect } from 'preact/hooks'
import { chime } from './sound.js'

/** The ways that this device may use; the page sets these to the person's wishes. */
export const may = signal({ aloud: true, notify: true })

/** An event that the person should notice. */
export interface News {
  /** Identifies the subject: a second event with the same tag replaces the notification of the first. */
  readonly tag: string
  /** The text before the tab's title. */
  readonly mark: string
  readonly title: string
  readonly body: string
  /** Whether the notification stays until the person acts, and which buttons it has. */
  readonly stays?: boolean
  readonly actions?: readonly { readonly action: string; readonly title: string }[]
  readonly data?: unknown
  /** Whether another part of the page rings for the event already. */
  readonly rings?: boolean
}

const marks = signal<ReadonlyMap<string, string>>(new Map())
const unseen = signal(0)
const pageTitle = signal(document.title)
const shown = new Map<string, Promise<() => void>>()

/** Sets the page's title; unnoticed events stand before it. */
export function useTitle(title: string): void {
  useEffect(() => void (pageTitle.value = title), [title])
}

effect(() => {
  const [mark] = [...marks.value.values()].slice(-1)
  document.title = mark ? `(${unseen.value}) ${mark} · ${pageTitle.value}` : pageTitle.value
})
effect(() => badge(unseen.value))

/**
 * Tells a person who looks elsewhere; does nothing while the page is visible. Returns the function that takes the news
 * back.
 */
export function beckon(news: News): () => void {
  if (!document.hidden) return () => {}
  const { tag, mark, rings = false } = news
  marks.value = new Map([...marks.value].filter(([other]) => other !== tag)).set(tag, mark)
  unseen.value += 1
  if (!rings) chime(may.value.aloud)
  if (may.value.notify) notify(news)
  return () => takeBack(tag)
}

/** Beckons as long as the component is shown and `news` is set. */
export function useBeckoning(news: News | undefined): void {
  const tag = news?.tag
  useEffect(() => {
    if (!news) return undefined
    // The person may look away while the news lasts.
    let undo = beckon(news)
    const look = () => {
      if (document.hidden) undo = beckon(news)
    }
    document.addEventListener('visibilitychange', look)
    return () => {
      document.removeEventListener('visibilitychange', look)
      undo()
      takeBack(news.tag)
    }
  }, [tag])
}

document.addEventListener('visibilitychange', () => {
  if (document.hidden) return
  for (const tag of [...marks.value.keys(), ...shown.keys()]) takeBack(tag)
  unseen.value = 0
})

function takeBack(tag: string): void {
  marks.value = new Map([...marks.value].filter(([other]) => other !== tag))
  if (marks.value.size === 0) unseen.value = 0
  void shown.get(tag)?.then((close) => close())
  shown.delete(tag)
}

function notify(news: News): void {
  if (!('Notification' in window) || Notification.permission !== 'granted') return
  // A browser may refuse a notification; the mark and the sound are there all the same.
  shown.set(news.tag, shownOf(news).catch(() => () => {}))
}

async function shownOf({ tag, title, body, stays = false, actions, data }: News): Promise<() => void> {
  const options = { body, tag, icon: '/icon.svg', requireInteraction: stays, data, ...(actions && { actions: [...actions] }) }
  const worker = await navigator.serviceWorker?.getRegistration()
  if (worker) {
    await inTurn(() => worker.showNotification(title, options))
    return () => void inTurn(async () => (await worker.getNotifications({ tag })).forEach((one) => one.close()))
  }
  const { actions: _, ...plain } = options
  const notification = new Notification(title, plain)
  notification.onclick = () => {
    window.focus()
    notification.close()
  }
  return () => notification.close()
}

let before: Promise<unknown> = Promise.resolve()

/**
 * Runs works one at a time, because Chromium loses a notification if existing ones are listed while it is about to
 * show.
 */
function inTurn<T>(work: () => Promise<T>): Promise<T> {
  const done = before.then(work)
  before = done.catch(() => {})
  return done
}

/** Whether the person could be asked to allow notifications here. */
export function canAskToNotify(): boolean {
  // Browsers do not show this question for an embedded page.
  return 'Notification' in window && Notification.permission === 'default' && window.parent === window
}

/** Shows the number on the icon of an installed page. */
function badge(count: number): void {
  if (!('setAppBadge' in navigator)) return
  void (count > 0 ? navigator.setAppBadge(count) : navigator.clearAppBadge()).catch(() => {})
}
