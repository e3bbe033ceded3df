// The texts of the client's page.
import type { BookingReason, EndedBy } from 'switchboard-client'
import { cardinalEnglish, ordinalEnglish } from '../words/english.js'
import { translated } from '../words/language.js'
import { number } from '../words/writing.js'
import type { Range } from './range.js'

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
  readonly isAsking: string
  readonly goesOutLater: string
  readonly chooseTopic: string
  readonly nobodyFor: string
  readonly nobodyAnyMore: string
  readonly room: (left: string) => string
  readonly tooLong: (over: string) => string
  readonly seek: string
  readonly noSuchTopic: string
  readonly somebodyFree: string
  readonly tellMe: string
  readonly connecting: string
  readonly looking: string
  readonly asking: (nth: number, of: number) => string
  readonly askingOnly: string
  readonly line: (waiting: number) => string
  readonly askAndWait: string
  readonly lineFull: string
  readonly place: (place: number) => string
  readonly placeShort: (place: number) => string
  readonly inAbout: (range: Range) => string
  readonly onDuty: (count: number) => string
  readonly stay: string
  readonly leave: string
  readonly waited: (time: string) => string
  readonly topic: (topic: string) => string
  readonly patience: string
  readonly cancel: string
  readonly stopsLater: string
  readonly cancelledTooLate: string
  readonly accepted: (employee: string) => string
  readonly notFound: string
  readonly ended: Readonly<Record<BookingReason, string>>
  readonly endedAway: string
  readonly over: (employee: string) => string
  readonly overBy: (who: EndedBy, employee: string) => string
  readonly reason: (reason: string) => string
  readonly lasted: (time: string) => string
  readonly chat: string
  readonly you: string
  readonly readingChat: string
  readonly chatForgotten: string
  readonly copy: string
  readonly copied: string
  readonly copyFailed: string
  readonly print: string
  readonly again: string
  readonly closed: string
  readonly closedHow: string
  readonly language: string
}

