// The one switch: whether the employee wants to be asked. What it says follows from the server, on all devices.
import type { Cause, EmployeeState, EmployeeTopic } from 'switchboard-client'
import { ErrorLine, useDoing } from '../look/doing.js'
import { Lamp } from '../look/lamp.js'
import { clock } from '../words/writing.js'
import { words } from './words.js'

/** The switch, with the status that follows from it. */
export function Switch({ state, topic }: { state: EmployeeState; topic: EmployeeTopic }) {
  const say = words()
  const { busy, error, run } = useDoing()
  const on = state.intent === 'idle'
  const flip = () => run(() => topic.setStatus(on ? 'offline' : 'idle'))
  return (
    <section class="switch card stack">
      <div class="row">
        <div class="grow">
          <h2 id="take">{say.take}</h2>
          <p class="row small wrap">
            <Lamp status={state.status} />
            <span class="soft">
              {say.since(clock(state.since))}
            </span>
          </p>
        </div>
        <button type="button" class="flip" role="switch" aria-checked={on} aria-labelledby="take" aria-busy={busy} onClick={flip}>
          <i />
        </button>
      </div>
      <Why state={state} />
      <ErrorLine text={error} />
    </section>
  )
}

function Why({ state }: { state: EmployeeState }) {
  const say = words()
  const { intent, status, cause } = state
  if (intent === 'offline' && status === 'busy') return <p class="small">{say.afterwards}</p>
  const text = intent === 'offline' && isNamed(cause) ? say.because[cause] : ''
  return text ? <p class="small">{text}</p> : null
}

function isNamed(cause: Cause | null): cause is 'missed' | 'set_by_admin' | 'connection_lost' {
  return cause === 'missed' || cause === 'set_by_admin' || cause === 'connection_lost'
}
