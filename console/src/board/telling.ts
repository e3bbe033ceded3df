// A booking's steps, as sentences in the language of the page.
import type { BookingReason, EndedBy, Outcome } from 'switchboard-client'
import { topicOf } from '../look/names.js'
import { translated } from '../words/language.js'
import { clock, number } from '../words/writing.js'
import type { PassedOver, Step, WhyNot } from './past.js'

interface Sentences {
  readonly opened: (client: string, topic: string) => string
  readonly offered: (employee: string) => string
  readonly idleSince: (time: string) => string
  readonly behind: (many: number) => string
  readonly delivered: (employee: string, device: string | null) => string
  readonly closed: Readonly<Record<Outcome, (employee: string) => string>>
  readonly said: (reason: string) => string
  readonly assigned: (employee: string) => string
  readonly stepOpened: (step: number, early: boolean) => string
  readonly coded: (code: string) => string
  readonly clientLeft: string
  readonly clientReturned: string
  readonly waited: (until: string) => string
  readonly ended: Readonly<Record<BookingReason, string>>
  readonly sessionEnded: Readonly<Record<EndedBy, string>>
  readonly sessionOver: string
  readonly passedOver: Readonly<Record<WhyNot, (employee: string, since: string) => string>>
  readonly more: (many: number) => string
  readonly somebody: string
}

