// Settings of this device, which keeps them: ringing, notifications and language.
import { effect, signal } from '@preact/signals'
import { useRef } from 'preact/hooks'
import { keep, recall } from '../kept.js'
import { may } from '../look/attention.js'
import { Icon } from '../look/icon.js'
import { answerKeys, KEYS_AT_FIRST, type AnswerKeys } from '../look/keys.js'
import { LanguageChoice } from '../look/language-choice.js'
import { ring } from '../look/sound.js'
import { words } from './words.js'

interface Wishes {
  readonly sound: boolean
  readonly notify: boolean
  /** The letters that answer an offer or a call, anywhere on the page. */
  readonly keys: AnswerKeys
  /** Whether the employee has answered the question about notifications. */
  readonly asked: boolean
}

const KEPT_AS = 'desk'
const AT_FIRST: Wishes = { sound: true, notify: false, keys: KEYS_AT_FIRST, asked: false }
const TRIED_FOR_MS = 2_500

/** The settings of this device. */
export const wishes = signal<Wishes>({ ...AT_FIRST, ...(recall('on-device', KEPT_AS) as Partial<Wishes>) })

// Calls and messages use the same settings as offers, and calls the same keys.
effect(() => {
  const { sound: aloud, notify, keys } = wishes.value
  may.value = { aloud, notify }
  answerKeys.value = { ...keys, anywhere: true }
})

function wish(changed: Partial<Wishes>) {
  wishes.value = { ...wishes.value, ...changed }
  keep('on-device', KEPT_AS, wishes.value)
}

/** The button for the settings, and their dialog. */
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
          <Keys />
          <label>
            <span>{say.language}</span>
            <LanguageChoice />
          </label>
          <form method="dialog" class="in-sight">
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
  const isBlocked = permission.value === 'denied'
  return (
    <label class="row">
      <input
        type="checkbox"
        checked={wishes.value.notify && permission.value === 'granted'}
        disabled={isBlocked}
        onChange={(event) => void wantNotifications(event.currentTarget.checked)}
      />
      <span>{isBlocked ? say.notifyBlocked : say.notify}</span>
    </label>
  )
}

const permission = signal<NotificationPermission>('Notification' in window ? Notification.permission : 'denied')

async function wantNotifications(wanted: boolean): Promise<void> {
  if (wanted && permission.value === 'default') permission.value = await Notification.requestPermission()
  wish({ notify: wanted && permission.value === 'granted', asked: true })
}

/** Asks once, in plain sight, whether this device may notify; shows nothing if that is decided. */
export function AskToNotify() {
  const say = words()
  if (permission.value === 'denied' || wishes.value.notify || wishes.value.asked) return null
  return (
    <div class="ask-notify row wrap">
      <p class="grow small">{say.notifyAsk}</p>
      <button type="button" class="small" onClick={() => void wantNotifications(true)}>
        <Icon name="bell" />
        {say.notify}
      </button>
      <button type="button" class="plain small" onClick={() => wish({ asked: true })}>
        {say.notNow}
      </button>
    </div>
  )
}

/** The letters that answer: the default ones, others, or none. */
function Keys() {
  const say = words()
  const { keys } = wishes.value
  const change = (changed: Partial<Wishes['keys']>) => wish({ keys: { ...keys, ...changed } })
  const letter = (which: 'accept' | 'decline', other: string) => (
    <label class="letter">
      <span class="small">{say[which]}</span>
      <input
        value={keys[which]}
        maxLength={1}
        autocapitalize="characters"
        autocomplete="off"
        onInput={({ currentTarget }) => {
          const typed = currentTarget.value.toUpperCase()
          if (/^[A-Z]$/.test(typed) && typed !== other) change({ [which]: typed })
          else if (typed !== '') currentTarget.value = keys[which]
        }}
        onBlur={({ currentTarget }) => (currentTarget.value = keys[which])}
      />
    </label>
  )
  return (
    <div class="row wrap">
      <label class="row grow">
        <input type="checkbox" checked={keys.on} onChange={(event) => change({ on: event.currentTarget.checked })} />
        <span>{say.answerByKeys}</span>
      </label>
      {keys.on && letter('accept', keys.decline)}
      {keys.on && letter('decline', keys.accept)}
    </div>
  )
}
