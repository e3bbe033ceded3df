// A list of thousands of rows of equal height, of which only those in sight are in the document.
import { useLayoutEffect, useRef, useState } from 'preact/hooks'
import type { ComponentChildren } from 'preact'
import './rows.css'

/** Rows drawn above and below those in sight, so that a quick scroll shows no gap. */
const ROWS_BEYOND = 6
/** A row's height, in units of the page's letters. */
const HEIGHT_REM = 3.5

interface Rows<Item extends { readonly id: string }> {
  /** The list's name for screen readers. */
  readonly label: string
  readonly items: readonly Item[]
  /** Draws a row: a button with that `tabIndex`, so that the whole list is one tab stop. */
  readonly row: (item: Item, tabIndex: 0 | -1) => ComponentChildren
}

/**
 * The list. Arrow keys, page keys, Home and End move through the rows; the focused row keeps the focus when it moves.
 */
export function Rows<Item extends { readonly id: string }>({ label, items, row }: Rows<Item>) {
  const place = useRef<HTMLOListElement>(null)
  const { top, sight, height } = useSight(place)
  const [current, setCurrent] = useState<string>()
  const focusNext = useRef<string | undefined>(undefined)
  const first = Math.max(0, Math.floor(top / height) - ROWS_BEYOND)
  const end = Math.min(items.length, Math.ceil((top + sight) / height) + ROWS_BEYOND)
  const currentAt = current === undefined ? -1 : items.findIndex(({ id }) => id === current)
  // The focused row would lose the focus if it left the document.
  const beside = currentAt >= 0 && (currentAt < first || currentAt >= end) ? [currentAt] : []
  const drawn = [...beside, ...Array.from({ length: end - first }, (_, at) => first + at)].sort((a, b) => a - b)
  const entry = currentAt >= 0 ? currentAt : Math.min(items.length - 1, Math.ceil(top / height))

  const go = (event: KeyboardEvent) => {
    const list = place.current
    const to = target(event.key, entry, Math.max(1, Math.floor(sight / height) - 1), items.length - 1)
    const item = to === undefined ? undefined : items[to]
    if (!list || to === undefined || !item) return
    event.preventDefault()
    list.scrollTop = Math.min(Math.max(list.scrollTop, (to + 1) * height - sight), to * height)
    focusNext.current = item.id
    setCurrent(item.id)
  }
  useLayoutEffect(() => {
    if (focusNext.current === undefined) return
    focusNext.current = undefined
    place.current?.querySelector<HTMLElement>('[data-current] button')?.focus({ preventScroll: true })
  })

  return (
    <ol class="rows" role="list" aria-label={label} ref={place} onKeyDown={go}>
      <li class="rows-room" role="presentation" style={{ height: `${items.length * height}px` }} />
      {drawn.map((at) => {
        const item = items[at]
        if (!item) return null
        return (
          <li
            key={item.id}
            class="rows-row"
            aria-setsize={items.length}
            aria-posinset={at + 1}
            data-current={at === entry || undefined}
            style={{ height: `${height}px`, transform: `translateY(${at * height}px)` }}
            onFocusCapture={() => setCurrent(item.id)}
          >
            {row(item, at === entry ? 0 : -1)}
          </li>
        )
      })}
    </ol>
  )
}

/** The part of the list in sight, in pixels. */
function useSight(place: { readonly current: HTMLElement | null }) {
  const [seen, setSeen] = useState({ top: 0, sight: 800, height: HEIGHT_REM * 16 })
  useLayoutEffect(() => {
    const list = place.current
    if (!list) return
    const look = () => {
      const height = HEIGHT_REM * Number.parseFloat(getComputedStyle(document.documentElement).fontSize)
      setSeen({ top: list.scrollTop, sight: list.clientHeight, height })
    }
    const scrolled = () => setSeen((before) => ({ ...before, top: list.scrollTop }))
    const size = new ResizeObserver(look)
    size.observe(list)
    list.addEventListener('scroll', scrolled, { passive: true })
    return () => {
      size.disconnect()
      list.removeEventListener('scroll', scrolled)
    }
  }, [place])
  return seen
}

/** The row that a key leads to. */
function target(key: string, from: number, page: number, last: number): number | undefined {
  const steps = { ArrowDown: 1, ArrowUp: -1, PageDown: page, PageUp: -page, Home: -last, End: last }
  const by: Readonly<Record<string, number>> = steps
  const step = by[key]
  return step === undefined ? undefined : Math.min(last, Math.max(0, from + step))
}
