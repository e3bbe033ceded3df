// The strip that says that the connection is lost, and that no input is.
import type { Switchboard } from 'switchboard-client'
import { translated } from '../words/language.js'
import { useLine } from './live.js'
import './line.css'

const words = translated({
  en: {
    lost: 'No connection. Reconnecting… Nothing you wrote is lost.',
    refused: 'You are signed out. Open this page again from your app.',
  },
  de: {
    lost: 'Keine Verbindung. Sie kommt von selbst zurück, und nichts Geschriebenes geht verloren.',
    refused: 'Ihre Anmeldung ist abgelaufen. Öffnen Sie diese Seite erneut aus Ihrer App.',
  },
  ar: {
    lost: 'لا يوجد اتصال. سيعود تلقائيًا، ولن يضيع شيء مما كتبته.',
    refused: 'تم تسجيل خروجك. افتح هذه الصفحة من تطبيقك مرة أخرى.',
  },
})

/** Shown while the connection is not open, except during the first attempt to connect. */
export function LineStrip({ switchboard }: { switchboard: Switchboard }) {
  const line = useLine(switchboard)
  const text = line === 'refused' ? words().refused : line === 'lost' ? words().lost : ''
  return (
    <div class="line-strip" role="status" data-line={line}>
      {text && <p>{text}</p>}
    </div>
  )
}
