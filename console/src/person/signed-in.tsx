// A page for somebody who is signed in; and what it shows while that is being found out, or when it is nobody.
import type { ReadonlySignal } from '@preact/signals'
import type { ComponentChildren } from 'preact'
import { Alone } from '../look/alone.js'
import { translated } from '../words/language.js'
import type { DemoPerson, SignIn } from './sign-in.js'

const words = translated({
  en: {
    asking: 'Signing in…',
    nobody: 'You are not signed in',
    how: 'Open this page from your app: it hands over who you are.',
    signIn: 'Sign in',
    demo: 'Or try it as one of the demo’s people:',
  },
  de: {
    asking: 'Anmeldung…',
    nobody: 'Sie sind nicht angemeldet',
    how: 'Öffnen Sie diese Seite aus Ihrer App: Sie teilt mit, wer Sie sind.',
    signIn: 'Anmelden',
    demo: 'Oder probieren Sie es als jemand aus der Demo:',
  },
  ar: {
    asking: 'جارٍ تسجيل الدخول…',
    nobody: 'لم تسجّل الدخول',
    how: 'افتح هذه الصفحة من تطبيقك، فهو يُعرّف بك.',
    signIn: 'تسجيل الدخول',
    demo: 'أو جرّبها بصفتك أحد أشخاص العرض التجريبي:',
  },
})

/** Draws the page once somebody is there. */
export function SignedIn({ as, page }: {
  as: ReadonlySignal<SignIn>
  page: (signedIn: SignIn & { is: 'somebody' }) => ComponentChildren
}) {
  const found = as.value
  if (found.is === 'somebody') return <>{page(found)}</>
  if (found.is === 'nobody') return <Nobody demo={found.demo} way={found.way} />
  return (
    <main class="alone">
      <p class="soft">{words().asking}</p>
    </main>
  )
}

function Nobody({ demo, way }: { demo: readonly DemoPerson[]; way: string | undefined }) {
  const say = words()
  return (
    <Alone title={say.nobody}>
      {way ? (
        <a class="button act" href={way}>
          {say.signIn}
        </a>
      ) : (
        <p>{say.how}</p>
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