const sentences = translated<Sentences>({
  en: {
    opened: (client, topic) => `${client} asked for ${topic}.`,
    offered: (employee) => `${employee} was asked`,
    idleSince: (time) => `available since ${time}, the longest`,
    behind: (many) => `${number(many)} more in line`,
    delivered: (employee, device) => `Delivered to ${employee}${device ? ` (${device})` : ''}.`,
    closed: {
      accepted: (employee) => `${employee} accepted.`,
      rejected: (employee) => `${employee} declined.`,
      timed_out: (employee) => `${employee} did not answer in time.`,
      undelivered: (employee) => `${employee} could not be reached.`,
      client_cancelled: (employee) => `Withdrawn from ${employee}: the client cancelled.`,
      client_lost: (employee) => `Withdrawn from ${employee}: the client disconnected.`,
      went_offline: (employee) => `${employee} went offline.`,
      withdrawn_by_admin: (employee) => `Withdrawn from ${employee} by an admin.`,
      booking_expired: (employee) => `Withdrawn from ${employee}: the search took too long.`,
      taken: (employee) => `Withdrawn from ${employee}: another employee was faster.`,
    },
    said: (reason) => `Reason given: “${reason}”`,
    assigned: (employee) => `${employee} accepted, and the session began.`,
    stepOpened: (step, early) => (early ? `Step ${number(step)} opened early: nobody of the steps before could be asked.` : `Step ${number(step)} opened.`),
    coded: (code) => `The session was given the code “${code}”.`,
    clientLeft: 'The client disconnected.',
    clientReturned: 'The client reconnected.',
    waited: (until) => `No one can be asked now. Waiting until ${until} for employees to reconnect.`,
    ended: {
      everyone_declined: 'Everyone who was asked declined.',
      nobody_left: 'No one else was available for this topic.',
      client_cancelled: 'The client cancelled.',
      client_lost: 'The client did not reconnect in time.',
      deadline: 'The search took too long and ended.',
      waited_too_long: 'The client waited as long as the line allows.',
      closed_by_admin: 'An admin cancelled the booking.',
    },
    sessionEnded: {
      client: 'The client ended the session.',
      employee: 'The employee ended the session.',
      admin: 'An admin ended the session.',
      lost: 'The session ended: one side did not reconnect.',
    },
    sessionOver: 'The session ended.',
    passedOver: {
      already_asked: (employee) => `Not ${employee}: already asked`,
      wrong_topic: (employee) => `Not ${employee}: does not take this topic`,
      unreachable: (employee, since) => `Not ${employee}: no device since ${since}`,
      busy: (employee, since) => `Not ${employee}: busy since ${since}`,
      level_too_low: (employee) => `Not ${employee}: the level in the topic is too low`,
      lacks_skill: (employee) => `Not ${employee}: lacks a skill`,
      later_step: (employee) => `Not ${employee}: only in a later step`,
      resting: (employee) => `Not ${employee}: rests after a no or a miss`,
      paused: (employee) => `Not ${employee}: paused`,
    },
    more: (many) => `and ${number(many)} more`,
    somebody: 'someone',
  },
  de: {
    opened: (client, topic) => `${client} hat gefragt, Thema: ${topic}.`,
    offered: (employee) => `${employee} wurde gefragt`,
    idleSince: (time) => `am längsten frei, seit ${time}`,
    behind: (many) => `${number(many)} weitere in der Reihe`,
    delivered: (employee, device) => `Bei ${employee} angekommen${device ? ` (${device})` : ''}.`,
    closed: {
      accepted: (employee) => `${employee} hat zugesagt.`,
      rejected: (employee) => `${employee} hat abgelehnt.`,
      timed_out: (employee) => `${employee} hat nicht rechtzeitig geantwortet.`,
      undelivered: (employee) => `Kein Gerät von ${employee} war erreichbar.`,
      client_cancelled: (employee) => `Von ${employee} zurückgenommen: Die Anfrage wurde abgebrochen.`,
      client_lost: (employee) => `Von ${employee} zurückgenommen: Der Kunde blieb weg.`,
      went_offline: (employee) => `${employee} ging offline.`,
      withdrawn_by_admin: (employee) => `Von der Leitung bei ${employee} zurückgenommen.`,
      booking_expired: (employee) => `Von ${employee} zurückgenommen: Die Suche dauerte zu lange.`,
      taken: (employee) => `Von ${employee} zurückgenommen: Jemand anderes war schneller.`,
    },
    said: (reason) => `Angegebener Grund: „${reason}“`,
    assigned: (employee) => `${employee} hat zugesagt, das Gespräch begann.`,
    stepOpened: (step, early) => (early ? `Schritt ${number(step)} begann früher: Aus den vorigen war niemand zu fragen.` : `Schritt ${number(step)} begann.`),
    coded: (code) => `Das Gespräch bekam den Code „${code}“.`,
    clientLeft: 'Das letzte Gerät des Kunden war weg.',
    clientReturned: 'Der Kunde ist wieder da.',
    waited: (until) => `Gerade kann niemand gefragt werden. Bis ${until} wird auf die gewartet, deren Verbindung abriss.`,
    ended: {
      everyone_declined: 'Niemand hat übernommen: Alle Gefragten haben abgelehnt.',
      nobody_left: 'Niemand hat übernommen: Sonst war niemand für das Thema frei.',
      client_cancelled: 'Der Kunde hat abgebrochen.',
      client_lost: 'Beendet, weil der Kunde wegblieb.',
      deadline: 'Die Suche dauerte zu lange und wurde beendet.',
      waited_too_long: 'Die längste Wartezeit war vorbei.',
      closed_by_admin: 'Von der Leitung abgebrochen.',
    },
    sessionEnded: {
      client: 'Der Kunde hat das Gespräch beendet.',
      employee: 'Das Gespräch wurde vom Mitarbeiter oder von der Mitarbeiterin beendet.',
      admin: 'Das Gespräch wurde von der Leitung beendet.',
      lost: 'Das Gespräch endete, weil eine Seite wegblieb.',
    },
    sessionOver: 'Das Gespräch ist zu Ende.',
    passedOver: {
      already_asked: (employee) => `Nicht ${employee}: schon gefragt`,
      wrong_topic: (employee) => `Nicht ${employee}: übernimmt dieses Thema nicht`,
      unreachable: (employee, since) => `Nicht ${employee}: seit ${since} ohne Gerät`,
      busy: (employee, since) => `Nicht ${employee}: seit ${since} beschäftigt`,
      level_too_low: (employee) => `Nicht ${employee}: Die Stufe im Thema ist zu niedrig`,
      lacks_skill: (employee) => `Nicht ${employee}: Eine Fähigkeit fehlt`,
      later_step: (employee) => `Nicht ${employee}: erst in einem späteren Schritt`,
      resting: (employee) => `Nicht ${employee}: Ruhe nach einer Absage oder verpassten Anfrage`,
      paused: (employee) => `Nicht ${employee}: Pause`,
    },
    more: (many) => `und ${number(many)} weitere`,
    somebody: 'jemand',
  },
  ar: {
    opened: (client, topic) => `طلب ${client} استشارة في ${topic}.`,
    offered: (employee) => `عُرض الطلب على ${employee}`,
    idleSince: (time) => `الأطول انتظارًا، متاح منذ ${time}`,
    behind: (many) => `خلفه في الدور: ${number(many)}`,
    delivered: (employee, device) => `وصل الطلب إلى جهاز ${employee}${device ? ` (${device})` : ''}.`,
    closed: {
      accepted: (employee) => `قبِل ${employee}.`,
      rejected: (employee) => `رفض ${employee}.`,
      timed_out: (employee) => `لم يُجب ${employee} في الوقت المحدد.`,
      undelivered: (employee) => `تعذّر الوصول إلى أي جهاز لدى ${employee}.`,
      client_cancelled: (employee) => `سُحب الطلب من ${employee}: ألغاه العميل.`,
      client_lost: (employee) => `سُحب الطلب من ${employee}: غاب العميل.`,
      went_offline: (employee) => `أصبح ${employee} غير متصل.`,
      withdrawn_by_admin: (employee) => `سحبت الإدارة الطلب من ${employee}.`,
      booking_expired: (employee) => `سُحب الطلب من ${employee}: طال البحث أكثر من اللازم.`,
      taken: (employee) => `سُحب الطلب من ${employee}: سبقه موظف آخر.`,
    },
    said: (reason) => `السبب المذكور: «${reason}»`,
    assigned: (employee) => `قبِل ${employee} وبدأت الجلسة.`,
    stepOpened: (step, early) => (early ? `فُتحت الخطوة ${number(step)} مبكرًا: لا أحد من الخطوات السابقة يمكن سؤاله.` : `فُتحت الخطوة ${number(step)}.`),
    coded: (code) => `أُعطيت الجلسة الرمز «${code}».`,
    clientLeft: 'انقطع آخر جهاز للعميل.',
    clientReturned: 'عاد العميل.',
    waited: (until) => `لا يمكن سؤال أحد الآن. ننتظر حتى ${until} من انقطع اتصالهم.`,
    ended: {
      everyone_declined: 'لم يتولَّه أحد: رفض كل من سُئلوا.',
      nobody_left: 'لم يتولَّه أحد: لا يوجد متاح آخر لهذا الموضوع.',
      client_cancelled: 'ألغى العميل الطلب.',
      client_lost: 'انتهى الطلب لغياب العميل.',
      deadline: 'طال البحث أكثر من اللازم فانتهى.',
      waited_too_long: 'انتهت أطول مدة انتظار مسموح بها.',
      closed_by_admin: 'ألغته الإدارة.',
    },
    sessionEnded: {
      client: 'أنهى العميل الجلسة.',
      employee: 'أنهى الموظف الجلسة.',
      admin: 'أنهت الإدارة الجلسة.',
      lost: 'انتهت الجلسة لغياب أحد الطرفين.',
    },
    sessionOver: 'انتهت الجلسة.',
    passedOver: {
      already_asked: (employee) => `لم يُسأل ${employee}: سبق سؤاله`,
      wrong_topic: (employee) => `لم يُسأل ${employee}: لا يتولى هذا الموضوع`,
      unreachable: (employee, since) => `لم يُسأل ${employee}: بلا جهاز منذ ${since}`,
      busy: (employee, since) => `لم يُسأل ${employee}: مشغول منذ ${since}`,
      level_too_low: (employee) => `لم يُسأل ${employee}: مستواه في الموضوع منخفض`,
      lacks_skill: (employee) => `لم يُسأل ${employee}: تنقصه مهارة`,
      later_step: (employee) => `لم يُسأل ${employee}: في خطوة لاحقة فقط`,
      resting: (employee) => `لم يُسأل ${employee}: في راحة بعد رفض أو طلب فائت`,
      paused: (employee) => `لم يُسأل ${employee}: في استراحة`,
    },
    more: (many) => `وآخرون: ${number(many)}`,
    somebody: 'أحدهم',
  },
})

