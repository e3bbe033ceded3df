// The texts of the desk.
import type { EndedBy, Outcome } from 'switchboard-client'
import { translated } from '../words/language.js'
import { ordinalEnglish } from '../words/english.js'
import { number } from '../words/writing.js'

interface Words {
  readonly title: string
  readonly take: string
  readonly since: (time: string) => string
  readonly because: { readonly missed: string; readonly set_by_admin: string; readonly connection_lost: string }
  readonly afterwards: string
  readonly waiting: string
  readonly waitingHow: string
  readonly silent: string
  readonly away: string
  readonly awayHow: string
  readonly request: (topic: string) => string
  readonly from: (client: string) => string
  readonly wanted: string
  readonly waited: (time: string) => string
  readonly skills: (skills: string) => string
  readonly others: (others: number) => string
  readonly pause: string
  readonly pauseHow: string
  readonly pauseWhy: string
  readonly pauseLength: string
  readonly minutes: (minutes: string) => string
  readonly untilBack: string
  readonly paused: string
  readonly pausedOpen: string
  readonly amBack: string
  readonly resting: string
  readonly restingHow: string
  readonly readyNow: string
  readonly moreTime: string
  readonly howItWent: string
  readonly sessions: string
  readonly unread: (count: string) => string
  readonly attempt: (attempt: number) => string
  readonly left: (seconds: string) => string
  readonly accept: string
  readonly decline: string
  readonly keys: (accept: string, decline: string) => string
  readonly lineLost: string
  readonly answerWaits: string
  readonly acceptLost: string
  readonly overMeanwhile: string
  readonly wrapUp: string
  readonly wrapUpHow: string
  readonly wrapUpOff: string
  readonly notifyAsk: string
  readonly notNow: string
  readonly answerByKeys: string
  readonly cut: string
  readonly newestOnly: (count: string) => string
  readonly closed: Readonly<Record<Outcome, string>>
  readonly elsewhere: string
  readonly over: (client: string) => string
  readonly endedBy: Readonly<Record<EndedBy, string>>
  readonly reason: (reason: string) => string
  readonly done: string
  readonly today: string
  readonly todayFigures: { readonly sessions: string; readonly talked: string; readonly declined: string; readonly missed: string }
  readonly nothingToday: string
  readonly session: (topic: string, client: string) => string
  readonly back: string
  readonly past: string
  readonly forgotten: string
  readonly nobodyWrote: string
  readonly you: string
  readonly sound: string
  readonly notify: string
  readonly notifyBlocked: string
  readonly settings: string
  readonly language: string
  readonly try: string
  readonly close: string
  readonly gone: string
  readonly goneHow: string
}

