// What the client's page says.
import type { BookingReason, EndedBy } from 'switchboard-client'
import { cardinalEnglish, ordinalEnglish } from '../words/english.js'
import { translated } from '../words/language.js'
import { number } from '../words/writing.js'

interface Words {
  readonly title: (company: string) => string
  readonly what: string
  readonly general: string
  readonly free: (count: number) => string
  readonly none: string
  readonly nobody: string
  readonly nobodyHow: string
  readonly question: string
  readonly optional: string
  readonly questionExample: string
  readonly ask: string
  readonly connecting: string
  readonly looking: string
  readonly asking: (nth: number, of: number) => string
  readonly askingOnly: string
  readonly waited: (time: string) => string
  readonly topic: (topic: string) => string
  readonly patience: string
  readonly cancel: string
  readonly ended: Readonly<Record<BookingReason, string>>
  readonly endedAway: string
  readonly over: (employee: string) => string
  readonly overBy: Readonly<Record<EndedBy, string>>
  readonly reason: (reason: string) => string
  readonly lasted: (time: string) => string
  readonly again: string
  readonly closed: string
  readonly closedHow: string
  readonly language: string
}

/** What the client's page says, in its language. */
export const words = translated<Words>({
  en: {
    title: (company) => `Talk to ${company}`,
    what: 'What is it about?',
    general: 'Anything',
    free: (count) => (count === 1 ? '1 free now' : `${number(count)} free now`),
    none: 'nobody free now',
    nobody: 'Nobody is free at the moment',
    nobodyHow: 'Leave this page open: it shows at once when somebody is.',
    question: 'Your question',
    optional: 'optional',
    questionExample: 'A sentence or two, so that we know what to prepare for.',
    ask: 'Ask now',
    connecting: 'Connecting…',
    looking: 'Looking for somebody for you',
    asking: (nth, of) => `Asking the ${ordinalEnglish(nth)} of ${cardinalEnglish(of)}`,
    askingOnly: 'Asking the only one who is free',
    waited: (time) => `Waiting for ${time}`,
    topic: (topic) => `Topic: ${topic}`,
    patience: 'Whoever is asked has a few seconds to answer. You need not do anything.',
    cancel: 'Cancel',
    ended: {
      everyone_declined: 'Nobody who is free could take it just now.',
      nobody_left: 'Nobody who was asked answered in time.',
      client_cancelled: 'You have cancelled.',
      client_lost: 'Your connection was away for too long, so the search has stopped.',
      deadline: 'The search took too long and was stopped.',
      closed_by_admin: 'The search was stopped by the company.',
    },
    endedAway: 'Your request ended while you were away.',
    over: (employee) => `Your session with ${employee} is over`,
    overBy: {
      client: 'You ended it.',
      employee: 'The other side ended it.',
      admin: 'The company ended it.',
      lost: 'The connection of one side was away for too long.',
    },
    reason: (reason) => `Reason: ${reason}`,
    lasted: (time) => `It lasted ${time}.`,
    again: 'Ask again',
    closed: 'This page leads nowhere',
    closedHow: 'There is no such company, or the page is not for you. Open it again from your app.',
    language: 'Language',
  },
  de: {
    title: (company) => `Gespräch mit ${company}`,
    what: 'Worum geht es?',
    general: 'Etwas anderes',
    free: (count) => `${number(count)} jetzt frei`,
    none: 'gerade niemand frei',
    nobody: 'Im Moment ist niemand frei',
    nobodyHow: 'Lassen Sie diese Seite offen: Sie zeigt sofort, wenn jemand frei wird.',
    question: 'Ihre Frage',
    optional: 'freiwillig',
    questionExample: 'Ein, zwei Sätze, damit wir uns vorbereiten können.',
    ask: 'Jetzt fragen',
    connecting: 'Verbindung wird hergestellt…',
    looking: 'Wir suchen jemanden für Sie',
    asking: (nth, of) => `Person ${number(nth)} von ${number(of)} wird gefragt`,
    askingOnly: 'Die einzige freie Person wird gefragt',
    waited: (time) => `Wartezeit ${time}`,
    topic: (topic) => `Thema: ${topic}`,
    patience: 'Wer gefragt wird, hat einige Sekunden für die Antwort. Sie müssen nichts tun.',
    cancel: 'Abbrechen',
    ended: {
      everyone_declined: 'Gerade konnte es niemand übernehmen.',
      nobody_left: 'Niemand hat rechtzeitig geantwortet.',
      client_cancelled: 'Sie haben abgebrochen.',
      client_lost: 'Ihre Verbindung war zu lange weg, daher wurde die Suche beendet.',
      deadline: 'Die Suche dauerte zu lange und wurde beendet.',
      closed_by_admin: 'Das Unternehmen hat die Suche beendet.',
    },
    endedAway: 'Ihre Anfrage ist zu Ende gegangen, während Sie weg waren.',
    over: (employee) => `Ihr Gespräch mit ${employee} ist vorbei`,
    overBy: {
      client: 'Sie haben es beendet.',
      employee: 'Die andere Seite hat es beendet.',
      admin: 'Das Unternehmen hat es beendet.',
      lost: 'Die Verbindung einer Seite war zu lange weg.',
    },
    reason: (reason) => `Grund: ${reason}`,
    lasted: (time) => `Es dauerte ${time}.`,
    again: 'Noch einmal fragen',
    closed: 'Diese Seite führt nirgendwohin',
    closedHow: 'Dieses Unternehmen gibt es nicht, oder die Seite ist nicht für Sie. Öffnen Sie sie erneut aus Ihrer App.',
    language: 'Sprache',
  },
  ar: {
    title: (company) => `تحدّث مع ${company}`,
    what: 'ما موضوعك؟',
    general: 'أي موضوع',
    free: (count) => `متاح الآن: ${number(count)}`,
    none: 'لا أحد متاح الآن',
    nobody: 'لا أحد متاح في هذه اللحظة',
    nobodyHow: 'اترك هذه الصفحة مفتوحة: ستُظهر فورًا عندما يتاح أحد.',
    question: 'سؤالك',
    optional: 'اختياري',
    questionExample: 'جملة أو جملتان لنعرف كيف نستعد.',
    ask: 'اطلب الآن',
    connecting: 'جارٍ الاتصال…',
    looking: 'نبحث لك عن شخص',
    asking: (nth, of) => `يُسأل الشخص ${number(nth)} من ${number(of)}`,
    askingOnly: 'يُسأل الشخص الوحيد المتاح',
    waited: (time) => `مدة الانتظار ${time}`,
    topic: (topic) => `الموضوع: ${topic}`,
    patience: 'لدى من يُسأل بضع ثوانٍ للرد. لا حاجة لأن تفعل شيئًا.',
    cancel: 'إلغاء',
    ended: {
      everyone_declined: 'لم يستطع أحد من المتاحين تولّي الطلب الآن.',
      nobody_left: 'لم يُجب أحد في الوقت المحدد.',
      client_cancelled: 'لقد ألغيت الطلب.',
      client_lost: 'انقطع اتصالك مدة طويلة، فتوقف البحث.',
      deadline: 'طال البحث فأُوقف.',
      closed_by_admin: 'أوقفت الشركة البحث.',
    },
    endedAway: 'انتهى طلبك أثناء غيابك.',
    over: (employee) => `انتهت جلستك مع ${employee}`,
    overBy: {
      client: 'أنهيتها أنت.',
      employee: 'أنهاها الطرف الآخر.',
      admin: 'أنهتها الشركة.',
      lost: 'انقطع اتصال أحد الطرفين مدة طويلة.',
    },
    reason: (reason) => `السبب: ${reason}`,
    lasted: (time) => `استغرقت ${time}.`,
    again: 'اطلب مرة أخرى',
    closed: 'هذه الصفحة لا تؤدي إلى شيء',
    closedHow: 'لا توجد شركة بهذا الاسم، أو أن الصفحة ليست لك. افتحها من تطبيقك مرة أخرى.',
    language: 'اللغة',
  },
})
