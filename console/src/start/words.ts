// What the start page says.
import { translated } from '../words/language.js'

/** What the start page says, in its language. */
export const words = translated({
  en: {
    title: 'Try a booking',
    steps: [
      'Switch Erika on: “Take requests”.',
      'As Alice, choose “tax” and ask.',
      'Erika rings: accept.',
      'Talk, call, and end it.',
    ],
    lastStep: 'See all of it on the board.',
    desk: (name: string) => `${name}’s desk`,
    client: (name: string) => `${name}, a client`,
    board: 'The board',
    alone: 'Open alone',
    more: 'Each of them is a page that your people can use as it is. This server runs with --dev: all of this is only on your machine.',
    docs: 'HTTP API',
    nobody: 'There is nothing to try here',
    nobodyHow: 'This page is for a server that runs with --dev.',
    pages: 'Pages',
  },
  de: {
    title: 'Eine Buchung ausprobieren',
    steps: [
      'Erika anmelden: „Anfragen annehmen“.',
      'Als Alice „tax“ wählen und fragen.',
      'Bei Erika klingelt es: annehmen.',
      'Schreiben, anrufen und beenden.',
    ],
    lastStep: 'Alles auf der Tafel ansehen.',
    desk: (name: string) => `Arbeitsplatz von ${name}`,
    client: (name: string) => `${name}, fragt an`,
    board: 'Die Tafel',
    alone: 'Allein öffnen',
    more: 'Jede davon ist eine Seite, die Ihre Leute so benutzen können. Dieser Server läuft mit --dev: Alles bleibt auf Ihrem Rechner.',
    docs: 'HTTP-API',
    nobody: 'Hier gibt es nichts auszuprobieren',
    nobodyHow: 'Diese Seite ist für einen Server, der mit --dev läuft.',
    pages: 'Seiten',
  },
  ar: {
    title: 'جرّب حجزًا',
    steps: [
      'شغّل «استقبال الطلبات» لدى Erika.',
      'بصفتك Alice اختر «tax» واطلب.',
      'يرنّ مكتب Erika: اقبل.',
      'تحدّثا، واتصلا، ثم أنهِ الجلسة.',
    ],
    lastStep: 'شاهد كل ذلك على اللوحة.',
    desk: (name: string) => `مكتب ${name}`,
    client: (name: string) => `${name}، عميلة`,
    board: 'اللوحة',
    alone: 'افتح وحدها',
    more: 'كل واحدة منها صفحة يمكن لفريقك استخدامها كما هي. يعمل هذا الخادم مع ‎--dev: كل شيء على جهازك فقط.',
    docs: 'واجهة HTTP',
    nobody: 'لا شيء لتجربته هنا',
    nobodyHow: 'هذه الصفحة لخادم يعمل مع ‎--dev.',
    pages: 'الصفحات',
  },
})
