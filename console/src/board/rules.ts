// A company's rules of time: their units, bounds and effects, in words for people.
import { translated } from '../words/language.js'

/** A setting of the contract, section 3. */
export type Rule =
  | 'offer_timeout_ms'
  | 'delivery_timeout_ms'
  | 'booking_deadline_ms'
  | 'max_missed'
  | 'employee_grace_ms'
  | 'intent_lapse_ms'
  | 'client_grace_ms'
  | 'session_grace_ms'
  | 'wrap_up_ms'
  | 'history_days'

/** The form of a rule's value: a duration or a number. */
export interface Bounds {
  readonly kind: 'time' | 'count'
  readonly min: number
  readonly max: number
  /** Whether 0 turns the rule off. */
  readonly zeroIsOff: boolean
}

const DAY_MS = 86_400_000

/** The rules, in the order in which they affect a booking. */
export const RULES: Readonly<Record<Rule, Bounds>> = {
  offer_timeout_ms: { kind: 'time', min: 1, max: DAY_MS, zeroIsOff: false },
  delivery_timeout_ms: { kind: 'time', min: 0, max: DAY_MS, zeroIsOff: true },
  booking_deadline_ms: { kind: 'time', min: 1, max: DAY_MS, zeroIsOff: false },
  max_missed: { kind: 'count', min: 0, max: 1000, zeroIsOff: true },
  client_grace_ms: { kind: 'time', min: 0, max: DAY_MS, zeroIsOff: false },
  session_grace_ms: { kind: 'time', min: 0, max: DAY_MS, zeroIsOff: false },
  wrap_up_ms: { kind: 'time', min: 0, max: DAY_MS, zeroIsOff: false },
  employee_grace_ms: { kind: 'time', min: 0, max: DAY_MS, zeroIsOff: false },
  intent_lapse_ms: { kind: 'time', min: 0, max: DAY_MS, zeroIsOff: false },
  history_days: { kind: 'count', min: 0, max: 36_525, zeroIsOff: false },
}

/** A unit in which durations are shown and entered. */
export type Unit = 'second' | 'minute' | 'hour'

/** Duration of each unit. */
export const UNITS_MS: Readonly<Record<Unit, number>> = { second: 1000, minute: 60_000, hour: 3_600_000 }

/** The largest unit in which the duration is a whole number; seconds otherwise. */
export function unitOf(ms: number): Unit {
  if (ms > 0 && ms % UNITS_MS.hour === 0) return 'hour'
  return ms > 0 && ms % UNITS_MS.minute === 0 ? 'minute' : 'second'
}

/** A rule's name, and its effect in a sentence. */
export interface RuleWords {
  readonly name: string
  readonly means: string
}

/** The words of all rules. */
export const ruleWords = translated<Readonly<Record<Rule, RuleWords>>>({
  en: {
    offer_timeout_ms: {
      name: 'Time to answer',
      means: 'Then the request counts as missed, and the next employee is asked.',
    },
    delivery_timeout_ms: {
      name: 'Time to reach a device',
      means: 'If no device is reached, the next employee is asked.',
    },
    booking_deadline_ms: {
      name: 'Search deadline',
      means: 'The booking then ends without a session.',
    },
    max_missed: {
      name: 'Missed in a row',
      means: 'After this many, an employee is set offline.',
    },
    client_grace_ms: {
      name: 'Client away while waiting',
      means: 'A client away this long loses the booking.',
    },
    session_grace_ms: {
      name: 'Away from a session',
      means: 'A session ends when one side is away this long.',
    },
    wrap_up_ms: {
      name: 'Wrap-up time',
      means: 'Time to finish notes before the next request.',
    },
    employee_grace_ms: {
      name: 'Time to reconnect',
      means: 'An employee back by then keeps their place in line.',
    },
    intent_lapse_ms: {
      name: 'Unreachable too long',
      means: 'An employee unreachable this long is set offline.',
    },
    history_days: {
      name: 'Days to keep history',
      means: 'Older bookings and their messages are deleted; 0 keeps all.',
    },
  },
  de: {
    offer_timeout_ms: {
      name: 'Zeit zum Antworten',
      means: 'Wer bis dahin nicht antwortet, hat verpasst, und die Nächsten werden gefragt.',
    },
    delivery_timeout_ms: {
      name: 'Zeit bis zum Gerät',
      means: 'Hat bis dahin kein Gerät die Frage, werden die Nächsten gefragt.',
    },
    booking_deadline_ms: {
      name: 'Die ganze Suche',
      means: 'Danach endet eine Buchung ohne Gespräch.',
    },
    max_missed: {
      name: 'Verpasst in Folge',
      means: 'Wer so viele in Folge verpasst, wird offline gesetzt.',
    },
    client_grace_ms: {
      name: 'Kunde weg beim Warten',
      means: 'Wer so lange weg ist, verliert die Buchung.',
    },
    session_grace_ms: {
      name: 'Weg aus dem Gespräch',
      means: 'Ein Gespräch endet, wenn eine Seite so lange weg ist.',
    },
    wrap_up_ms: {
      name: 'Zeit nach dem Gespräch',
      means: 'So lange wird nach einem Gespräch nicht gefragt, etwa für Notizen.',
    },
    employee_grace_ms: {
      name: 'Verbindung verloren',
      means: 'Wer in dieser Zeit zurück ist, behält den Platz in der Reihe.',
    },
    intent_lapse_ms: {
      name: 'Dauerhaft unerreichbar',
      means: 'Wer so lange nicht erreichbar ist, wird offline gesetzt.',
    },
    history_days: {
      name: 'Verlauf behalten (Tage)',
      means: 'Danach werden beendete Buchungen und Nachrichten entfernt; 0 behält sie.',
    },
  },
  ar: {
    offer_timeout_ms: {
      name: 'مهلة الإجابة',
      means: 'من لا يجيب خلالها يُحسب عليه طلب فائت، ويُسأل التالي.',
    },
    delivery_timeout_ms: {
      name: 'مهلة الوصول إلى جهاز',
      means: 'إن لم يصل الطلب إلى أي جهاز خلالها يُسأل التالي.',
    },
    booking_deadline_ms: {
      name: 'مدة البحث كله',
      means: 'بعدها ينتهي الحجز دون جلسة.',
    },
    max_missed: {
      name: 'الفائت على التوالي',
      means: 'من يفوته هذا العدد على التوالي يصبح غير متصل.',
    },
    client_grace_ms: {
      name: 'غياب العميل أثناء الانتظار',
      means: 'من يغيب هذه المدة يفقد حجزه.',
    },
    session_grace_ms: {
      name: 'الغياب عن الجلسة',
      means: 'تنتهي الجلسة إذا غاب أحد الطرفين هذه المدة.',
    },
    wrap_up_ms: {
      name: 'وقت ما بعد الجلسة',
      means: 'لا يُسأل الموظف خلالها، ليُنهي ملاحظاته.',
    },
    employee_grace_ms: {
      name: 'انقطاع اتصال الموظف',
      means: 'من يعود خلالها يحتفظ بمكانه في الدور.',
    },
    intent_lapse_ms: {
      name: 'تعذّر الوصول طويلًا',
      means: 'من يتعذّر الوصول إليه هذه المدة يصبح غير متصل.',
    },
    history_days: {
      name: 'أيام حفظ السجل',
      means: 'تُزال بعدها الحجوزات المنتهية ورسائلها؛ والصفر يُبقيها.',
    },
  },
})
