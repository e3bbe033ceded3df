// The words of the board, in the languages of the pages.
import type { BookingState } from 'switchboard-client'
import { translated } from '../words/language.js'
import { number } from '../words/writing.js'
import type { Unit } from './rules.js'

interface Words {
  readonly opening: string
  readonly titleOf: (company: string) => string
  readonly noBoard: (company: string) => string
  readonly forbidden: string
  readonly unknownCompany: string
  readonly asOf: (time: string) => string
  readonly reading: string
  readonly partsOf: string
  readonly parts: Readonly<Record<'employees' | 'now' | 'hours' | 'bookings', string>>
  readonly employees: string
  readonly add: string
  readonly seek: string
  readonly byStatus: string
  readonly allTopics: string
  readonly nobodyFound: string
  readonly nobodyYet: string
  readonly addTheFirst: string
  readonly askForTheFirst: string
  readonly addEmployee: string
  readonly asked: string
  readonly running: string
  readonly nobodyWaits: string
  readonly nobodyTalks: string
  readonly askedSoFar: (many: number) => string
  readonly talksWith: string
  readonly today: string
  readonly since: (time: string) => string
  readonly bookedToday: string
  readonly served: string
  readonly states: Readonly<Record<BookingState, string>>
  readonly latest: string
  readonly lookAgain: string
  readonly noBookings: string
  readonly more: string
  readonly lastHours: string
  readonly bookingsByOutcome: string
  readonly timeToAnswer: string
  readonly median: string
  readonly ninetieth: () => string
  readonly idleEmployees: string
  readonly idleOnAverage: string
  readonly plotMeans: (from: string, to: string) => string
  readonly chooseTime: (plot: string) => string
  readonly now: string
  readonly asTable: string
  readonly time: string
  readonly booking: string
  readonly loading: string
  readonly client: string
  readonly employee: string
  readonly booked: string
  readonly state: string
  readonly note: string
  readonly askedInTurn: string
  readonly isAsked: string
  readonly howItWent: string
  readonly passedOver: (many: number) => string
  readonly close: string
  readonly leaveIt: string
  readonly cancelBooking: string
  readonly cancelThis: string
  readonly cancelMeans: (client: string) => string
  readonly cancelled: string
  readonly endSession: string
  readonly endThis: string
  readonly endMeans: (client: string, employee: string) => string
  readonly sessionEnded: string
  readonly reason: string
  readonly setIdle: string
  readonly unreached: Readonly<Record<'long' | 'short', string>>
  readonly offAfter: Readonly<Record<'long' | 'short', string>>
  readonly setOffline: string
  readonly id: string
  readonly idMeans: string
  readonly idTaken: string
  readonly name: string
  readonly topics: string
  readonly topicsMean: string
  readonly isNow: (value: string) => string
  readonly save: string
  readonly saved: string
  readonly added: (name: string) => string
  readonly remove: string
  readonly removed: string
  readonly removeThis: (name: string) => string
  readonly removeMeans: string
  readonly settings: string
  readonly companyName: string
  readonly colour: string
  readonly colourMeans: string
  readonly ownColour: string
  readonly sampleButton: string
  readonly logo: string
  readonly logoMeans: string
  readonly chooseLogo: string
  readonly removeLogo: string
  readonly anotherLogo: string
  readonly noLogo: string
  readonly logoKind: string
  readonly logoTooLarge: (kib: number) => string
  readonly logoSides: (width: number, height: number) => string
  readonly countsForNew: string
  readonly zeroIsOff: string
  readonly unitOf: (rule: string) => string
  readonly units: Readonly<Record<Unit, string>>
  readonly placeInLine: string
  readonly priority: (priority: string) => string
  readonly next: string
  readonly makeNext: (client: string) => string
  readonly byTopic: string
  readonly inTopic: (counts: { waiting: number; free: number; busy: number }) => string
  readonly roomUsed: (used: string, capacity: string) => string
  readonly capacity: string
  readonly share: string
  readonly skills: string
  readonly skillsMean: string
  readonly pause: string
  readonly pauseMissed: string
  readonly pauseLapsed: string
  readonly paused: Readonly<Record<'long' | 'short', (reason: string, until: string | null) => string>>
  readonly rests: Readonly<Record<'long' | 'short', (until: string) => string>>
  readonly routing: string
  readonly routingMeans: string
  readonly asForm: string
  readonly asJson: string
  readonly route: (nth: string) => string
  readonly step: (nth: string) => string
  readonly anyTopic: string
  readonly addRoute: string
  readonly addStep: string
  readonly removeRoute: string
  readonly removeStep: string
  readonly routingFields: Readonly<Record<RoutingField, string>>
  readonly routingWords: Readonly<Record<RoutingWord, string>>
  readonly noJson: string
  readonly readAgain: string
  readonly preview: string
  readonly previewMeans: string
  readonly tryIt: string
  readonly nobodyInStep: string
  readonly candidate: (level: string, since: string) => string
  readonly andMore: (many: string) => string
}

