// What makes an offer impossible to miss: a ring, a shaking phone, a notification when the page is hidden.
import { useEffect, useRef } from 'preact/hooks'
import type { Offer } from 'switchboard-client'
import { ring } from '../look/sound.js'
import { wishes } from './settings.js'
import { words } from './words.js'

/** Rings as long as it is used: until the offer is answered or over. */
export function useAlarm(offer: Offer, accept: () => void, decline: () => void): void {
  const answers = useRef({ accept, decline })
  answers.current = { accept, decline }
  useEffect(() => {
    const silence = ring('offer', wishes.value.sound)
    const takeDown = notify(offer)
    const hear = ({ data }: MessageEvent) => {
      if (data?.offer !== offer.id) return
      if (data.answer === 'accept') answers.current.accept()
      if (data.answer === 'decline') answers.current.decline()
    }
    navigator.serviceWorker?.addEventListener('message', hear)
    return () => {
      silence()
      navigator.serviceWorker?.removeEventListener('message', hear)
      takeDown()
    }
  }, [offer.id])
}

/** Shows a notification while nobody can see the page; gives what takes it down. */
function notify(offer: Offer): () => void {
  if (!wishes.value.notify || !document.hidden || !('Notification' in window) || Notification.permission !== 'granted') {
    return () => {}
  }
  const say = words()
  const options: NotificationOptions & { actions: { action: string; title: string }[] } = {
    body: say.from(offer.client_id),
    tag: offer.id,
    icon: '/icon.svg',
    requireInteraction: true,
    data: { offer: offer.id },
    actions: [
      { action: 'accept', title: say.accept },
      { action: 'decline', title: say.decline },
    ],
  }
  const registration = navigator.serviceWorker?.getRegistration('/desk')
  const shown = registration?.then((found) => found?.showNotification(say.request(offer.topic), options))
  return () => {
    void shown
      ?.then(() => registration)
      .then((found) => found?.getNotifications({ tag: offer.id }))
      .then((open) => open?.forEach((notification) => notification.close()))
      .catch(() => {})
  }
}
