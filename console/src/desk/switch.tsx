// The switch for the employee's intent. Its state comes from the server, on all devices.
import { useState } from 'preact/hooks'
import type { Cause, EmployeeState, EmployeeTopic } from 'switchboard-client'
import { ErrorLine, useDoing } from '../look/doing.js'
import { Lamp } from '../look/lamp.js'
import { clock } from '../words/writing.js'
import { words } from './words.js'

/** The employee, the company, the status, and the switch; always in the same place. */
export function Switch({ name, company, state, topic }: {
  name: string
  /** The company's name, once known. */
  company: string | undefined
  state: EmployeeState | undefined
  topic: EmployeeTopic
}) {
  return (
    <section class="switch">
      <div class="who">
        <div class="whose">
          <h1>
            <bdi>{name}</bdi>
          </h1>
          <p class="company soft small" title={company}>
            <bdi>{company}</bdi>
          </p>
        </div>
        {state && <Status state={state} />}
      </div>
      {state && <Flip state={state} topic={topic} />}
    </section>
  )
}

function Status({ state }: { state: EmployeeState }) {
  return (
    <p class="row small">
      {state.wrap_up_ends_at === null ? <Lamp status={state.status} /> : <Lamp status={state.status} word={words().wrapUp} />}
      <span class="soft since">{words().since(clock(state.since))}</span>
    </p>
  )
}

function Flip({ state, topic }: { state: EmployeeState; topic: EmployeeTopic }) {
  const { busy, error, run } = useDoing()
  const [wanted, setWanted] = useState(false)
  // The switch moves at once, and is pale until the server has confirmed.
  const on = busy ? wanted : state.intent === 'idle'
  const flip = () => {
    if (busy) return
    setWanted(!on)
    run(() => topic.setStatus(on ? 'offline' : 'idle'))
  }
  return (
    <>
      <span class="take small" id="take">
        {words().take}
      </span>
      <button type="button" class="flip" role="switch" aria-checked={on} aria-labelledby="take" aria-busy={busy} onClick={flip}>
        <i />
      </button>
      <Why state={state} />
      <ErrorLine text={error} />
    </>
  )
}

function Why({ state }: { state: EmployeeState }) {
  const say = words()
  const { intent, status, cause } = state
  if (intent === 'offline' && status === 'busy' && state.session) return <p class="small why">{say.afterwards}</p>
  const text = intent === 'offline' && isNamed(cause) ? say.because[cause] : ''
  return text ? <p class="small why">{text}</p> : null
}

function isNamed(cause: Cause | null): cause is 'missed' | 'set_by_admin' | 'connection_lost' {
  return cause === 'missed' || cause === 'set_by_admin' || cause === 'connection_lost'
}
