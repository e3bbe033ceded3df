// An action that a person waits for: a button that is busy meanwhile, and the message if the action failed.
import { useState } from 'preact/hooks'
import type { ComponentChildren, JSX } from 'preact'
import { Refusal } from 'switchboard-client'
import { Problem } from '../person/api.js'
import { translated } from '../words/language.js'

const words = translated<Record<string, string>>({
  en: {
    other: 'Something went wrong. Try again.',
    no_answer: 'The server did not answer. Try again.',
    no_idle_employee: 'No one is free for this any more.',
    line_full: 'Too many people are waiting already. Try again later.',
    already_booked: 'You already have an open request.',
    booking_closed: 'This request is over.',
    offer_closed: 'This request is over.',
    session_ended: 'This session is over.',
    session_full: 'This session is full. End the session and start another.',
    forbidden: 'You do not have permission.',
    rate_limited: 'Too many requests. Wait a moment and try again.',
    overloaded: 'The server is busy. Try again in a moment.',
    unavailable: 'The server cannot save changes right now. Try again soon.',
    draining: 'The server is restarting. Try again in a moment.',
    unauthorized: 'You are signed out. Open this page again from your app.',
    changed: 'Someone else changed this. Check the values, then save again.',
  },
  de: {
    other: 'Das hat nicht geklappt. Bitte versuchen Sie es noch einmal.',
    no_answer: 'Der Server hat nicht geantwortet. Bitte versuchen Sie es noch einmal.',
    no_idle_employee: 'Dafür ist gerade niemand mehr frei.',
    line_full: 'Es warten schon zu viele. Versuchen Sie es später noch einmal.',
    already_booked: 'Sie haben bereits eine offene Anfrage.',
    booking_closed: 'Diese Anfrage ist vorbei.',
    offer_closed: 'Diese Anfrage ist vorbei.',
    session_ended: 'Dieses Gespräch ist vorbei.',
    session_full: 'In dieses Gespräch passt nichts mehr. Beenden Sie es, und beginnen Sie ein neues.',
    forbidden: 'Das dürfen Sie nicht.',
    rate_limited: 'Das war zu viel auf einmal. Bitte warten Sie einen Moment.',
    overloaded: 'Der Server ist sehr beschäftigt. Bitte versuchen Sie es gleich noch einmal.',
    unavailable: 'Der Server kann gerade nichts speichern. Bitte versuchen Sie es bald noch einmal.',
    draining: 'Der Server wird neu gestartet. Bitte versuchen Sie es gleich noch einmal.',
    unauthorized: 'Ihre Anmeldung ist abgelaufen. Öffnen Sie diese Seite erneut aus Ihrer App.',
    changed: 'Jemand hat das inzwischen geändert. Sehen Sie noch einmal nach, und ändern Sie von dort aus.',
  },
  ar: {
    other: 'لم ينجح ذلك. يُرجى المحاولة مرة أخرى.',
    no_answer: 'لم يُجب الخادم. يُرجى المحاولة مرة أخرى.',
    no_idle_employee: 'لم يعد أحد متاحًا لهذا الموضوع.',
    line_full: 'عدد المنتظرين كبير. حاول لاحقًا.',
    already_booked: 'لديك طلب مفتوح بالفعل.',
    booking_closed: 'انتهى هذا الطلب.',
    offer_closed: 'انتهى هذا الطلب.',
    session_ended: 'انتهت هذه الجلسة.',
    session_full: 'لم يعد في هذه الجلسة متسع. أنهِها وابدأ جلسة أخرى للمتابعة.',
    forbidden: 'لا يُسمح لك بذلك.',
    rate_limited: 'طلبات كثيرة دفعة واحدة. يُرجى الانتظار قليلًا.',
    overloaded: 'الخادم مشغول جدًا. يُرجى المحاولة بعد لحظات.',
    unavailable: 'لا يستطيع الخادم الحفظ الآن. يُرجى المحاولة بعد قليل.',
    draining: 'يُعاد تشغيل الخادم. يُرجى المحاولة بعد لحظات.',
    unauthorized: 'انتهى تسجيل دخولك. افتح هذه الصفحة من تطبيقك مرة أخرى.',
    changed: 'غيّر شخص آخر هذا في هذه الأثناء. انظر مرة أخرى ثم غيّر من هناك.',
  },
})

/** A sentence for a person about an error, in their language; the server's own message where no translation exists. */
export function sentenceOf(error: unknown): string {
  const said = words()
  if (!(error instanceof Refusal || error instanceof Problem)) return said['other'] ?? ''
  return said[error.reason] ?? (error.message || said['other'] || '')
}

/** Runs an action, one at a time; the error stays until the next try. */
export function useDoing(): { busy: boolean; error: string; run: (work: () => Promise<unknown>) => void } {
  const [busy, setBusy] = useState(false)
  const [error, setError] = useState('')
  const run = (work: () => Promise<unknown>) => {
    if (busy) return
    setBusy(true)
    setError('')
    work()
      .catch((caught: unknown) => setError(sentenceOf(caught)))
      .finally(() => setBusy(false))
  }
  return { busy, error, run }
}

/** A button whose action takes a while. It keeps the focus while busy, which a disabled button would lose. */
export function WorkButton({ busy, children, ...rest }: { busy: boolean; children: ComponentChildren } & JSX.IntrinsicElements['button']) {
  return (
    <button type="button" aria-busy={busy} {...rest}>
      {children}
    </button>
  )
}

/** The error message, if there is one. */
export function ErrorLine({ text }: { text: string }) {
  return (
    <div role="alert">{text && <p class="error">{text}</p>}</div>
  )
}
