// What every part of the board works with: the company, its topic and its API, and what the person may do.
import { createContext } from 'preact'
import { useContext } from 'preact/hooks'
import type { BoardTopic } from 'switchboard-client'
import type { Api } from '../person/api.js'
import type { Person } from '../person/claims.js'

/** The company that the board is of, and whoever looks at it. */
export interface House {
  readonly company: string
  readonly board: BoardTopic
  readonly api: Api
  /** Set a status, cancel a booking, end a session. */
  readonly mayOperate: boolean
  /** That, and change employees and the company. */
  readonly mayManage: boolean
}

/** What the parts are given. */
export const HouseContext = createContext<House | undefined>(undefined)

/** The house of this page. */
export function useHouse(): House {
  const house = useContext(HouseContext)
  if (!house) throw new Error('this part stands outside of a house')
  return house
}

/** What somebody with that scope may do. */
export function rightsOf(person: Person): Pick<House, 'mayOperate' | 'mayManage'> {
  return { mayOperate: person.scope !== 'read', mayManage: person.scope === 'manage' }
}

/** An employee's name, where they are still there; else the id. */
export function nameOf(house: House, employee: string): string {
  return house.board.state?.employees.get(employee)?.name ?? employee
}
