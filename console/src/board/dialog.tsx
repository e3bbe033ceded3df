// A native dialog over the wall, and the confirmation before actions that cannot be undone.
import { useEffect, useId, useRef } from 'preact/hooks'
import type { ComponentChildren } from 'preact'
import { ErrorLine, useDoing, WorkButton } from '../look/doing.js'
import { Icon } from '../look/icon.js'
import { words } from './words.js'
import './dialog.css'

/**
 * A dialog that opens when it is drawn. `close` is called once it has closed; the focus then returns to its former
 * place.
 */
export function Dialog({ title, name, close, children }: {
  title: ComponentChildren
  name: string
  close: () => void
  children: (shut: () => void) => ComponentChildren
}) {
  const place = useRef<HTMLDialogElement>(null)
  const id = useId()
  const shut = () => place.current?.close()
  // A press on the backdrop arrives as a press on the dialog itself.
  const pressed = (event: MouseEvent) => {
    if (place.current && event.target === place.current && isBeside(event, place.current)) shut()
  }
  useEffect(() => {
    const dialog = place.current
    const cameFrom = document.activeElement
    dialog?.showModal()
    return () => {
      dialog?.close()
      if (cameFrom instanceof HTMLElement && cameFrom.isConnected) cameFrom.focus({ preventScroll: true })
    }
  }, [])
  return (
    <dialog class={`over over-${name}`} ref={place} aria-labelledby={id} onClose={close} onClick={pressed}>
      <header class="row over-head">
        <h2 class="grow" id={id} tabIndex={-1} autofocus>
          {title}
        </h2>
        <button type="button" class="plain round" aria-label={words().close} onClick={shut}>
          <Icon name="decline" />
        </button>
      </header>
      {children(shut)}
    </dialog>
  )
}

/** Asks for confirmation, and then runs `act`. */
export function Question({ title, text, answer, act, close, children }: {
  title: string
  text: string
  answer: string
  act: () => Promise<unknown>
  close: () => void
  children?: ComponentChildren
}) {
  const { busy, error, run } = useDoing()
  return (
    <Dialog title={title} name="question" close={close}>
      {(shut) => (
        <form class="stack" onSubmit={(event) => {
          event.preventDefault()
          run(() => act().then(shut))
        }}>
          <p>{text}</p>
          {children}
          <ErrorLine text={error} />
          <div class="row wrap over-foot in-sight">
            <WorkButton type="submit" class="grave" busy={busy}>
              {answer}
            </WorkButton>
            <button type="button" onClick={shut}>
              {words().leaveIt}
            </button>
          </div>
        </form>
      )}
    </Dialog>
  )
}

function isBeside({ clientX, clientY }: MouseEvent, dialog: HTMLElement): boolean {
  const box = dialog.getBoundingClientRect()
  return clientX < box.left || clientX > box.right || clientY < box.top || clientY > box.bottom
}
