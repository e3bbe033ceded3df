// The page of whoever runs a company: its board, live.
import { useEffect, useMemo } from 'preact/hooks'
import { Switchboard, type Refusal } from 'switchboard-client'
import { LineStrip } from '../look/line.js'
import { show } from '../look/page.js'
import { Api } from '../person/api.js'
import type { Person } from '../person/claims.js'
import { signIn } from '../person/sign-in.js'
import { SignedIn } from '../person/signed-in.js'
import { HouseContext, rightsOf, type House } from './house.js'
import { usePaced } from './paced.js'
import { Wall } from './wall.js'
import { words } from './words.js'

/** So often at most the wall is drawn anew: as fast as people read, and slow enough for thousands of employees. */
const DRAWN_EVERY_MS = 250

const found = signIn('admin')

show(<SignedIn as={found} page={({ person, token }) => <Board person={person} token={token} />} />)

function Board({ person, token }: { person: Person; token: () => Promise<string> }) {
  const house = useMemo(() => houseOf(person, token), [person, token])
  useEffect(() => {
    house.switchboard.connect()
    return () => house.switchboard.disconnect()
  }, [house])
  const state = usePaced(house.board, DRAWN_EVERY_MS)
  const { refusal, live } = house.board
  return (
    <HouseContext.Provider value={house}>
      <div class="board">
        <LineStrip switchboard={house.switchboard} />
        {refusal && <Refused refusal={refusal} company={house.company} />}
        {!refusal && state && <Wall state={state} live={live} />}
        {!refusal && !state && (
          <main class="signed-out soft">
            <p>{words().opening}</p>
          </main>
        )}
      </div>
    </HouseContext.Provider>
  )
}

function houseOf(person: Person, token: () => Promise<string>): House {
  const company = person.company ?? ''
  const switchboard = new Switchboard(`${location.origin.replace(/^http/, 'ws')}/socket`, { token, device: 'web' })
  const api = new Api(company, token)
  return { company, switchboard, board: switchboard.board(company), api, ...rightsOf(person) }
}

/** The board cannot be had, or not any more. */
function Refused({ refusal, company }: { refusal: Refusal; company: string }) {
  const say = words()
  const text = refusal.reason === 'forbidden' ? say.forbidden : say.unknownCompany
  return (
    <main class="signed-out">
      <div class="card stack">
        <h1>{say.noBoard(company)}</h1>
        <p>{text}</p>
      </div>
    </main>
  )
}
