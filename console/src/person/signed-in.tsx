// A page for a person who is signed in, and its contents while that is unknown or when no person is signed in.
import type { ReadonlySignal } from '@preact/signals'
import type { ComponentChildren } from 'preact'
import { Alone } from '../look/alone.js'
import { useDoing, WorkButton } from '../look/doing.js'
import { translated } from '../words/language.js'
import type { Nobody, SignIn } from './sign-in.js'

const words = translated({
  en: {
    asking: 'Signing in…',
    nobody: 'You are not signed in',
    how: 'Open this page from your app to sign in.',
    failed: 'Sign-in failed',
    failedHow: 'The page you came from did not sign you in. Try again in a moment.',
    spent: 'This link no longer works',
    spentHow: 'The link was used already, or is over a minute old. Open this page again from your app.',
    again: 'Try again',
    lost: 'No connection',
    lostHow: 'The server cannot be reached. This page continues when the server is back.',
    signIn: 'Sign in',
    demo: 'Or continue as a demo user:',
  },
  de: {
    asking: 'Anmeldung…',
    nobody: 'Sie sind nicht angemeldet',
    how: 'Öffnen Sie diese Seite aus Ihrer App: Sie teilt mit, wer Sie sind.',
    failed: 'Sie konnten nicht angemeldet werden',
    failedHow: 'Die Seite, von der Sie kommen, konnte nicht sagen, wer Sie sind. Bitte versuchen Sie es gleich noch einmal.',
    spent: 'Dieser Link gilt nicht mehr',
    spentHow: 'Er wurde schon benutzt oder ist mehr als eine Minute alt. Bitte öffnen Sie diese Seite noch einmal aus Ihrer App.',
    again: 'Noch einmal versuchen',
    lost: 'Keine Verbindung',
    lostHow: 'Der Server ist nicht zu erreichen. Sobald er es ist, geht es hier von selbst weiter.',
    signIn: 'Anmelden',
    demo: 'Oder probieren Sie es als jemand aus der Demo:',
  },
  ar: {
    asking: 'جارٍ تسجيل الدخول…',
    nobody: 'لم تسجّل الدخول',
    how: 'افتح هذه الصفحة من تطبيقك، فهو يُعرّف بك.',
    failed: 'لم ينجح تسجيل الدخول',
    failedHow: 'لم تستطع الصفحة التي جئت منها أن تُعرّف بك. يُرجى المحاولة مرة أخرى بعد لحظات.',
    spent: 'لم يعد هذا الرابط صالحًا',
    spentHow: 'استُخدم من قبل، أو مضت عليه أكثر من دقيقة. يُرجى فتح هذه الصفحة من تطبيقك مرة أخرى.',
    again: 'حاول مرة أخرى',
    lost: 'لا يوجد اتصال',
    lostHow: 'تعذّر الوصول إلى الخادم. ستتابع هذه الصفحة تلقائيًا حين يعود.',
    signIn: 'تسجيل الدخول',
    demo: 'أو جرّبها بصفتك أحد أشخاص العرض التجريبي:',
  },
})

/** Draws the page once a person is signed in. */
export function SignedIn({ as, page }: {
  as: ReadonlySignal<SignIn>
  page: (signedIn: SignIn & { is: 'somebody' }) => ComponentChildren
}) {
  const say = words()
  const found = as.value
  if (found.is === 'somebody') return <>{page(found)}</>
  if (found.is === 'nobody') return <NotSignedIn {...found} />
  if (found.is === 'unreachable') {
    return (
      <Alone title={say.lost}>
        <p role="status">{say.lostHow}</p>
      </Alone>
    )
  }
  return (
    <main class="alone">
      <p class="soft">{say.asking}</p>
    </main>
  )
}

function NotSignedIn({ demo, way, spent, again }: Nobody) {
  const say = words()
  const { busy, run } = useDoing()
  const why = spent ? say.spentHow : again ? say.failedHow : say.how
  return (
    <Alone title={spent ? say.spent : again ? say.failed : say.nobody}>
      {(spent || !way) && <p>{why}</p>}
      {way && (
        <a class="button act" href={way}>
          {say.signIn}
        </a>
      )}
      {again && (
        <WorkButton class={way ? '' : 'act'} busy={busy} onClick={() => run(again)}>
          {say.again}
        </WorkButton>
      )}
      {demo.length > 0 && (
        <>
          <p class="soft">{say.demo}</p>
          <div class="row wrap">
            {demo.map(({ id, name }) => (
              <a class="button" key={id} href={`?as=${encodeURIComponent(id)}`}>
                {name}
              </a>
            ))}
          </div>
        </>
      )}
    </Alone>
  )
}
