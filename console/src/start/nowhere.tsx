// The page for an unknown address.
import { Alone } from '../look/alone.js'
import { show } from '../look/page.js'
import { translated } from '../words/language.js'

const words = translated({
  en: {
    title: 'Page not found',
    how: 'Check the address, or open the page again from your app.',
  },
  de: {
    title: 'Hier ist keine Seite',
    how: 'Prüfen Sie die Adresse, oder öffnen Sie die Seite erneut aus Ihrer App.',
  },
  ar: {
    title: 'لا توجد صفحة هنا',
    how: 'راجع العنوان مرة أخرى، أو افتح الصفحة من تطبيقك.',
  },
})

show(<Nowhere />)

function Nowhere() {
  const say = words()
  document.title = say.title
  return (
    <Alone title={say.title}>
      <p>{say.how}</p>
    </Alone>
  )
}