/** The outcome of an offer, in two words. */
export const outcomeWords = translated<Readonly<Record<Outcome, string>>>({
  en: {
    accepted: 'Accepted',
    rejected: 'Declined',
    timed_out: 'No answer',
    undelivered: 'Not reached',
    client_cancelled: 'Client cancelled',
    client_lost: 'Client left',
    went_offline: 'Went offline',
    withdrawn_by_admin: 'Withdrawn',
    booking_expired: 'Search over',
    taken: 'Taken',
  },
  de: {
    accepted: 'Ja',
    rejected: 'Nein',
    timed_out: 'Keine Antwort',
    undelivered: 'Nicht erreicht',
    client_cancelled: 'Abgebrochen',
    client_lost: 'Kunde weg',
    went_offline: 'Ging offline',
    withdrawn_by_admin: 'Zurückgenommen',
    booking_expired: 'Suche beendet',
    taken: 'Vergeben',
  },
  ar: {
    accepted: 'نعم',
    rejected: 'لا',
    timed_out: 'بلا إجابة',
    undelivered: 'لم يصل',
    client_cancelled: 'ألغى العميل',
    client_lost: 'غاب العميل',
    went_offline: 'غادر',
    withdrawn_by_admin: 'سُحب',
    booking_expired: 'انتهى البحث',
    taken: 'سبقه آخر',
  },
})