/** A field of the form of the routing. */
export type RoutingField =
  | 'topics' | 'priority' | 'wait_max_ms' | 'wait_max_length'
  | 'after_ms' | 'topic' | 'level' | 'skills' | 'order' | 'prefer' | 'at_once'
  | 'pause_reasons' | 'codes' | 'rejected_ms' | 'missed_ms'

/** A choice in a step. */
export type RoutingWord = 'longest_idle' | 'round_robin' | 'fewest' | 'share' | 'any' | 'best' | 'least'

const en: Words = {
  opening: 'Loading the board…',
  titleOf: (company) => `${company} – Board`,
  noBoard: (company) => `No board for ${company}`,
  forbidden: 'Your sign-in is not for this company. Open this page again from your app.',
  unknownCompany: 'This company does not exist. Create the company with the HTTP API, then open this page again.',
  asOf: (time) => `As of ${time}`,
  reading: 'Still loading…',
  partsOf: 'Board sections',
  parts: { employees: 'People', now: 'Now', hours: 'Hours', bookings: 'Bookings' },
  employees: 'Employees',
  add: 'Add',
  seek: 'Name, ID or topic',
  byStatus: 'Filter by status',
  allTopics: 'All topics',
  nobodyFound: 'No matches. Try another name, topic or status.',
  nobodyYet: 'No employees yet',
  addTheFirst: 'Add the first employee. Their status shows here once they open their desk.',
  askForTheFirst: 'Ask an admin who can manage employees to add one.',
  addEmployee: 'Add employee',
  asked: 'Waiting',
  running: 'In session',
  nobodyWaits: 'No client is waiting.',
  nobodyTalks: 'No session is running.',
  askedSoFar: (many) => `${number(many)} asked`,
  talksWith: 'with',
  today: 'Today',
  since: (time) => `since ${time}`,
  bookedToday: 'Booked',
  served: 'Served',
  states: {
    offering: 'Asking',
    waiting: 'Waiting',
    assigned: 'Assigned',
    unanswered: 'Unanswered',
    cancelled: 'Cancelled',
    expired: 'Expired',
  },
  latest: 'Latest bookings',
  lookAgain: 'Refresh',
  noBookings: 'No bookings yet.',
  more: 'Show more',
  lastHours: 'Last six hours',
  bookingsByOutcome: 'Bookings',
  timeToAnswer: 'Time to answer',
  median: 'Median',
  ninetieth: () => '9 in 10 within',
  idleEmployees: 'Available employees',
  idleOnAverage: 'On average',
  plotMeans: (from, to) => `From ${from} to ${to}, per half hour. The values are in the table below.`,
  chooseTime: (plot) => `${plot}: choose a time`,
  now: 'This half hour',
  asTable: 'Data table',
  time: 'Time',
  booking: 'Booking',
  loading: 'Loading…',
  client: 'Client',
  employee: 'Employee',
  booked: 'Booked',
  state: 'State',
  note: 'Note',
  askedInTurn: 'Asked in turn',
  isAsked: 'Being asked',
  howItWent: 'Timeline',
  passedOver: (many) => `${number(many)} passed over`,
  close: 'Close',
  leaveIt: 'Go back',
  cancelBooking: 'Cancel booking',
  cancelThis: 'Cancel this booking?',
  cancelMeans: (client) => `No one else is asked, and ${client} is told of the cancellation.`,
  cancelled: 'Booking cancelled.',
  endSession: 'End session',
  endThis: 'End this session?',
  endMeans: (client, employee) => `${client} and ${employee} are cut off at once.`,
  sessionEnded: 'Session ended.',
  reason: 'Reason (both see it)',
  setIdle: 'Set available',
  unreached: { long: 'Takes requests, but no device can be reached. Requests resume once a device reconnects.', short: 'no device' },
  offAfter: { long: 'Goes offline after this session.', short: 'then offline' },
  setOffline: 'Set offline',
  id: 'ID',
  idMeans: 'As in your app’s tokens: letters, digits and . _ ~ @ -. The ID cannot be changed.',
  idTaken: 'This ID is taken. Choose another, or edit that employee.',
  name: 'Name',
  topics: 'Topics',
  topicsMean: 'Comma-separated. Empty means all.',
  isNow: (value) => `Someone else changed this to: ${value}`,
  save: 'Save',
  saved: 'Saved.',
  added: (name) => `${name} was added.`,
  remove: 'Remove employee',
  removed: 'Removed',
  removeThis: (name) => `Remove ${name}?`,
  removeMeans: 'Any open session ends now; an open request goes to the next employee. History is kept.',
  settings: 'Settings',
  companyName: 'Company name',
  colour: 'Colour',
  colourMeans: 'For buttons and links. Darkened in light mode and lightened in dark mode to stay readable.',
  ownColour: 'Default colour',
  sampleButton: 'Preview',
  logo: 'Logo',
  logoMeans: 'PNG or WebP, up to 64 KiB, 16 to 1024 pixels a side. Reload a page to see a new colour or logo.',
  chooseLogo: 'Choose an image',
  removeLogo: 'Remove logo',
  anotherLogo: 'another image',
  noLogo: 'no logo',
  logoKind: 'This is not a PNG or WebP image. Choose another one.',
  logoTooLarge: (kib) =>
    `This image is ${number(kib)} KiB; the limit is 64 KiB. Choose a smaller one.`,
  logoSides: (width, height) =>
    `This image is ${number(width)} by ${number(height)} pixels; each side must be 16 to 1024. Choose another one.`,
  countsForNew: 'Running timers are not affected.',
  zeroIsOff: '0 for no limit.',
  placeInLine: 'Place in line',
  priority: (priority) => `priority ${priority}`,
  next: 'Next',
  makeNext: (client) => `Serve ${client} next`,
  byTopic: 'By topic',
  inTopic: ({ waiting, free, busy }) => `${number(waiting)} waiting · ${number(free)} free · ${number(busy)} busy`,
  roomUsed: (used, capacity) => `${used} of ${capacity} in use`,
  capacity: 'Sessions at once',
  share: 'Share of turns',
  skills: 'Skills',
  skillsMean: 'With commas between, each with a level from 1 to 10.',
  pause: 'Pause',
  pauseMissed: 'missed requests',
  pauseLapsed: 'unreachable too long',
  paused: {
    long: (reason, until) => (until ? `Paused until ${until}: ${reason}.` : `Paused: ${reason}.`),
    short: (reason, until) => (until ? `${reason} until ${until}` : reason),
  },
  rests: {
    long: (until) => `Not asked until ${until}, after a no or a miss.`,
    short: (until) => `rests until ${until}`,
  },
  routing: 'Routing',
  routingMeans: 'The first route with the topic of a booking decides. Open bookings keep the routing with which they began.',
  asForm: 'Form',
  asJson: 'JSON',
  route: (nth) => `Route ${nth}`,
  step: (nth) => `Step ${nth}`,
  anyTopic: 'Any topic',
  addRoute: 'Add route',
  addStep: 'Add step',
  removeRoute: 'Remove route',
  removeStep: 'Remove step',
  routingFields: {
    topics: 'Topics',
    priority: 'Priority (0–10)',
    wait_max_ms: 'Longest wait (minutes, 0: no line)',
    wait_max_length: 'Most who wait',
    after_ms: 'Opens after (seconds)',
    topic: 'Topic (* is everybody)',
    level: 'Least level',
    skills: 'Skills',
    order: 'Order',
    prefer: 'Prefer',
    at_once: 'Asked at once',
    pause_reasons: 'Reasons of pauses',
    codes: 'Codes of sessions',
    rejected_ms: 'Rest after a no (seconds)',
    missed_ms: 'Rest after a miss (seconds)',
  },
  routingWords: {
    longest_idle: 'Longest idle first',
    round_robin: 'In turn',
    fewest: 'Fewest today first',
    share: 'By share',
    any: 'Any level',
    best: 'Highest level first',
    least: 'Lowest level that is enough',
  },
  noJson: 'This is not valid JSON.',
  readAgain: 'Load the present routing',
  preview: 'Preview',
  previewMeans: 'Who would be asked now, by the routing above, also before it is saved. Nobody is asked.',
  tryIt: 'Try',
  nobodyInStep: 'Nobody can be asked in this step now.',
  candidate: (level, since) => `level ${level}, idle since ${since}`,
  andMore: (many) => `and ${many} more`,
  unitOf: (rule) => `${rule}: unit`,
  units: { second: 'seconds', minute: 'minutes', hour: 'hours' },
}

