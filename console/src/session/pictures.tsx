// The two pictures of a call: the peer's with their voice, and one's own, small.
import { useEffect, useRef, useState } from 'preact/hooks'
import { choice } from './devices.js'
import { callWords as words } from './call-words.js'
import type { OwnMedia } from './giving.js'
import type { Telephone } from './telephone.js'

/** The peer's voice, and their picture while they send one. */
export function RemotePicture({ telephone }: { telephone: Telephone }) {
  const say = words()
  const { sound, picture } = telephone.received.value
  const given = telephone.given.value.picture
  const [isSilent, setSilent] = useState(false)
  const video = useRef<HTMLVideoElement>(null)
  const play = () => {
    // Browsers keep a page silent before a gesture, as after a reload.
    const started = video.current?.play()
    started?.then(() => setSilent(false)).catch((error: unknown) => setSilent(isNotAllowed(error)))
  }
  // A picture that sends no data would delay the voice in some browsers.
  const shown = given === 'none' ? null : picture
  useEffect(() => {
    const tracks = [sound, shown].filter((track) => track !== null)
    if (!video.current || tracks.length === 0) return
    video.current.srcObject = new MediaStream(tracks)
    play()
  }, [sound, shown])
  useSpeaker(video)
  return (
    <>
      <video ref={video} class={`remote is-${given}`} autoPlay playsInline aria-label={say.theirs} />
      {isSilent && (
        <button type="button" class="act call-silent" onClick={play}>
          {say.soundOn}
        </button>
      )}
    </>
  )
}

/** One's own picture, mirrored; a screen is not mirrored. */
export function OwnPicture({ own }: { own: OwnMedia }) {
  const video = useRef<HTMLVideoElement>(null)
  const picture = own.picture.value
  useEffect(() => {
    if (video.current) video.current.srcObject = picture && new MediaStream([picture])
  }, [picture])
  const is = own.giving.value.picture
  const label = words().mine
  return <video ref={video} class={`own is-${is}`} autoPlay playsInline muted hidden={!picture} aria-label={label} />
}

function useSpeaker(video: { readonly current: HTMLVideoElement | null }): void {
  const speaker = choice.value.speaker
  useEffect(() => {
    const element = video.current
    // For an unplugged speaker the browser's default takes over.
    if (speaker === undefined || !element || !('setSinkId' in element)) return
    void element.setSinkId(speaker).catch(() => element.setSinkId(''))
  }, [speaker])
}

function isNotAllowed(error: unknown): boolean {
  return error instanceof DOMException && error.name === 'NotAllowedError'
}
