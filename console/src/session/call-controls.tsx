// The controls during a call: voice, picture, screen, devices, and the end of the call.
import { useEffect, useRef, useState } from 'preact/hooks'
import { Icon, type IconName } from '../look/icon.js'
import { callWords as words } from './call-words.js'
import {
  canChooseSpeaker,
  canShareScreen,
  choice,
  chooseDevice,
  devices,
  troubleOf,
  watchDevices,
  type DeviceKind,
} from './devices.js'
import type { OwnMedia } from './giving.js'
import type { Telephone } from './telephone.js'

/** The row of buttons. */
export function CallControls({ telephone }: { telephone: Telephone }) {
  const say = words()
  const { own } = telephone
  const [error, setError] = useState('')
  const { sound, picture } = own.giving.value
  const settings = useRef<HTMLDialogElement>(null)
  const run = (work: Promise<void>) => {
    setError('')
    work.catch((caught: unknown) => setError(say.noScreen[troubleOf(caught)]))
  }
  const showsScreen = picture === 'screen'
  const hasCamera = picture === 'camera'
  return (
    <>
      <div role="alert">{error && <p class="error small">{error}</p>}</div>
      <div class="call-controls" role="toolbar" aria-label={say.controls}>
        <Switch
          on={sound}
          label={sound ? say.mute : say.unmute}
          signs={['microphone', 'microphoneOff']}
          turn={(on) => run(own.mute(!on))}
        />
        <Switch
          on={hasCamera}
          label={hasCamera ? say.cameraOff : say.cameraOn}
          signs={['camera', 'cameraOff']}
          turn={(on) => run(own.camera(on))}
        />
        {canShareScreen() && (
          <Switch
            on={showsScreen}
            label={showsScreen ? say.screenOff : say.screenOn}
            signs={['screen', 'screen']}
            turn={(on) => run(own.screen(on))}
            isExtra
          />
        )}
        <button
          type="button"
          class="round"
          aria-label={say.settings}
          title={say.settings}
          onClick={() => settings.current?.showModal()}
        >
          <Icon name="settings" />
        </button>
        <button
          type="button"
          class="round hang-up"
          aria-label={say.hangUp}
          title={say.hangUp}
          onClick={() => telephone.hangUp()}
        >
          <Icon name="hangUp" />
        </button>
      </div>
      <dialog ref={settings} class="device-choice" aria-labelledby="device-choice">
        <DeviceChoice own={own} close={() => settings.current?.close()} />
      </dialog>
    </>
  )
}

/**
 * A switch whose label names the effect of a press. An `isExtra` switch is highlighted when on, the others when off.
 */
function Switch({ on, label, signs, turn, isExtra = false }: {
  on: boolean
  label: string
  signs: readonly [IconName, IconName]
  turn: (on: boolean) => void
  isExtra?: boolean
}) {
  const marked = isExtra ? (on ? ' is-on' : '') : on ? '' : ' is-off'
  return (
    <button type="button" class={`round${marked}`} aria-label={label} title={label} onClick={() => turn(!on)}>
      <Icon name={signs[on ? 0 : 1]} />
    </button>
  )
}

function DeviceChoice({ own, close }: { own: OwnMedia; close: () => void }) {
  const say = words()
  useEffect(watchDevices, [])
  const kinds: readonly DeviceKind[] = ['microphone', 'camera', ...(canChooseSpeaker() ? (['speaker'] as const) : [])]
  const choose = (kind: DeviceKind, id: string) => {
    chooseDevice(kind, id)
    if (kind !== 'speaker') void own.reopen(kind)
  }
  return (
    <div class="stack">
      <h2 id="device-choice">{say.settings}</h2>
      {kinds.map((kind) => (
        <label key={kind}>
          <span>{say.device[kind]}</span>
          <select value={inUse(kind, own)} onChange={(event) => choose(kind, event.currentTarget.value)}>
            {devices.value[kind].length === 0 && <option value="">{say.noDevice}</option>}
            {devices.value[kind].map(({ id, name }, place) => (
              <option key={id} value={id}>
                {name || `${say.device[kind]} ${place + 1}`}
              </option>
            ))}
          </select>
        </label>
      ))}
      <button type="button" class="act" onClick={close}>
        {say.done}
      </button>
    </div>
  )
}

/** The device in use, or else the chosen one. */
function inUse(kind: DeviceKind, own: OwnMedia): string {
  const picture = own.giving.value.picture === 'camera' ? own.picture.value : null
  const track = kind === 'microphone' ? own.sound.value : kind === 'camera' ? picture : null
  const all = devices.value[kind]
  const wanted = track?.getSettings().deviceId ?? choice.value[kind]
  return all.find(({ id }) => id === wanted)?.id ?? all[0]?.id ?? ''
}
