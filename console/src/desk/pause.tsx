// A pause: its reasons and lengths in a dialog, and the time that is left of one.
import { useRef, useState } from 'preact/hooks'
import type { EmployeeState, EmployeeTopic } from 'switchboard-client'
import { ErrorLine, useDoing, WorkButton } from '../look/doing.js'
import { Icon } from '../look/icon.js'
import { useNow } from '../look/live.js'
import { number, running } from '../words/writing.js'
import { words } from './words.js'

const MINUTES = [10, 20, 30] as const
const MINUTE_MS = 60_000
/** Reasons that the server gives itself. They are no pauses that the employee has begun. */
const OF_SERVER: readonly (string | null)[] = ['missed', 'lapsed']

/** Whether the employee has paused, and may come back. */
export function isPaused({ intent, pause }: EmployeeState): boolean {
  return intent === 'offline' && pause !== null && (pause.until !== null || !OF_SERVER.includes(pause.reason))
}

/** The button beside the switch, and the dialog with the reasons and the lengths. */
export function PauseButton({ state, topic }: { state: EmployeeState; topic: EmployeeTopic }) {
  const say = words()
  const dialog = useRef<HTMLDialogElement>(null)
  const [reason, setReason] = useState<string>()
  const { busy, error, run } = useDoing()
  const { pause_reasons } = state
  const pause = (minutes?: number) =>
    run(async () => {
      // A pause without a time needs a reason, because it would be `offline` without one.
      await topic.pause({ ...(reason && { reason }), ...(minutes && { for_ms: minutes * MINUTE_MS }) })
      dialog.current?.close()
    })
  return (
    <>
      <button type="button" class="plain round" aria-label={say.pause} onClick={() => dialog.current?.showModal()}>
        <Icon name="pause" />
      </button>
      <dialog ref={dialog} class="pausing" aria-labelledby="pause">
        <div class="stack">
          <div>
            <h2 id="pause">{say.pause}</h2>
            <p class="soft small">{say.pauseHow}</p>
          </div>
          {pause_reasons.length > 0 && (
            <fieldset>
              <legend>{say.pauseWhy}</legend>
              <div class="choices reasons">
                {pause_reasons.map((one) => (
                  <button key={one} type="button" aria-pressed={one === reason} onClick={() => setReason(one === reason ? undefined : one)}>
                    <bdi>{one}</bdi>
                  </button>
                ))}
              </div>
            </fieldset>
          )}
          <fieldset>
            <legend>{say.pauseLength}</legend>
            <div class="choices">
              {MINUTES.map((minutes) => (
                <WorkButton key={minutes} class="act" busy={busy} onClick={() => pause(minutes)}>
                  {say.minutes(number(minutes))}
                </WorkButton>
              ))}
              {reason !== undefined && (
                <WorkButton busy={busy} onClick={() => pause()}>
                  {say.untilBack}
                </WorkButton>
              )}
            </div>
          </fieldset>
          <ErrorLine text={error} />
          <form method="dialog" class="in-sight">
            <button>{say.close}</button>
          </form>
        </div>
      </dialog>
    </>
  )
}

/** The pause that goes on, with its reason, the time that is left, and the way back. */
export function Paused({ state, topic }: { state: EmployeeState; topic: EmployeeTopic }) {
  const say = words()
  const { pause, pause_ends_at } = state
  const { busy, error, run } = useDoing()
  return (
    <section class="waiting paused arrives" aria-labelledby="paused">
      <h2 id="paused">
        {pause?.reason ? <bdi>{pause.reason}</bdi> : say.pause} {pause_ends_at !== null && <TimeLeft endsAt={pause_ends_at} />}
      </h2>
      <p class="soft">{pause_ends_at === null ? say.pausedOpen : say.paused}</p>
      <WorkButton class="act" busy={busy} onClick={() => run(() => topic.setStatus('idle'))}>
        {say.amBack}
      </WorkButton>
      <ErrorLine text={error} />
    </section>
  )
}

/** The rest after an offer that was declined or missed, and the way out of it. */
export function Resting({ endsAt, topic }: { endsAt: number; topic: EmployeeTopic }) {
  const say = words()
  const { busy, error, run } = useDoing()
  return (
    <section class="waiting resting arrives" aria-labelledby="resting">
      <h2 id="resting">
        {say.resting} <TimeLeft endsAt={endsAt} />
      </h2>
      <p class="soft">{say.restingHow}</p>
      <WorkButton class="act" busy={busy} onClick={() => run(() => topic.finish())}>
        {say.readyNow}
      </WorkButton>
      <ErrorLine text={error} />
    </section>
  )
}

/** A time that runs down, by this device's monotonic clock. */
export function TimeLeft({ endsAt }: { endsAt: number }) {
  return (
    <span class="figure">
      {running(endsAt - useNow(250) + 999)}
    </span>
  )
}
