// The employees by status, with counts and a search; each leads to a dialog.
import type { BoardState, Capacity, Employee, Status } from 'switchboard-client'
import { useMemo, useState } from 'preact/hooks'
import { Icon } from '../look/icon.js'
import { Lamp } from '../look/lamp.js'
import { number } from '../words/writing.js'
import { inAddress, putInAddress } from './address.js'
import { useHouse } from './house.js'
import { useOpen } from './opened.js'
import { Pane } from './pane.js'
import { reachOf } from './reach.js'
import { rosterOf, STATUSES, type Roster } from './roster.js'
import { Rows } from './rows.js'
import { Since } from './since.js'
import { words } from './words.js'
import './employees.css'
import './in-line.css'

/**
 * The employees' part of the wall. `state` changes with every change of an employee, although the map stays the same.
 */
export function Employees({ employees, state }: { employees: ReadonlyMap<string, Employee>; state: BoardState }) {
  const say = words()
  const house = useHouse()
  const open = useOpen()
  const { sought, seek, status, choose } = useFilter()
  const { counts, shown } = useMemo(() => rosterOf(employees, sought, status), [state, employees, sought, status])
  const sessions = useMemo(() => sessionsOf(state), [state])
  const add = house.mayManage && (
    <button type="button" class="plain" onClick={() => open({ what: 'new employee' })}>
      <Icon name="add" />
      {say.add}
    </button>
  )
  return (
    <Pane name="employees" title={say.employees} beside={add}>
      <Counts counts={counts} chosen={status} choose={choose} />
      <label class="seek">
        <span class="unseen">{say.seek}</span>
        <Icon name="find" />
        <input
          type="search" placeholder={say.seek} value={sought}
          onInput={(event) => seek(event.currentTarget.value)}
        />
      </label>
      {shown.length > 0 && (
        <Rows label={say.employees} items={shown} row={(one, tab) => <Row employee={one} sessions={sessions.get(one.id) ?? 0} tab={tab} />} />
      )}
      {shown.length === 0 && employees.size > 0 && <p class="pane-empty soft">{say.nobodyFound}</p>}
      {employees.size === 0 && <NobodyYet />}
    </Pane>
  )
}

function useFilter() {
  const [sought, setSought] = useState(() => inAddress('seek'))
  const [status, setStatus] = useState(() => STATUSES.find((one) => one === inAddress('status')))
  const seek = (words: string) => {
    putInAddress('seek', words)
    setSought(words)
  }
  const choose = (one: Status | undefined) => {
    putInAddress('status', one ?? '')
    setStatus(one)
  }
  return { sought, seek, status, choose }
}

function Counts({ counts, chosen, choose }: {
  counts: Roster['counts']
  chosen: Status | undefined
  choose: (status: Status | undefined) => void
}) {
  return (
    <div class="counts" role="group" aria-label={words().byStatus}>
      {STATUSES.map((status) => (
        <button
          type="button"
          key={status}
          class={`count toned is-${status}`}
          aria-pressed={chosen === status}
          onClick={() => choose(chosen === status ? undefined : status)}
        >
          <b class="figure">{number(counts[status])}</b>
          <Lamp status={status} />
        </button>
      ))}
    </div>
  )
}

function Row({ employee, sessions, tab }: { employee: Employee; sessions: number; tab: number }) {
  const open = useOpen()
  const { id, name, topics, status, since, capacity = 1 } = employee
  const aside = reachOf(employee, 'short')
  return (
    <button type="button" class="entry" tabIndex={tab} onClick={() => open({ what: 'employee', id })}>
      <span class="entry-main">
        <b class="line">{name}</b>
        <span class="line small soft">
          {aside && <b class="aside">{aside} · </b>}
          {capacity > 1 && <Room capacity={capacity} used={sessions} />}
          {topics.length > 0 ? topics.join(' · ') : words().allTopics}
        </span>
      </span>
      <span class="entry-end">
        <Lamp status={status} />
        <Since moment={since} />
      </span>
    </button>
  )
}

/** Number of running sessions, by employee. */
function sessionsOf({ sessions }: BoardState): ReadonlyMap<string, number> {
  const counts = new Map<string, number>()
  for (const { employee_id } of sessions.values()) counts.set(employee_id, (counts.get(employee_id) ?? 0) + 1)
  return counts
}

/** The room as dots, as many as fit in a row; more are told in digits. */
function Room({ capacity, used }: Capacity) {
  const say = words()
  const label = say.roomUsed(number(used), number(capacity))
  if (capacity > DOTS_MAX) return <>{label} · </>
  return (
    <>
      <span class="room" role="img" aria-label={label}>
        {Array.from({ length: capacity }, (_, at) => (
          <i key={at} class={at < used ? 'is-used' : ''} />
        ))}
      </span>{' '}
    </>
  )
}

const DOTS_MAX = 8

function NobodyYet() {
  const say = words()
  const house = useHouse()
  const open = useOpen()
  return (
    <div class="pane-empty stack">
      <h3>{say.nobodyYet}</h3>
      <p class="soft">{house.mayManage ? say.addTheFirst : say.askForTheFirst}</p>
      {house.mayManage && (
        <button type="button" class="act" onClick={() => open({ what: 'new employee' })}>
          <Icon name="add" />
          {say.addEmployee}
        </button>
      )}
    </div>
  )
}