const de: Words = {
  opening: 'Die Tafel wird geöffnet…',
  titleOf: (company) => `${company} – Tafel`,
  noBoard: (company) => `Keine Tafel von ${company}`,
  forbidden: 'Ihre Anmeldung gilt nicht für diese Firma. Öffnen Sie die Seite erneut aus Ihrer App.',
  unknownCompany:
    'Diese Firma gibt es nicht (mehr). Legen Sie sie über die HTTP-API an, und öffnen Sie die Seite erneut.',
  asOf: (time) => `Stand ${time}`,
  reading: 'Wird noch gelesen …',
  partsOf: 'Teile der Tafel',
  parts: { employees: 'Team', now: 'Jetzt', hours: 'Verlauf', bookings: 'Buchungen' },
  employees: 'Team',
  add: 'Neu',
  seek: 'Name, Kennung oder Thema',
  byStatus: 'Einen Status zeigen',
  allTopics: 'Alle Themen',
  nobodyFound: 'Niemand gefunden. Versuchen Sie einen anderen Namen, ein anderes Thema oder einen anderen Status.',
  nobodyYet: 'Hier arbeitet noch niemand',
  addTheFirst: 'Fügen Sie die erste Person hinzu. Ihre Lampe leuchtet hier auf, sobald sie ihren Arbeitsplatz öffnet.',
  askForTheFirst: 'Bitten Sie die Verwaltung dieser Firma, die erste Person hinzuzufügen.',
  addEmployee: 'Person hinzufügen',
  asked: 'Wartende',
  running: 'Im Gespräch',
  nobodyWaits: 'Gerade wartet niemand.',
  nobodyTalks: 'Gerade läuft kein Gespräch.',
  askedSoFar: (many) => `${number(many)} gefragt`,
  talksWith: 'mit',
  today: 'Heute',
  since: (time) => `seit ${time} Uhr`,
  bookedToday: 'Gebucht',
  served: 'Bedient',
  states: {
    offering: 'Läuft',
    waiting: 'Wartet',
    assigned: 'Vermittelt',
    unanswered: 'Unbeantwortet',
    cancelled: 'Abgebrochen',
    expired: 'Abgelaufen',
  },
  latest: 'Letzte Buchungen',
  lookAgain: 'Aktualisieren',
  noBookings: 'Es wurde noch nichts gebucht.',
  more: 'Mehr zeigen',
  lastHours: 'Die letzten sechs Stunden',
  bookingsByOutcome: 'Buchungen',
  timeToAnswer: 'Zeit bis zur Antwort',
  median: 'Median',
  ninetieth: () => '9 von 10 in',
  idleEmployees: 'Freie im Team',
  idleOnAverage: 'Im Mittel',
  plotMeans: (from, to) => `Von ${from} bis ${to}, je halbe Stunde. Die Werte stehen in der Tabelle darunter.`,
  chooseTime: (plot) => `${plot}: Zeit wählen`,
  now: 'Diese halbe Stunde',
  asTable: 'Als Tabelle',
  time: 'Zeit',
  booking: 'Buchung',
  loading: 'Wird gelesen…',
  client: 'Kunde',
  employee: 'Im Team',
  booked: 'Gebucht',
  state: 'Stand',
  note: 'Notiz',
  askedInTurn: 'Der Reihe nach gefragt',
  isAsked: 'Wird gefragt',
  howItWent: 'Wie es verlief',
  passedOver: (many) => `${number(many)} übergangen`,
  close: 'Schließen',
  leaveIt: 'Zurück',
  cancelBooking: 'Buchung abbrechen',
  cancelThis: 'Diese Buchung abbrechen?',
  cancelMeans: (client) => `Es wird niemand mehr gefragt, und ${client} erfährt, dass abgebrochen wurde.`,
  cancelled: 'Die Buchung wurde abgebrochen.',
  endSession: 'Gespräch beenden',
  endThis: 'Dieses Gespräch beenden?',
  endMeans: (client, employee) => `${client} und ${employee} werden sofort getrennt.`,
  sessionEnded: 'Das Gespräch wurde beendet.',
  reason: 'Grund (beide sehen ihn)',
  setIdle: 'Frei setzen',
  unreached: { long: 'Möchte Anfragen, doch kein Gerät ist erreichbar: Sobald eines es ist, geht es weiter.', short: 'kein Gerät' },
  offAfter: { long: 'Nimmt nach diesem Gespräch keine Anfragen mehr an.', short: 'danach offline' },
  setOffline: 'Offline setzen',
  id: 'Kennung',
  idMeans: 'Wie in den Tokens Ihrer App: Buchstaben, Ziffern und . _ ~ @ -. Sie bleibt für immer so.',
  idTaken: 'Diese Kennung gibt es schon. Wählen Sie eine andere, oder bearbeiten Sie die Person.',
  name: 'Name',
  topics: 'Themen',
  topicsMean: 'Mit Kommas dazwischen. Keine bedeutet alle.',
  isNow: (value) => `Jemand hat das inzwischen geändert. Jetzt steht dort: ${value}`,
  save: 'Speichern',
  saved: 'Gespeichert.',
  added: (name) => `${name} wurde hinzugefügt.`,
  remove: 'Aus dem Team entfernen',
  removed: 'Entfernt',
  removeThis: (name) => `${name} entfernen?`,
  removeMeans: 'Was offen ist, endet jetzt; eine offene Frage geht an die Nächsten in der Reihe. Der Verlauf bleibt.',
  settings: 'Einstellungen',
  companyName: 'Name der Firma',
  colour: 'Farbe',
  colourMeans: 'Für Knöpfe und Links. Sie wird bei Tag dunkler und bei Nacht heller, bis alles zu lesen ist.',
  ownColour: 'Die eigene Farbe der Seiten',
  sampleButton: 'Ein Knopf',
  logo: 'Logo',
  logoMeans:
    'PNG oder WebP, bis 64 KiB, 16 bis 1024 Pixel je Seite. ' +
    'Farbe und Logo zeigen sich auf Seiten, die neu geöffnet werden.',
  chooseLogo: 'Bild wählen',
  removeLogo: 'Logo entfernen',
  anotherLogo: 'ein anderes Bild',
  noLogo: 'kein Logo',
  logoKind: 'Das ist kein Bild in PNG oder WebP. Wählen Sie ein anderes.',
  logoTooLarge: (kib) =>
    `Dieses Bild hat ${number(kib)} KiB, ein Logo höchstens 64. Verkleinern Sie es, oder wählen Sie ein anderes.`,
  logoSides: (width, height) =>
    `Dieses Bild hat ${number(width)} mal ${number(height)} Pixel, ein Logo 16 bis 1024 je Seite. ` +
    'Wählen Sie ein anderes.',
  countsForNew: 'Gilt für alles, was ab jetzt beginnt.',
  zeroIsOff: '0 schaltet es ab.',
  placeInLine: 'Platz in der Reihe',
  priority: (priority) => `Vorrang ${priority}`,
  next: 'Als Nächstes',
  makeNext: (client) => `${client} als Nächstes`,
  byTopic: 'Nach Themen',
  inTopic: ({ waiting, free, busy }) => `${number(waiting)} warten · ${number(free)} frei · ${number(busy)} beschäftigt`,
  roomUsed: (used, capacity) => `${used} von ${capacity} belegt`,
  capacity: 'Gespräche zugleich',
  share: 'Anteil der Anfragen',
  skills: 'Fähigkeiten',
  skillsMean: 'Mit Kommas dazwischen, jede mit einer Stufe von 1 bis 10.',
  pause: 'Pause',
  pauseMissed: 'Anfragen verpasst',
  pauseLapsed: 'zu lange unerreichbar',
  paused: {
    long: (reason, until) => (until ? `Pause bis ${until}: ${reason}.` : `Pause: ${reason}.`),
    short: (reason, until) => (until ? `${reason} bis ${until}` : reason),
  },
  rests: {
    long: (until) => `Wird bis ${until} nicht gefragt, nach einer Absage oder einer verpassten Anfrage.`,
    short: (until) => `Ruhe bis ${until}`,
  },
  routing: 'Verteilung',
  routingMeans: 'Der erste Weg mit dem Thema einer Buchung gilt. Offene Buchungen behalten die Verteilung, mit der sie begannen.',
  asForm: 'Formular',
  asJson: 'JSON',
  route: (nth) => `Weg ${nth}`,
  step: (nth) => `Schritt ${nth}`,
  anyTopic: 'Jedes Thema',
  addRoute: 'Weg hinzufügen',
  addStep: 'Schritt hinzufügen',
  removeRoute: 'Weg entfernen',
  removeStep: 'Schritt entfernen',
  routingFields: {
    topics: 'Themen',
    priority: 'Vorrang (0–10)',
    wait_max_ms: 'Längste Wartezeit (Minuten, 0: keine Reihe)',
    wait_max_length: 'So viele dürfen warten',
    after_ms: 'Beginnt nach (Sekunden)',
    topic: 'Thema (* sind alle)',
    level: 'Mindeste Stufe',
    skills: 'Fähigkeiten',
    order: 'Reihenfolge',
    prefer: 'Bevorzugt',
    at_once: 'Zugleich gefragt',
    pause_reasons: 'Gründe für Pausen',
    codes: 'Codes für Gespräche',
    rejected_ms: 'Ruhe nach einer Absage (Sekunden)',
    missed_ms: 'Ruhe nach Verpasstem (Sekunden)',
  },
  routingWords: {
    longest_idle: 'Am längsten frei zuerst',
    round_robin: 'Reihum',
    fewest: 'Heute am wenigsten zuerst',
    share: 'Nach Anteil',
    any: 'Jede Stufe',
    best: 'Höchste Stufe zuerst',
    least: 'Niedrigste Stufe, die reicht',
  },
  noJson: 'Das ist kein gültiges JSON.',
  readAgain: 'Jetzige Verteilung laden',
  preview: 'Vorschau',
  previewMeans: 'Wer jetzt gefragt würde, nach der Verteilung oben, auch bevor sie gespeichert ist. Es wird niemand gefragt.',
  tryIt: 'Ausprobieren',
  nobodyInStep: 'In diesem Schritt ist jetzt niemand zu fragen.',
  candidate: (level, since) => `Stufe ${level}, frei seit ${since}`,
  andMore: (many) => `und ${many} weitere`,
  unitOf: (rule) => `${rule}: Einheit`,
  units: { second: 'Sekunden', minute: 'Minuten', hour: 'Stunden' },
}

