// The page of an admin: the company's board, live.
import { useMemo } from 'preact/hooks'
import type { Refusal, Switchboard } from 'switchboard-client'
import { Alone } from '../look/alone.js'
import { LineStrip } from '../look/line.js'
import { useSwitchboard } from '../look/live.js'
import { show } from '../look/page.js'
import { Api } from '../person/api.js'
import type { Person } from '../person/claims.js'
import { signIn } from '../person/sign-in.js'
import { SignedIn } from '../person/signed-in.js'
import { HouseContext, rightsOf, type House } from './house.js'
import { usePaced } from './paced.js'
import { sayWhatIsWrong } from './validity.js'
import { Wall } from './wall.js'
import { words } from './words.js'

/** The wall is redrawn at most this often: as fast as people read, and slow enough for thousands of employees. */
const DRAWN_EVERY_MS = 250

const found = signIn('admin')
sayWhatIsWrong()

show(<SignedIn as={found} page={({ person, token }) => <Board person={person} token={token} />} />)

function Board({ person, token }: { person: Person; token: () => Promise<string> }) {
  const switchboard = useSwitchboard(token)
  const house = useMemo(() => houseOf(person, token, switchboard), [person, token, switchboard])
  const state = usePaced(house.board, DRAWN_EVERY_MS)
  const { refusal, live } = house.board
  return (
    <HouseContext.Provider value={house}>
      <div class="board">
        <LineStrip switchboard={switchboard} />
        {refusal && <Refused refusal={refusal} company={house.company} />}
        {!refusal && state && <Wall state={state} live={live} />}
        {!refusal && !state && (
          <main class="alone soft">
            <p>{words().opening}</p>
          </main>
        )}
      </div>
    </HouseContext.Provider>
  )
}

function houseOf(person: Person, token: () => Promise<string>, switchboard: Switchboard): House {
  const company = person.company ?? ''
  const api = new Api(company, token)
  return { company, board: switchboard.board(company), api, ...rightsOf(person) }
}

/** Shown when the board is refused, or no longer allowed. */
function Refused({ refusal, company }: { refusal: Refusal; company: string }) {
  const say = words()
  const text = refusal.reason === 'forbidden' ? say.forbidden : say.unknownCompany
  return (
    <Alone title={say.noBoard(company)}>
      <p>{text}</p>
    </Alone>
  )
}
