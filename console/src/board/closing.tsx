// Actions that end something of other people: cancelling a booking and ending a session. Both ask for confirmation.
import type { Session } from 'switchboard-client'
import { useState } from 'preact/hooks'
import { announce } from '../look/page.js'
import { clientOf } from '../look/names.js'
import { Question } from './dialog.js'
import { nameOf, useHouse } from './house.js'
import type { PastBooking } from './past.js'
import { words } from './words.js'

const REASON_MAX = 256

/** Cancels the search of a client. */
export function CancelBooking({ booking }: { booking: PastBooking }) {
  const say = words()
  const { api } = useHouse()
  const [asks, ask] = useState(false)
  const cancel = async () => {
    await api.send('POST', `/bookings/${booking.id}/cancel`)
    announce(say.cancelled)
  }
  return (
    <>
      <button type="button" class="grave" onClick={() => ask(true)}>
        {say.cancelBooking}
      </button>
      {asks && (
        <Question
          title={say.cancelThis}
          text={say.cancelMeans(clientOf(booking))}
          answer={say.cancelBooking}
          act={cancel}
          close={() => ask(false)}
        />
      )}
    </>
  )
}

/** Ends a running session, for both sides. */
export function EndSession({ session }: { session: Session }) {
  const say = words()
  const house = useHouse()
  const [asks, ask] = useState(false)
  const [reason, give] = useState('')
  const end = async () => {
    await house.api.send('POST', `/sessions/${session.id}/end`, reason.trim() ? { reason: reason.trim() } : {})
    announce(say.sessionEnded)
  }
  return (
    <>
      <button type="button" class="grave" onClick={() => ask(true)}>
        {say.endSession}
      </button>
      {asks && (
        <Question
          title={say.endThis}
          text={say.endMeans(clientOf(session), nameOf(house, session.employee_id))}
          answer={say.endSession}
          act={end}
          close={() => ask(false)}
        >
          <label>
            <span>{say.reason}</span>
            <input
              name="reason"
              dir="auto"
              maxLength={REASON_MAX}
              value={reason}
              onInput={(event) => give(event.currentTarget.value)}
            />
          </label>
        </Question>
      )}
    </>
  )
}
