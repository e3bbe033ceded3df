// The alarm for an offer: a ring, a vibrating phone, a mark on the tab and a notification when the page is hidden.
import { useEffect, useRef } from 'preact/hooks'
import type { Offer } from 'switchboard-client'
import { useBeckoning } from '../look/attention.js'
import { clientOf, topicOf } from '../look/names.js'
import { ring } from '../look/sound.js'
import { wishes } from './settings.js'
import { words } from './words.js'

/** Rings as long as the component is shown: until the offer is answered or over. */
export function useAlarm(offer: Offer, accept: () => void, decline: () => void): void {
  const say = words()
  const answers = useRef({ accept, decline })
  answers.current = { accept, decline }
  useBeckoning({
    tag: offer.id,
    mark: say.request(topicOf(offer)),
    title: say.request(topicOf(offer)),
    body: say.from(clientOf(offer)),
    stays: true,
    rings: true,
    data: { offer: offer.id },
    actions: [
      { action: 'accept', title: say.accept },
      { action: 'decline', title: say.decline },
    ],
  })
  useEffect(() => {
    const silence = ring('offer', wishes.value.sound)
    const hear = ({ data }: MessageEvent) => {
      if (data?.offer !== offer.id) return
      if (data.answer === 'accept') answers.current.accept()
      if (data.answer === 'decline') answers.current.decline()
    }
    navigator.serviceWorker?.addEventListener('message', hear)
    return () => {
      silence()
      navigator.serviceWorker?.removeEventListener('message', hear)
    }
  }, [offer.id])
}