/** A step as a sentence. `client` is the client's name, `name` gives an employee's name. */
export function sentenceFor(step: Step, client: string, name: (employee: string) => string): string {
  const say = sentences()
  const who = 'employee_id' in step && step.employee_id !== null ? name(step.employee_id) : say.somebody
  const reason = 'reason' in step && step.reason && step.what !== 'ended' ? ` ${say.said(step.reason)}` : ''
  switch (step.what) {
    case 'opened':
      return say.opened(client, topicOf(step))
    case 'offered': {
      const why = step.idle_since === undefined ? [] : [say.idleSince(clock(step.idle_since))]
      const behind = step.behind ? [say.behind(step.behind)] : []
      const aside = [...why, ...behind].join(' · ')
      return aside ? `${say.offered(who)} (${aside}).` : `${say.offered(who)}.`
    }
    case 'delivered':
      return say.delivered(who, step.device)
    case 'closed':
      return say.closed[step.outcome](who) + reason
    case 'assigned':
      return say.assigned(who)
    case 'step_opened':
      return say.stepOpened(step.step, step.early)
    case 'coded':
      return say.coded(step.code)
    case 'client_left':
      return say.clientLeft
    case 'client_returned':
      return say.clientReturned
    case 'waited':
      return say.waited(clock(step.until, 'second'))
    case 'ended':
      return say.ended[step.reason]
    case 'session_ended':
      return (step.ended_by ? say.sessionEnded[step.ended_by] : say.sessionOver) + reason
  }
}

/** The employees passed over at a step and why, a line for each. */
export function passedOverFor(step: Step, name: (employee: string) => string): readonly string[] {
  return 'passed_over' in step && step.passed_over ? linesFor(step.passed_over, name) : []
}

/** The employees who were passed over and why, a line for each. */
export function linesFor(passedOver: PassedOver, name: (employee: string) => string): readonly string[] {
  const say = sentences()
  const lines = passedOver.employees.map(({ employee_id, why, since }) =>
    say.passedOver[why](name(employee_id), clock(since)),
  )
  return passedOver.more > 0 ? [...lines, say.more(passedOver.more)] : lines
}