/** The texts of the client's page, in the chosen language. */
export const words = translated<Words>({
  en: {
    title: (company) => `Talk to ${company}`,
    what: 'Choose a topic',
    general: 'Anything',
    free: (count) => (count === 1 ? '1 free now' : `${number(count)} free now`),
    none: 'no one free now',
    nobody: 'No one is free right now',
    nobodyHow: 'Keep this page open: it updates when someone is free.',
    question: 'Your question',
    optional: 'optional',
    questionExample: 'A sentence or two, so that we can prepare.',
    ask: 'Ask now',
    isAsking: 'Asking…',
    goesOutLater: 'No connection. Your request is sent when you reconnect.',
    chooseTopic: 'Choose a topic first.',
    nobodyFor: 'No one is free for this right now.',
    nobodyAnyMore: 'Someone else was faster: no one is free for this now.',
    room: (left) => `${left} characters left`,
    tooLong: (over) => `Too long by ${over} characters.`,
    seek: 'Find a topic',
    noSuchTopic: 'No topic matches.',
    somebodyFree: 'Someone is free now',
    tellMe: 'Notify me',
    connecting: 'Connecting…',
    looking: 'Finding someone for you',
    asking: (nth, of) => `Asking the ${ordinalEnglish(nth)} of ${cardinalEnglish(of)}`,
    askingOnly: 'Asking the only one who is free',
    line: (waiting) => (waiting === 0 ? 'short wait' : waiting === 1 ? '1 is waiting' : `${number(waiting)} are waiting`),
    askAndWait: 'Ask and wait',
    lineFull: 'Too many people are waiting already, so we cannot take your request now. Try again later.',
    place: (place) => (place === 1 ? 'You are next' : `You are ${ordinalEnglish(place)}`),
    placeShort: (place) => number(place),
    inAbout: ({ from, to, unit }) =>
      `${from === 0 ? `up to ${number(to)}` : `${number(from)} to ${number(to)}`} ${unit === 'minute' ? (to === 1 ? 'minute' : 'minutes') : 'seconds'}`,
    onDuty: (count) => (count === 0 ? 'No one is at work right now' : count === 1 ? '1 person is at work' : `${number(count)} people are at work`),
    stay: 'Keep this page open: it tells you when it is your turn.',
    leave: 'Stop waiting',
    waited: (time) => `Waiting for ${time}`,
    topic: (topic) => `Topic: ${topic}`,
    patience: 'Each person has a few seconds to answer. No need to do anything.',
    cancel: 'Cancel',
    stopsLater: 'No connection. The search stops when you reconnect.',
    cancelledTooLate: 'Someone accepted just before you cancelled. Talk now, or end the session.',
    accepted: (employee) => `${employee} is here for you`,
    notFound: 'The search is over',
    ended: {
      everyone_declined: 'No one was able to take your request.',
      nobody_left: 'No one answered in time.',
      client_cancelled: 'Request cancelled.',
      client_lost: 'You were disconnected for too long, so the search ended.',
      deadline: 'The search took too long and was stopped.',
      waited_too_long: 'No one became free in time. We are sorry that you waited for nothing.',
      closed_by_admin: 'The company stopped the search.',
    },
    endedAway: 'Your request ended while you were away.',
    over: (employee) => `Your session with ${employee} is over`,
    overBy: (who, employee) =>
      ({
        client: 'You ended it.',
        employee: `${employee} ended it.`,
        admin: 'The company ended it.',
        lost: 'One side was disconnected for too long.',
      })[who],
    reason: (reason) => `Reason: ${reason}`,
    lasted: (time) => `Duration: ${time}.`,
    again: 'Ask again',
    chat: 'Conversation',
    you: 'You',
    readingChat: 'Loading the chat…',
    chatForgotten: 'The rest of the chat is no longer available.',
    copy: 'Copy',
    copied: 'Copied',
    copyFailed: 'Your browser blocked copying. Select the text and copy it yourself.',
    print: 'Print',
    closed: 'Page not found',
    closedHow: 'No such company, or you have no access. Open this page again from your app.',
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
    isAsking: 'Wird gefragt…',
    goesOutLater: 'Keine Verbindung. Ihre Anfrage geht hinaus, sobald sie wieder da ist.',
    chooseTopic: 'Wählen Sie zuerst, worum es geht.',
    nobodyFor: 'Dafür ist im Moment niemand frei.',
    nobodyAnyMore: 'Jemand anderes war schneller: Dafür ist niemand mehr frei.',
    room: (left) => `Noch ${left} Zeichen`,
    tooLong: (over) => `Um ${over} Zeichen zu lang.`,
    seek: 'Thema suchen',
    noSuchTopic: 'Ein solches Thema gibt es nicht.',
    somebodyFree: 'Jetzt ist jemand frei',
    tellMe: 'Benachrichtigen',
    connecting: 'Verbindung wird hergestellt…',
    looking: 'Wir suchen jemanden für Sie',
    asking: (nth, of) => `Person ${number(nth)} von ${number(of)} wird gefragt`,
    askingOnly: 'Die einzige freie Person wird gefragt',
    line: (waiting) => (waiting === 0 ? 'kurze Wartezeit' : waiting === 1 ? '1 Person wartet' : `${number(waiting)} warten`),
    askAndWait: 'Fragen und warten',
    lineFull: 'Es warten schon zu viele, daher können wir Ihre Anfrage jetzt nicht annehmen. Versuchen Sie es später.',
    place: (place) => (place === 1 ? 'Sie sind als Nächstes dran' : `Sie sind an ${number(place)}. Stelle`),
    placeShort: (place) => number(place),
    inAbout: ({ from, to, unit }) =>
      `${from === 0 ? `bis zu ${number(to)}` : `${number(from)} bis ${number(to)}`} ${unit === 'minute' ? (to === 1 ? 'Minute' : 'Minuten') : 'Sekunden'}`,
    onDuty: (count) => (count === 0 ? 'Gerade arbeitet niemand' : count === 1 ? '1 Person arbeitet' : `${number(count)} Personen arbeiten`),
    stay: 'Lassen Sie diese Seite offen: Sie sagt Ihnen, wenn Sie dran sind.',
    leave: 'Nicht mehr warten',
    waited: (time) => `Wartezeit ${time}`,
    topic: (topic) => `Thema: ${topic}`,
    patience: 'Wer gefragt wird, hat einige Sekunden für die Antwort. Sie müssen nichts tun.',
    cancel: 'Abbrechen',
    stopsLater: 'Keine Verbindung. Die Suche endet, sobald sie wieder da ist.',
    cancelledTooLate: 'Kurz vor dem Abbrechen hat jemand zugesagt. Sie können jetzt sprechen oder das Gespräch beenden.',
    accepted: (employee) => `${employee} ist für Sie da`,
    notFound: 'Die Suche ist zu Ende',
    ended: {
      everyone_declined: 'Gerade konnte es niemand übernehmen.',
      nobody_left: 'Niemand hat rechtzeitig geantwortet.',
      client_cancelled: 'Sie haben abgebrochen.',
      client_lost: 'Ihre Verbindung war zu lange weg, daher wurde die Suche beendet.',
      deadline: 'Die Suche dauerte zu lange und wurde beendet.',
      waited_too_long: 'Niemand wurde rechtzeitig frei. Es tut uns leid, dass Sie vergeblich gewartet haben.',
      closed_by_admin: 'Das Unternehmen hat die Suche beendet.',
    },
    endedAway: 'Ihre Anfrage ist zu Ende gegangen, während Sie weg waren.',
    over: (employee) => `Ihr Gespräch mit ${employee} ist vorbei`,
    overBy: (who, employee) =>
      ({
        client: 'Sie haben es beendet.',
        employee: `${employee} hat es beendet.`,
        admin: 'Das Unternehmen hat es beendet.',
        lost: 'Die Verbindung einer Seite war zu lange weg.',
      })[who],
    reason: (reason) => `Grund: ${reason}`,
    lasted: (time) => `Es dauerte ${time}.`,
    again: 'Noch einmal fragen',
    chat: 'Was gesagt wurde',
    you: 'Sie',
    readingChat: 'Das Gespräch wird gelesen…',
    chatForgotten: 'Der Rest des Gesprächs lässt sich nicht mehr lesen.',
    copy: 'Kopieren',
    copied: 'Kopiert',
    copyFailed: 'Ihr Browser lässt diese Seite nicht kopieren. Markieren Sie den Text, und kopieren Sie ihn selbst.',
    print: 'Drucken',
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
    isAsking: 'جارٍ الطلب…',
    goesOutLater: 'لا يوجد اتصال. سيُرسل طلبك فور عودته.',
    chooseTopic: 'اختر الموضوع أولًا.',
    nobodyFor: 'لا أحد متاح لهذا الموضوع في هذه اللحظة.',
    nobodyAnyMore: 'سبقك شخص آخر: لم يعد أحد متاحًا لهذا الموضوع.',
    room: (left) => `الأحرف المتبقية: ${left}`,
    tooLong: (over) => `أطول من المسموح بـ ${over} حرفًا.`,
    seek: 'ابحث عن موضوع',
    noSuchTopic: 'لا يوجد موضوع كهذا.',
    somebodyFree: 'يوجد شخص متاح الآن',
    tellMe: 'أخبرني',
    connecting: 'جارٍ الاتصال…',
    looking: 'نبحث لك عن شخص',
    asking: (nth, of) => `يُسأل الشخص ${number(nth)} من ${number(of)}`,
    askingOnly: 'يُسأل الشخص الوحيد المتاح',
    line: (waiting) => (waiting === 0 ? 'انتظار قصير' : `ينتظر الآن: ${number(waiting)}`),
    askAndWait: 'اطلب وانتظر',
    lineFull: 'عدد المنتظرين كبير، لذلك لا يمكننا قبول طلبك الآن. حاول لاحقًا.',
    place: (place) => (place === 1 ? 'دورك هو التالي' : `ترتيبك في الدور: ${number(place)}`),
    placeShort: (place) => number(place),
    inAbout: ({ from, to, unit }) =>
      `${from === 0 ? `خلال ${number(to)}` : `من ${number(from)} إلى ${number(to)}`} ${unit === 'minute' ? 'دقيقة' : 'ثانية'}`,
    onDuty: (count) => (count === 0 ? 'لا أحد يعمل الآن' : `يعمل الآن: ${number(count)}`),
    stay: 'اترك هذه الصفحة مفتوحة: ستخبرك عندما يحين دورك.',
    leave: 'إيقاف الانتظار',
    waited: (time) => `مدة الانتظار ${time}`,
    topic: (topic) => `الموضوع: ${topic}`,
    patience: 'لدى من يُسأل بضع ثوانٍ للرد. لا حاجة لأن تفعل شيئًا.',
    cancel: 'إلغاء',
    stopsLater: 'لا يوجد اتصال. ستتوقف المحاولة فور عودته.',
    cancelledTooLate: 'قبِل شخص طلبك قبيل الإلغاء. يمكنك التحدث الآن أو إنهاء الجلسة.',
    accepted: (employee) => `${employee} معك الآن`,
    notFound: 'انتهى البحث',
    ended: {
      everyone_declined: 'لم يستطع أحد من المتاحين تولّي الطلب الآن.',
      nobody_left: 'لم يُجب أحد في الوقت المحدد.',
      client_cancelled: 'لقد ألغيت الطلب.',
      client_lost: 'انقطع اتصالك مدة طويلة، فتوقف البحث.',
      deadline: 'طال البحث فأُوقف.',
      waited_too_long: 'لم يتفرّغ أحد في الوقت المحدد. نأسف لأنك انتظرت دون جدوى.',
      closed_by_admin: 'أوقفت الشركة البحث.',
    },
    endedAway: 'انتهى طلبك أثناء غيابك.',
    over: (employee) => `انتهت جلستك مع ${employee}`,
    overBy: (who, employee) =>
      ({
        client: 'أنهيتها أنت.',
        employee: `أنهاها ${employee}.`,
        admin: 'أنهتها الشركة.',
        lost: 'انقطع اتصال أحد الطرفين مدة طويلة.',
      })[who],
    reason: (reason) => `السبب: ${reason}`,
    lasted: (time) => `استغرقت ${time}.`,
    again: 'اطلب مرة أخرى',
    chat: 'ما قيل',
    you: 'أنت',
    readingChat: 'جارٍ قراءة المحادثة…',
    chatForgotten: 'لم تعد بقية المحادثة متاحة للقراءة.',
    copy: 'نسخ',
    copied: 'تم النسخ',
    copyFailed: 'لا يسمح متصفحك لهذه الصفحة بالنسخ. حدّد النص وانسخه بنفسك.',
    print: 'طباعة',
    closed: 'هذه الصفحة لا تؤدي إلى شيء',
    closedHow: 'لا توجد شركة بهذا الاسم، أو أن الصفحة ليست لك. افتحها من تطبيقك مرة أخرى.',
    language: 'اللغة',
  },
})
