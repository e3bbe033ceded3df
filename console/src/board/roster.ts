// The employees in order of importance: being asked, busy, idle in the order of the line, offline.
import type { Employee, Status } from 'switchboard-client'

/** The statuses in the board's order. */
export const STATUSES: readonly Status[] = ['init', 'busy', 'idle', 'offline']

const PLACE: Readonly<Record<Status, number>> = { init: 0, busy: 1, idle: 2, offline: 3 }

/** The employees that match the search, and the number of employees with each status. */
export interface Roster {
  /** Counts of all employees, independent of the search. */
  readonly counts: Readonly<Record<Status, number>>
  readonly shown: readonly Employee[]
}

/**
 * Sorts the employees whose name, id or topic contains the text, and whose status is the wanted one, if there is one.
 */
export function rosterOf(employees: ReadonlyMap<string, Employee>, sought: string, status: Status | undefined): Roster {
  const counts = { init: 0, busy: 0, idle: 0, offline: 0 }
  const shown: Employee[] = []
  const wanted = sought.trim().toLocaleLowerCase()
  for (const employee of employees.values()) {
    counts[employee.status] += 1
    if (status !== undefined && employee.status !== status) continue
    if (wanted === '' || hasIn(employee, wanted)) shown.push(employee)
  }
  return { counts, shown: shown.sort(compare) }
}

function hasIn({ name, id, topics }: Employee, wanted: string): boolean {
  return [name, id, ...topics].some((text) => text.toLocaleLowerCase().includes(wanted))
}

/**
 * The server writes all times alike, so that they compare as text. Among offline employees, the last to leave comes
 * first.
 */
function compare(one: Employee, other: Employee): number {
  const place = PLACE[one.status] - PLACE[other.status]
  if (place !== 0) return place
  const earlier = one.since < other.since ? -1 : one.since > other.since ? 1 : 0
  if (earlier !== 0) return one.status === 'offline' ? -earlier : earlier
  return one.id < other.id ? -1 : 1
}
