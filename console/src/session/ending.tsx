// The end of a session, with a confirmation, because it ends for both and cannot be undone.
import { useRef } from 'preact/hooks'
import type { SessionTopic } from 'switchboard-client'
import { ErrorLine, useDoing, WorkButton } from '../look/doing.js'
import { words } from './words.js'

/** The button and its confirmation. */
export function Ending({ topic }: { topic: SessionTopic }) {
  const say = words()
  const question = useRef<HTMLDialogElement>(null)
  const { busy, error, run } = useDoing()
  const end = () => run(async () => {
    await topic.end()
    question.current?.close()
  })
  return (
    <>
      <button type="button" class="grave end" onClick={() => question.current?.showModal()}>
        {say.end}
      </button>
      <dialog ref={question} aria-labelledby="end-ask" aria-describedby="end-how" class="end-question">
        <div class="stack">
          <h2 id="end-ask">{say.endAsk}</h2>
          <p id="end-how">{say.endHow}</p>
          <ErrorLine text={error} />
          <div class="row wrap">
            {/* The button that changes nothing has the focus. */}
            <button type="button" class="grow" onClick={() => question.current?.close()}>
              {say.endNo}
            </button>
            <WorkButton busy={busy} class="grow grave end-yes" onClick={end}>
              {say.endYes}
            </WorkButton>
          </div>
        </div>
      </dialog>
    </>
  )
}