const ar: Words = {
  opening: 'جارٍ فتح اللوحة…',
  titleOf: (company) => `${company} – اللوحة`,
  noBoard: (company) => `لا توجد لوحة لشركة ${company}`,
  forbidden: 'تسجيل دخولك ليس لهذه الشركة. افتح هذه الصفحة من تطبيقك مرة أخرى.',
  unknownCompany: 'لا توجد شركة بهذا الاسم أو أُزيلت. أنشئها عبر واجهة HTTP ثم افتح هذه الصفحة مرة أخرى.',
  asOf: (time) => `حتى ${time}`,
  reading: 'ما زالت القراءة جارية…',
  partsOf: 'أقسام اللوحة',
  parts: { employees: 'الفريق', now: 'الآن', hours: 'الساعات', bookings: 'الحجوزات' },
  employees: 'الموظفون',
  add: 'إضافة',
  seek: 'الاسم أو المعرّف أو الموضوع',
  byStatus: 'عرض حالة واحدة',
  allTopics: 'كل المواضيع',
  nobodyFound: 'لا نتائج. جرّب اسمًا أو موضوعًا أو حالة أخرى.',
  nobodyYet: 'لا يعمل أحد هنا بعد',
  addTheFirst: 'أضف أول موظف، وسيضيء مصباحه هنا حين يفتح مكتبه.',
  askForTheFirst: 'اطلب ممن يدير هذه الشركة إضافة أول موظف.',
  addEmployee: 'إضافة موظف',
  asked: 'قيد الانتظار',
  running: 'الجلسات الجارية',
  nobodyWaits: 'لا ينتظر أي عميل.',
  nobodyTalks: 'لا توجد جلسة جارية.',
  askedSoFar: (many) => `سُئل ${number(many)}`,
  talksWith: 'مع',
  today: 'اليوم',
  since: (time) => `منذ ${time}`,
  bookedToday: 'الحجوزات',
  served: 'نسبة الخدمة',
  states: {
    offering: 'جارٍ السؤال',
    waiting: 'ينتظر',
    assigned: 'أُسند',
    unanswered: 'بلا إجابة',
    cancelled: 'أُلغي',
    expired: 'انتهت مهلته',
  },
  latest: 'أحدث الحجوزات',
  lookAgain: 'تحديث',
  noBookings: 'لا توجد حجوزات بعد.',
  more: 'عرض المزيد',
  lastHours: 'آخر ست ساعات',
  bookingsByOutcome: 'الحجوزات',
  timeToAnswer: 'زمن الإجابة',
  median: 'الوسيط',
  ninetieth: () => `${number(9)} من ${number(10)} خلال`,
  idleEmployees: 'الموظفون المتاحون',
  idleOnAverage: 'في المتوسط',
  plotMeans: (from, to) => `من ${from} إلى ${to}، لكل نصف ساعة. القيم في الجدول أدناه.`,
  chooseTime: (plot) => `${plot}: اختر وقتًا`,
  now: 'نصف الساعة الحالي',
  asTable: 'عرض كجدول',
  time: 'الوقت',
  booking: 'حجز',
  loading: 'جارٍ القراءة…',
  client: 'العميل',
  employee: 'الموظف',
  booked: 'وقت الحجز',
  state: 'الحالة',
  note: 'ملاحظة',
  askedInTurn: 'من سُئل بالترتيب',
  isAsked: 'قيد السؤال',
  howItWent: 'كيف جرى الأمر',
  passedOver: (many) => `تم تجاوز ${number(many)}`,
  close: 'إغلاق',
  leaveIt: 'تراجع',
  cancelBooking: 'إلغاء الحجز',
  cancelThis: 'هل تريد إلغاء هذا الحجز؟',
  cancelMeans: (client) => `لن يُسأل أحد بعد الآن، وسيُخبَر ${client} بالإلغاء.`,
  cancelled: 'أُلغي الحجز.',
  endSession: 'إنهاء الجلسة',
  endThis: 'هل تريد إنهاء هذه الجلسة؟',
  endMeans: (client, employee) => `سينقطع الاتصال بين ${client} و${employee} فورًا.`,
  sessionEnded: 'أُنهيت الجلسة.',
  reason: 'السبب (يراه الطرفان)',
  setIdle: 'جعله متاحًا',
  unreached: { long: 'يريد استقبال الطلبات، لكن لا يمكن الوصول إلى أي جهاز لديه: يُسأل مجددًا حين يعود أحدها.', short: 'بلا جهاز' },
  offAfter: { long: 'لن يستقبل طلبات أخرى بعد هذه الجلسة.', short: 'يتوقف بعدها' },
  setOffline: 'جعله غير متصل',
  id: 'المعرّف',
  idMeans: 'كما في رموز تطبيقك: أحرف لاتينية وأرقام و . _ ~ @ - ولا يمكن تغييره لاحقًا.',
  idTaken: 'هذا المعرّف مستخدم بالفعل. اختر غيره أو عدّل صاحبه.',
  name: 'الاسم',
  topics: 'المواضيع',
  topicsMean: 'افصل بينها بفواصل. تركها فارغة يعني الكل.',
  isNow: (value) => `غيّر شخص آخر هذا في هذه الأثناء. القيمة الآن: ${value}`,
  save: 'حفظ',
  saved: 'تم الحفظ.',
  added: (name) => `أُضيف ${name}.`,
  remove: 'إزالة الموظف',
  removed: 'أُزيل',
  removeThis: (name) => `هل تريد إزالة ${name}؟`,
  removeMeans: 'ينتهي الآن كل ما لديه مفتوحًا، وينتقل السؤال المفتوح إلى التالي في الدور. ويبقى سجله.',
  settings: 'الإعدادات',
  companyName: 'اسم الشركة',
  colour: 'اللون',
  colourMeans: 'للأزرار والروابط. يصبح أغمق نهارًا وأفتح ليلًا حتى يُقرأ كل شيء.',
  ownColour: 'لون الصفحات الأصلي',
  sampleButton: 'زر',
  logo: 'الشعار',
  logoMeans:
    'PNG أو WebP، حتى 64 كيبيبايت، ومن 16 إلى 1024 بكسل لكل جانب. ' +
    'يظهر اللون والشعار في الصفحات التي تُفتح من جديد.',
  chooseLogo: 'اختيار صورة',
  removeLogo: 'إزالة الشعار',
  anotherLogo: 'صورة أخرى',
  noLogo: 'بلا شعار',
  logoKind: 'هذه ليست صورة PNG أو WebP. اختر صورة أخرى.',
  logoTooLarge: (kib) => `حجم هذه الصورة ${number(kib)} كيبيبايت، والحد الأقصى للشعار 64. صغّرها أو اختر غيرها.`,
  logoSides: (width, height) =>
    `أبعاد هذه الصورة ${number(width)} في ${number(height)} بكسل، والشعار من 16 إلى 1024 لكل جانب. اختر صورة أخرى.`,
  countsForNew: 'يسري على ما يبدأ من الآن.',
  zeroIsOff: 'الصفر يوقفه.',
  placeInLine: 'الترتيب في الدور',
  priority: (priority) => `أولوية ${priority}`,
  next: 'التالي',
  makeNext: (client) => `اجعل ${client} التالي`,
  byTopic: 'حسب الموضوع',
  inTopic: ({ waiting, free, busy }) => `ينتظر ${number(waiting)} · متاح ${number(free)} · مشغول ${number(busy)}`,
  roomUsed: (used, capacity) => `${used} من ${capacity} مشغول`,
  capacity: 'جلسات في آن واحد',
  share: 'الحصة من الطلبات',
  skills: 'المهارات',
  skillsMean: 'افصل بينها بفواصل، ولكل منها مستوى من 1 إلى 10.',
  pause: 'استراحة',
  pauseMissed: 'طلبات فائتة',
  pauseLapsed: 'تعذّر الوصول طويلًا',
  paused: {
    long: (reason, until) => (until ? `استراحة حتى ${until}: ${reason}.` : `استراحة: ${reason}.`),
    short: (reason, until) => (until ? `${reason} حتى ${until}` : reason),
  },
  rests: {
    long: (until) => `لا يُسأل حتى ${until}، بعد رفض أو طلب فائت.`,
    short: (until) => `راحة حتى ${until}`,
  },
  routing: 'التوجيه',
  routingMeans: 'يُطبَّق أول مسار يحمل موضوع الحجز. وتحتفظ الحجوزات المفتوحة بالتوجيه الذي بدأت به.',
  asForm: 'نموذج',
  asJson: 'JSON',
  route: (nth) => `المسار ${nth}`,
  step: (nth) => `الخطوة ${nth}`,
  anyTopic: 'أي موضوع',
  addRoute: 'إضافة مسار',
  addStep: 'إضافة خطوة',
  removeRoute: 'إزالة المسار',
  removeStep: 'إزالة الخطوة',
  routingFields: {
    topics: 'المواضيع',
    priority: 'الأولوية (0–10)',
    wait_max_ms: 'أطول انتظار (دقائق، 0: بلا دور)',
    wait_max_length: 'أكثر عدد للمنتظرين',
    after_ms: 'تُفتح بعد (ثوانٍ)',
    topic: 'الموضوع (* للجميع)',
    level: 'أدنى مستوى',
    skills: 'المهارات',
    order: 'الترتيب',
    prefer: 'التفضيل',
    at_once: 'يُسأل معًا',
    pause_reasons: 'أسباب الاستراحة',
    codes: 'رموز الجلسات',
    rejected_ms: 'راحة بعد الرفض (ثوانٍ)',
    missed_ms: 'راحة بعد الفائت (ثوانٍ)',
  },
  routingWords: {
    longest_idle: 'الأطول انتظارًا أولًا',
    round_robin: 'بالتناوب',
    fewest: 'الأقل اليوم أولًا',
    share: 'حسب الحصة',
    any: 'أي مستوى',
    best: 'أعلى مستوى أولًا',
    least: 'أدنى مستوى كافٍ',
  },
  noJson: 'هذا ليس JSON صحيحًا.',
  readAgain: 'تحميل التوجيه الحالي',
  preview: 'معاينة',
  previewMeans: 'من سيُسأل الآن وفق التوجيه أعلاه، حتى قبل حفظه. لا يُسأل أحد.',
  tryIt: 'تجربة',
  nobodyInStep: 'لا أحد يمكن سؤاله في هذه الخطوة الآن.',
  candidate: (level, since) => `المستوى ${level}، متاح منذ ${since}`,
  andMore: (many) => `وآخرون: ${many}`,
  unitOf: (rule) => `${rule}: الوحدة`,
  units: { second: 'ثوانٍ', minute: 'دقائق', hour: 'ساعات' },
}

/** The words in the language of the page. */
export const words = translated<Words>({ en, de, ar })
