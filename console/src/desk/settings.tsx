// What this device shall do: ring, notify, and in which language. Kept on this device.
import { signal } from '@preact/signals'
import { useRef, useState } from 'preact/hooks'
import { keep, recall } from '../kept.js'
import { Icon } from '../look/icon.js'
import { LanguageChoice } from '../look/language-choice.js'
import { ring } from '../look/sound.js'
import { words } from './words.js'

interface Wishes {
  readonly sound: boolean
  readonly notify: boolean
}

const KEPT_AS = 'desk'
const AT_FIRST: Wishes = { sound: true, notify: false }
const TRIED_FOR_MS = 2_500

/** What this device shall do. */
export const wishes = signal<Wishes>({ ...AT_FIRST, ...(recall('on-device', KEPT_AS) as Partial<Wishes>) })

function wish(changed: Partial<Wishes>) {
  wishes.value = { ...wishes.value, ...changed }
  keep('on-device', KEPT_AS, wishes.value)
}

/** The button, and the dialog behind it. */
export function DeviceSettings() {
  const say = words()
  const dialog = useRef<HTMLDialogElement>(null)
  return (
    <>
      <button type="button" class="plain round" aria-label={say.settings} onClick={() => dialog.current?.showModal()}>
        <Icon name="settings" />
      </button>
      <dialog ref={dialog} aria-labelledby="settings">
        <div class="stack">
          <h2 id="settings">{say.settings}</h2>
          <Sound />
          <Notify />
          <label>
            <span>{say.language}</span>
            <LanguageChoice />
          </label>
          <form method="dialog">
            <button class="act">{say.close}</button>
          </form>
        </div>
      </dialog>
    </>
  )
}

function Sound() {
  const say = words()
  const tryIt = () => setTimeout(ring('offer'), TRIED_FOR_MS)
  return (
    <div class="row wrap">
      <label class="row grow">
        <input type="checkbox" checked={wishes.value.sound} onChange={(event) => wish({ sound: event.currentTarget.checked })} />
        <span>{say.sound}</span>
      </label>
      <button type="button" onClick={tryIt}>
        <Icon name="bell" />
        {say.try}
      </button>
    </div>
  )
}

function Notify() {
  const say = words()
  const [permission, setPermission] = useState('Notification' in window ? Notification.permission : 'denied')
  const ask = async (wanted: boolean) => {
    const answer = wanted && permission === 'default' ? await Notification.requestPermission() : permission
    setPermission(answer)
    wish({ notify: wanted && answer === 'granted' })
  }
  return (
    <label class="row">
      <input
        type="checkbox"
        checked={wishes.value.notify && permission === 'granted'}
        disabled={permission === 'denied'}
        onChange={(event) => void ask(event.currentTarget.checked)}
      />
      <span>{permission === 'denied' ? say.notifyBlocked : say.notify}</span>
    </label>
  )
}
