// The context of the board's parts: the company, its topic and API, and the person's rights.
import { createContext } from 'preact'
import { useContext } from 'preact/hooks'
import type { BoardTopic } from 'switchboard-client'
import type { Api } from '../person/api.js'
import type { Person } from '../person/claims.js'

/** The company of the board, and the rights of the person who views it. */
export interface House {
  readonly company: string
  readonly board: BoardTopic
  readonly api: Api
  /** Whether the person may set a status, cancel a booking or end a session. */
  readonly mayOperate: boolean
  /** Whether the person may also change employees and the company. */
  readonly mayManage: boolean
}

export const HouseContext = createContext<House | undefined>(undefined)

export function useHouse(): House {
  const house = useContext(HouseContext)
  if (!house) throw new Error('this part stands outside of a house')
  return house
}

/** The rights that a token's scope gives. */
export function rightsOf(person: Person): Pick<House, 'mayOperate' | 'mayManage'> {
  return { mayOperate: person.scope !== 'read', mayManage: person.scope === 'manage' }
}

/** An employee's name, or the id of a removed one. */
export function nameOf(house: House, employee: string): string {
  return house.board.state?.employees.get(employee)?.name ?? employee
}
