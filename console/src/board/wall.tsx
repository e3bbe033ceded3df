// The wall: all parts side by side on a wide screen, and one part at a time on a phone.
import { useEffect, useMemo, useRef, useState } from 'preact/hooks'
import type { BoardState, Company } from 'switchboard-client'
import { Logo, useBrand } from '../look/branded.js'
import { Icon } from '../look/icon.js'
import { clock } from '../words/writing.js'
import { Asked, Running } from './calls.js'
import { EmployeeDialog, NewEmployeeDialog } from './employee.js'
import { Employees } from './employees.js'
import { useHouse } from './house.js'
import { Latest } from './latest.js'
import { OpenContext, useOpen, type Opened } from './opened.js'
import { useHours } from './plots/hours.js'
import { Plots } from './plots/plots.js'
import { RoutingDialog } from './routing.js'
import { SettingsDialog } from './settings.js'
import { StoryDialog } from './story.js'
import { TodayFigures } from './today.js'
import { words } from './words.js'
import './wall.css'

/** From this width on all parts stand side by side. */
const WIDE = '(min-width: 64rem)'
/** The parts of which a phone shows one. */
const PARTS = ['employees', 'now', 'hours', 'bookings'] as const
type PartName = (typeof PARTS)[number]

/** The board of a company. `live` is false while the shown state may be outdated. */
export function Wall({ state, live }: { state: BoardState; live: boolean }) {
  const [opened, open] = useState<Opened>()
  const [part, turnTo] = useState<PartName>('employees')
  const wide = useWide()
  const { today } = state
  const ends = today.booked + today.assigned + today.unanswered + today.cancelled + today.expired + today.ended
  const shows = (name: PartName) => wide || part === name
  const { api } = useHouse()
  const { parts, day } = useHours(api, ends, shows('hours'))
  // The plots need no redrawing with each change of the wall.
  const plots = useMemo(() => <Plots parts={parts} />, [parts])
  return (
    <OpenContext.Provider value={open}>
      <div class="wall" data-live={live}>
        <Head company={state.company} live={live} settled={opened === undefined} reading={!state.complete} />
        <main class="wall-parts">
          {wide && <TodayFigures day={day} />}
          {shows('employees') && <Employees employees={state.employees} state={state} />}
          {shows('now') && <Asked bookings={state.bookings} state={state} />}
          {shows('now') && <Running sessions={state.sessions} state={state} />}
          {shows('hours') && !wide && <TodayFigures day={day} />}
          {shows('hours') && plots}
          {shows('bookings') && <Latest booked={ends} />}
        </main>
        {!wide && <Parts chosen={part} choose={turnTo} waiting={state.bookings.size} />}
      </div>
      <Over opened={opened} state={state} close={() => open(undefined)} />
    </OpenContext.Provider>
  )
}

function Over({ opened, state, close }: { opened: Opened | undefined; state: BoardState; close: () => void }) {
  if (opened?.what === 'booking') return <StoryDialog booking={opened.id} close={close} />
  if (opened?.what === 'employee') return <EmployeeDialog employee={state.employees.get(opened.id)} close={close} />
  if (opened?.what === 'new employee') return <NewEmployeeDialog close={close} />
  if (opened?.what === 'routing') return <RoutingDialog close={close} />
  if (opened?.what === 'settings') return <SettingsDialog close={close} />
  return null
}

function Head({ company, live, settled, reading }: {
  company: Company
  live: boolean
  settled: boolean
  reading: boolean
}) {
  const say = words()
  const house = useHouse()
  const open = useOpen()
  const name = useCompanyName(company.name, settled)
  useBrand(company)
  const lostAt = useLostAt(live)
  useEffect(() => {
    document.title = say.titleOf(name)
  }, [say, name])
  return (
    <header class="wall-head row">
      <Logo company={company} />
      <h1 class="grow line">{name}</h1>
      {lostAt !== undefined && <p class="wall-before">{say.asOf(clock(lostAt))}</p>}
      {live && reading && (
        <p class="soft" role="status">
          {say.reading}
        </p>
      )}
      {house.mayManage && (
        <button type="button" class="plain" onClick={() => open({ what: 'routing' })}>
          <Icon name="route" />
          <span class="wall-word">{say.routing}</span>
        </button>
      )}
      {house.mayManage && (
        <button type="button" class="plain" onClick={() => open({ what: 'settings' })}>
          <Icon name="settings" />
          <span class="wall-word">{say.settings}</span>
        </button>
      )}
    </header>
  )
}

function Parts({ chosen, choose, waiting }: {
  chosen: PartName
  choose: (part: PartName) => void
  waiting: number
}) {
  const say = words()
  return (
    <nav class="wall-nav" aria-label={say.partsOf}>
      {PARTS.map((part) => (
        <button type="button" key={part} class="plain" aria-current={chosen === part} onClick={() => choose(part)}>
          {say.parts[part]}
          {part === 'now' && waiting > 0 && <b class="wall-waiting figure">{waiting}</b>}
        </button>
      ))}
    </nav>
  )
}

/**
 * The company's name as the board was told, read again when a dialog was closed, because the dialog may have changed
 * it.
 */
function useCompanyName(told: string, settled: boolean): string {
  const { api } = useHouse()
  const [name, call] = useState(told)
  const isFirst = useRef(true)
  useEffect(() => call(told), [told])
  useEffect(() => {
    if (isFirst.current || !settled) {
      isFirst.current = false
      return
    }
    // The known name stays if the request fails.
    api.get<{ name: string }>('').then((found) => call(found.name), () => {})
  }, [api, settled])
  return name
}

/** The time at which the connection was lost; undefined while it holds. */
function useLostAt(live: boolean): number | undefined {
  const [at, lose] = useState<number>()
  useEffect(() => lose(live ? undefined : Date.now()), [live])
  return at
}

function useWide(): boolean {
  const query = useMemo(() => matchMedia(WIDE), [])
  const [wide, widen] = useState(query.matches)
  useEffect(() => {
    const hear = () => widen(query.matches)
    query.addEventListener('change', hear)
    return () => query.removeEventListener('change', hear)
  }, [query])
  return wide
}
