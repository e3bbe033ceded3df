// The call as shown on the page: the caller, both pictures, and the controls.
import { useEffect, useRef } from 'preact/hooks'
import { useBeckoning, type News } from '../look/attention.js'
import { ErrorLine } from '../look/doing.js'
import { Icon } from '../look/icon.js'
import { answerKeys, isField, shortcut, useKeys } from '../look/keys.js'
import { useNow } from '../look/live.js'
import { announce } from '../look/page.js'
import { running } from '../words/writing.js'
import { canMove, isUnderway, type CallState } from './call.js'
import { callWords as words } from './call-words.js'
import { CallControls } from './call-controls.js'
import { Cord } from './cord.js'
import { OwnPicture, RemotePicture } from './pictures.js'
import type { Telephone } from './telephone.js'
import './call.css'

interface Props {
  telephone: Telephone
  other: string
}

/** The call's part of the session; hidden while there is no call. */
export function CallStage({ telephone, other }: Props) {
  const state = telephone.state.value
  const place = useKeptFocus(state)
  useTold(state, other)
  useBeckoning(state.is === 'ringing' ? calledBy(state, other) : undefined)
  const isOn = isUnderway(state)
  const hasPicture = isOn && (telephone.given.value.picture !== 'none' || telephone.own.picture.value !== null)
  return (
    <section
      ref={place}
      class={hasPicture ? 'call has-picture' : 'call'}
      data-call={state.is}
      aria-label={words().call}
      tabIndex={-1}
      hidden={state.is === 'none'}
    >
      {isOn && <RemotePicture telephone={telephone} />}
      <Sign state={state} telephone={telephone} other={other} />
      <OwnPicture own={telephone.own} />
      {state.is !== 'none' && <Troubles telephone={telephone} />}
      <Choices state={state} telephone={telephone} />
    </section>
  )
}

function calledBy(state: CallState & { is: 'ringing' }, other: string): News {
  const title = `${other} ${sentenceOf(state, other)}`
  return { tag: `call ${state.id}`, mark: title, title, body: '', stays: true, rings: true }
}

/** The buttons that begin a call, at the upper edge; shown while there is no call. */
export function CallButtons({ telephone }: { telephone: Telephone }) {
  const say = words()
  const state = telephone.state.value
  // A call on another device of the same person goes on there; a new call would disturb it.
  if ((state.is !== 'none' && state.is !== 'ended') || canMove(state)) return null
  const button = (video: boolean, label: string) => (
    <button type="button" class="round" aria-label={label} title={label} onClick={() => telephone.ring(video)}>
      <Icon name={video ? 'camera' : 'call'} />
    </button>
  )
  return (
    <div class="row call-begin">
      {button(false, say.byVoice)}
      {button(true, say.byVideo)}
    </div>
  )
}

function Sign({ state, telephone, other }: Props & { state: CallState }) {
  const say = words()
  const given = telephone.given.value
  return (
    <div class="call-sign">
      <Cord state={state.is} />
      <p class="call-name">
        <bdi>{other}</bdi>
      </p>
      <p class="call-says">
        {sentenceOf(state, other)}
        {state.is === 'talking' && state.since !== undefined && <Duration since={state.since} />}
        {state.is === 'talking' && !given.sound && (
          <span class="call-muted">
            <Icon name="microphoneOff" />
            {say.otherMuted}
          </span>
        )}
      </p>
    </div>
  )
}

function Duration({ since }: { since: number }) {
  useNow(1000)
  return <span class="figure">{running(Date.now() - since)}</span>
}

function Choices({ state, telephone }: { state: CallState; telephone: Telephone }) {
  const say = words()
  switch (state.is) {
    case 'none':
      return null
    case 'calling':
    case 'moving':
      return (
        <div class="call-choices">
          <button type="button" class="hang-up" onClick={() => telephone.hangUp()}>
            <Icon name="hangUp" />
            {say.hangUp}
          </button>
        </div>
      )
    case 'ringing':
      return <Answers state={state} telephone={telephone} />
    case 'ended':
      return (
        <div class="call-choices">
          <button type="button" onClick={() => telephone.dismiss()}>
            {say.close}
          </button>
          {canMove(state) ? (
            <button type="button" class="act" onClick={() => telephone.move()}>
              <Icon name="call" />
              {say.moveHere}
            </button>
          ) : (
            <button type="button" class="act" onClick={() => telephone.ring(state.video)}>
              <Icon name={state.video ? 'camera' : 'call'} />
              {say.callAgain}
            </button>
          )}
        </div>
      )
    case 'connecting':
    case 'talking':
    case 'reconnecting':
      return <CallControls telephone={telephone} />
  }
}