/** The texts of the desk, in the language of the page. */
export const words = translated<Words>({
  en: {
    title: 'Desk',
    take: 'Take requests',
    since: (time) => `since ${time}`,
    because: {
      missed: 'You missed some requests and went offline. Turn requests on when you are back.',
      set_by_admin: 'An admin set you offline.',
      connection_lost: 'This device was disconnected too long, so you went offline.',
    },
    afterwards: 'Applies after this session',
    waiting: 'Ready for the next request',
    waitingHow: 'Keep this page open: it rings when a request comes in.',
    silent: 'Click or tap this page once so that your browser lets it ring.',
    away: 'You are offline',
    awayHow: 'Turn on “Take requests” to start.',
    request: (topic) => `Request: ${topic}`,
    from: (client) => `from ${client}`,
    wanted: 'Asks for you by name',
    waited: (time) => `Has waited for ${time}`,
    skills: (skills) => `Needs: ${skills}`,
    others: (others) => (others === 1 ? 'One other is asked too' : `${number(others)} others are asked too`),
    pause: 'Pause',
    pauseHow: 'No requests come until you are back.',
    pauseWhy: 'Reason',
    pauseLength: 'For how long',
    minutes: (minutes) => `${minutes} min`,
    untilBack: 'Until I am back',
    paused: 'Then you are available again, if this page is open.',
    pausedOpen: 'No requests come until you are back.',
    amBack: 'I am back',
    resting: 'A short rest',
    restingHow: 'No request comes until then, because you declined or missed one.',
    readyNow: 'Ready now',
    moreTime: '2 minutes more',
    howItWent: 'How the session went',
    sessions: 'Sessions',
    unread: (count) => `${count} unread`,
    attempt: (attempt) => `You are the ${ordinalEnglish(attempt)} to be asked`,
    left: (seconds) => `${seconds} s left`,
    accept: 'Accept',
    decline: 'Decline',
    keys: (accept, decline) => `Keys: ${accept} accepts, ${decline} declines`,
    lineLost: 'No connection. Your answer is sent when you reconnect.',
    answerWaits: 'No connection. Your answer is sent when you reconnect, unless that is too late.',
    acceptLost: 'Your answer arrived too late: the request went to someone else or is over.',
    overMeanwhile: 'A request ended while you were disconnected.',
    wrapUp: 'Wrap-up',
    wrapUpHow: 'Time left before the next request.',
    wrapUpOff: 'Then you go offline.',
    notifyAsk: 'Get notified of requests, messages and calls while this page is hidden.',
    notNow: 'Not now',
    answerByKeys: 'Answer with keyboard shortcuts',
    cut: 'Only the last 100 messages are shown, not the earlier ones.',
    newestOnly: (count) => `Showing the newest ${count}.`,
    closed: {
      accepted: 'Accepted on another device.',
      rejected: 'Declined.',
      timed_out: 'Not answered in time.',
      undelivered: 'The request did not reach you in time.',
      client_cancelled: 'The client cancelled.',
      client_lost: 'The client left.',
      went_offline: 'You went offline, so the request moved on.',
      withdrawn_by_admin: 'The request was withdrawn.',
      booking_expired: 'The search took too long and ended.',
      taken: 'A colleague was faster. You missed nothing.',
    },
    elsewhere: 'Declined on another device.',
    over: (client) => `Session with ${client} is over`,
    endedBy: {
      client: 'The client ended it.',
      employee: 'You ended it.',
      admin: 'An admin ended it.',
      lost: 'One side was disconnected for too long.',
    },
    reason: (reason) => `Reason: ${reason}`,
    done: 'Done',
    today: 'Today',
    todayFigures: { sessions: 'Sessions', talked: 'In sessions', declined: 'Declined', missed: 'Missed' },
    nothingToday: 'No sessions today.',
    session: (topic, client) => `${topic} with ${client}`,
    back: 'Back',
    past: 'Messages',
    forgotten: 'This session is no longer available.',
    nobodyWrote: 'No messages.',
    you: 'You',
    sound: 'Play sound',
    notify: 'Show notifications',
    notifyBlocked: 'Notifications are blocked in this browser’s settings',
    settings: 'Device settings',
    language: 'Language',
    try: 'Test sound',
    close: 'Close',
    gone: 'This desk is closed',
    goneHow: 'You were removed from the company, or lack access. Ask an admin.',
  },
  de: {
    title: 'Arbeitsplatz',
    take: 'Anfragen annehmen',
    since: (time) => `seit ${time}`,
    because: {
      missed: 'Anfragen blieben unbeantwortet, daher nehmen Sie keine Anfragen mehr an. Schalten Sie ein, wenn Sie zurück sind.',
      set_by_admin: 'Die Leitung hat das geändert.',
      connection_lost: 'Dieses Gerät war zu lange weg, daher nehmen Sie keine Anfragen mehr an.',
    },
    afterwards: 'Gilt, sobald dieses Gespräch vorbei ist',
    waiting: 'Bereit für die nächste Anfrage',
    waitingHow: 'Lassen Sie diese Seite offen. Es klingelt, sobald jemand Sie braucht.',
    silent: 'Tippen oder klicken Sie einmal auf diese Seite: Erst dann lässt Ihr Browser sie klingeln.',
    away: 'Sie nehmen keine Anfragen an',
    awayHow: 'Schalten Sie ein, wenn Sie gefragt werden möchten.',
    request: (topic) => `Anfrage: ${topic}`,
    from: (client) => `von ${client}`,
    wanted: 'Fragt nach Ihnen',
    waited: (time) => `Wartet seit ${time}`,
    skills: (skills) => `Gewünscht: ${skills}`,
    others: (others) => (others === 1 ? 'Noch eine Person wird gefragt' : `Noch ${number(others)} Personen werden gefragt`),
    pause: 'Pause',
    pauseHow: 'Bis Sie zurück sind, kommt keine Anfrage.',
    pauseWhy: 'Grund',
    pauseLength: 'Wie lange',
    minutes: (minutes) => `${minutes} Min.`,
    untilBack: 'Bis ich zurück bin',
    paused: 'Danach sind Sie wieder frei, wenn diese Seite offen ist.',
    pausedOpen: 'Bis Sie zurück sind, kommt keine Anfrage.',
    amBack: 'Ich bin zurück',
    resting: 'Eine kurze Ruhe',
    restingHow: 'Bis dahin kommt keine Anfrage, weil Sie eine abgelehnt oder verpasst haben.',
    readyNow: 'Jetzt bereit',
    moreTime: '2 Minuten mehr',
    howItWent: 'Wie das Gespräch war',
    sessions: 'Gespräche',
    unread: (count) => `${count} ungelesen`,
    attempt: (attempt) => `Sie werden als ${attempt}. Person gefragt`,
    left: (seconds) => `noch ${seconds} s`,
    accept: 'Annehmen',
    decline: 'Ablehnen',
    keys: (accept, decline) => `Tasten: ${accept} nimmt an, ${decline} lehnt ab`,
    lineLost: 'Keine Verbindung. Ihre Antwort wird gesendet, sobald sie zurück ist.',
    answerWaits: 'Keine Verbindung. Ihre Antwort wird gesendet, sobald sie zurück ist; ist das zu spät, steht es hier.',
    acceptLost: 'Ihre Annahme kam nicht rechtzeitig an: Die Anfrage ging an jemand anderen oder ist vorbei.',
    overMeanwhile: 'Eine Anfrage endete, während Sie keine Verbindung hatten.',
    wrapUp: 'Nachbereitung',
    wrapUpHow: 'So lange kommt keine neue Anfrage.',
    wrapUpOff: 'Danach nehmen Sie keine Anfragen mehr an.',
    notifyAsk: 'Diese Seite kann Anfragen, Nachrichten und Anrufe melden, wenn Sie woanders hinsehen.',
    notNow: 'Jetzt nicht',
    answerByKeys: 'Anfragen und Anrufe mit Tasten beantworten',
    cut: 'Nur die letzten 100 Nachrichten sind zu sehen, frühere nicht.',
    newestOnly: (count) => `Die neuesten ${count} sind aufgeführt.`,
    closed: {
      accepted: 'Auf einem anderen Gerät angenommen.',
      rejected: 'Abgelehnt.',
      timed_out: 'Nicht rechtzeitig beantwortet.',
      undelivered: 'Die Anfrage hat Sie nicht rechtzeitig erreicht.',
      client_cancelled: 'Die Anfrage wurde zurückgezogen.',
      client_lost: 'Wer gefragt hat, ist nicht mehr da.',
      went_offline: 'Sie haben die Annahme ausgeschaltet; die Anfrage ist nicht mehr Ihre.',
      withdrawn_by_admin: 'Die Anfrage wurde zurückgenommen.',
      booking_expired: 'Die Suche dauerte zu lange und wurde beendet.',
      taken: 'Jemand anderes war schneller. Sie haben nichts verpasst.',
    },
    elsewhere: 'Auf einem anderen Gerät abgelehnt.',
    over: (client) => `Das Gespräch mit ${client} ist vorbei`,
    endedBy: {
      client: 'Die andere Seite hat es beendet.',
      employee: 'Sie haben es beendet.',
      admin: 'Die Leitung hat es beendet.',
      lost: 'Die Verbindung einer Seite war zu lange weg.',
    },
    reason: (reason) => `Grund: ${reason}`,
    done: 'Fertig',
    today: 'Heute',
    todayFigures: { sessions: 'Gespräche', talked: 'Im Gespräch', declined: 'Abgelehnt', missed: 'Verpasst' },
    nothingToday: 'Heute noch kein Gespräch.',
    session: (topic, client) => `${topic} mit ${client}`,
    back: 'Zurück',
    past: 'Was geschrieben wurde',
    forgotten: 'Der Server hält dieses Gespräch nicht mehr bereit.',
    nobodyWrote: 'Niemand hat etwas geschrieben.',
    you: 'Sie',
    sound: 'Laut klingeln',
    notify: 'Benachrichtigungen zeigen',
    notifyBlocked: 'Benachrichtigungen sind im Browser gesperrt',
    settings: 'Einstellungen dieses Geräts',
    language: 'Sprache',
    try: 'Klingeln ausprobieren',
    close: 'Schließen',
    gone: 'Dieser Arbeitsplatz ist geschlossen',
    goneHow: 'Ihr Platz im Unternehmen wurde entfernt, oder diese Seite ist nicht für Sie.',
  },
  ar: {
    title: 'المكتب',
    take: 'استقبال الطلبات',
    since: (time) => `منذ ${time}`,
    because: {
      missed: 'بقيت طلبات دون رد، لذلك أُوقف الاستقبال. شغّله عند عودتك.',
      set_by_admin: 'غيّرت الإدارة هذه الحالة.',
      connection_lost: 'غاب هذا الجهاز مدة طويلة، لذلك أُوقف الاستقبال.',
    },
    afterwards: 'يسري بعد انتهاء هذه الجلسة',
    waiting: 'جاهز للطلب التالي',
    waitingHow: 'اترك هذه الصفحة مفتوحة. سترنّ عندما يطلبك أحد.',
    silent: 'المس هذه الصفحة أو انقر عليها مرة واحدة: عندها فقط يسمح لها المتصفح بالرنين.',
    away: 'أنت متوقف عن الاستقبال',
    awayHow: 'شغّل الاستقبال عندما تريد أن تصلك الطلبات.',
    request: (topic) => `طلب: ${topic}`,
    from: (client) => `من ${client}`,
    wanted: 'يطلبك أنت',
    waited: (time) => `ينتظر منذ ${time}`,
    skills: (skills) => `المطلوب: ${skills}`,
    others: (others) => `يُسأل معك أيضًا: ${number(others)}`,
    pause: 'استراحة',
    pauseHow: 'لا تصلك طلبات حتى تعود.',
    pauseWhy: 'السبب',
    pauseLength: 'المدة',
    minutes: (minutes) => `${minutes} د`,
    untilBack: 'حتى أعود',
    paused: 'بعدها تصبح متاحًا من جديد إذا كانت هذه الصفحة مفتوحة.',
    pausedOpen: 'لا تصلك طلبات حتى تعود.',
    amBack: 'لقد عدت',
    resting: 'راحة قصيرة',
    restingHow: 'لا يصلك طلب حتى ذلك الحين، لأنك رفضت طلبًا أو فاتك.',
    readyNow: 'جاهز الآن',
    moreTime: 'دقيقتان إضافيتان',
    howItWent: 'كيف كانت الجلسة',
    sessions: 'الجلسات',
    unread: (count) => `غير مقروء: ${count}`,
    attempt: (attempt) => `ترتيبك بين من سُئلوا: ${attempt}`,
    left: (seconds) => `بقي ${seconds} ث`,
    accept: 'قبول',
    decline: 'رفض',
    keys: (accept, decline) => `المفاتيح: ${accept} للقبول و${decline} للرفض`,
    lineLost: 'لا يوجد اتصال. سيُرسل ردّك عند عودته.',
    answerWaits: 'لا يوجد اتصال. سيُرسل ردّك عند عودته، وإن فات الأوان فستخبرك هذه الصفحة.',
    acceptLost: 'لم يصل قبولك في الوقت المناسب: ذهب الطلب إلى شخص آخر أو انتهى.',
    overMeanwhile: 'انتهى طلب أثناء انقطاع اتصالك.',
    wrapUp: 'إنهاء الأعمال',
    wrapUpHow: 'الوقت المتبقي قبل أن يصل الطلب التالي.',
    wrapUpOff: 'بعد ذلك يتوقف استقبالك.',
    notifyAsk: 'يمكن لهذه الصفحة تنبيهك إلى الطلبات والرسائل والمكالمات عندما تنظر إلى غيرها.',
    notNow: 'ليس الآن',
    answerByKeys: 'الرد على الطلبات والمكالمات بالمفاتيح',
    cut: 'تظهر آخر 100 رسالة فقط، ولا تظهر الرسائل الأقدم.',
    newestOnly: (count) => `تظهر أحدث ${count}.`,
    closed: {
      accepted: 'قُبل على جهاز آخر.',
      rejected: 'رُفض.',
      timed_out: 'لم يُجَب في الوقت المحدد.',
      undelivered: 'لم يصلك الطلب في الوقت المحدد.',
      client_cancelled: 'ألغى العميل طلبه.',
      client_lost: 'غادر العميل.',
      went_offline: 'أوقفت الاستقبال، فلم يعد الطلب لك.',
      withdrawn_by_admin: 'سُحب الطلب.',
      booking_expired: 'طال البحث فأُنهي.',
      taken: 'سبقك زميل. لم يفتك شيء.',
    },
    elsewhere: 'رُفض على جهاز آخر.',
    over: (client) => `انتهت الجلسة مع ${client}`,
    endedBy: {
      client: 'أنهاها العميل.',
      employee: 'أنهيتها أنت.',
      admin: 'أنهتها الإدارة.',
      lost: 'انقطع اتصال أحد الطرفين مدة طويلة.',
    },
    reason: (reason) => `السبب: ${reason}`,
    done: 'تم',
    today: 'اليوم',
    todayFigures: { sessions: 'الجلسات', talked: 'مدة الجلسات', declined: 'المرفوض', missed: 'الفائت' },
    nothingToday: 'لا جلسات اليوم بعد.',
    session: (topic, client) => `${topic} مع ${client}`,
    back: 'رجوع',
    past: 'ما كُتب',
    forgotten: 'لم تعد هذه الجلسة متاحة من الخادم.',
    nobodyWrote: 'لم يكتب أحد شيئًا.',
    you: 'أنت',
    sound: 'رنين مسموع',
    notify: 'إظهار الإشعارات',
    notifyBlocked: 'الإشعارات محظورة في إعدادات المتصفح',
    settings: 'إعدادات هذا الجهاز',
    language: 'اللغة',
    try: 'جرّب الرنين',
    close: 'إغلاق',
    gone: 'هذا المكتب مغلق',
    goneHow: 'أُزيل مكانك في الشركة، أو أن هذه الصفحة ليست لك.',
  },
})