/** Accepts or declines a ringing call, also by keys. A key never turns the camera on. */
function Answers({ state, telephone }: { state: CallState & { is: 'ringing' }; telephone: Telephone }) {
  const say = words()
  const { on, accept, decline, anywhere } = answerKeys.value
  const answers = { [accept]: () => telephone.answer(false), [decline]: () => telephone.decline() }
  useKeys(state.id, on ? answers : {}, anywhere ? undefined : '.call')
  return (
    <div class="call-choices">
      <button type="button" class="hang-up decline" onClick={() => telephone.decline()} {...shortcut(on, decline)}>
        <Icon name="hangUp" />
        {say.decline}
      </button>
      <button
        type="button" class={state.video ? 'answer' : 'answer act'} onClick={() => telephone.answer(false)}
        {...shortcut(on, accept)}
      >
        <Icon name="call" />
        {say.answer}
      </button>
      {state.video && (
        <button type="button" class="answer-video act" onClick={() => telephone.answer(true)}>
          <Icon name="camera" />
          {say.answerVideo}
        </button>
      )}
      {on && <p class={anywhere ? 'small keys' : 'small keys is-within'}>{say.keys(accept, decline)}</p>}
    </div>
  )
}

/** The devices that this person's browser refuses, with advice; the call goes on. */
function Troubles({ telephone }: { telephone: Telephone }) {
  const say = words()
  const { sound, picture } = telephone.own.missing.value
  return <ErrorLine text={[sound && say.noSound[sound], picture && say.noPicture[picture]].filter(Boolean).join(' ')} />
}

function sentenceOf(state: CallState, other: string): string {
  const say = words()
  switch (state.is) {
    case 'none':
    case 'talking':
      return ''
    case 'calling':
      return say.calling
    case 'ringing':
      return state.video ? say.ringsVideo : say.rings
    case 'moving':
    case 'connecting':
      return say.connecting
    case 'reconnecting':
      return say.reconnecting
    case 'ended':
      return say.ended[state.why](other)
  }
}

/** Announces each change once to screen readers; a ring interrupts. */
function useTold(state: CallState, other: string): void {
  const before = useRef(state.is)
  useEffect(() => {
    if (before.current === state.is) return
    const wasOn = before.current !== 'none'
    before.current = state.is
    const turned = state.is === 'none' && wasOn ? words().over : sentenceOf(state, other)
    const said = state.is === 'talking' ? words().talking : turned
    const { on, accept, decline, anywhere } = answerKeys.value
    const keys = on && anywhere ? `. ${words().keys(accept, decline)}` : ''
    if (said) announce(state.is === 'ringing' ? `${other}: ${said}${keys}` : said, state.is === 'ringing')
  }, [state.is])
}

/** Moves the focus when the focused button disappears: to the call, or to the button that begins the next call. */
function useKeptFocus(state: CallState) {
  const place = useRef<HTMLElement>(null)
  const had = useRef(false)
  useEffect(() => {
    const look = () => {
      const { activeElement } = document
      if (activeElement && activeElement !== document.body) had.current = !!activeElement.closest('.call, .call-begin')
    }
    document.addEventListener('focusin', look)
    return () => document.removeEventListener('focusin', look)
  }, [])
  useEffect(() => {
    // The focus moves to a ringing call, so that its keys work, unless the person is writing; an empty box does not
    // count.
    const isWriting = isField(document.activeElement) && document.activeElement.value !== ''
    if (state.is === 'ringing' && !isWriting) place.current?.focus({ preventScroll: true })
  }, [state.is])
  useEffect(() => {
    if (!had.current || (document.activeElement !== document.body && document.activeElement !== null)) return
    const begin = place.current?.closest('.consultation')?.querySelector<HTMLElement>('.call-begin button')
    const next = state.is === 'none' ? begin : (place.current?.querySelector<HTMLElement>('.hang-up') ?? place.current)
    next?.focus()
  }, [state.is])
  return place
}
