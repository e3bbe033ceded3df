// `/` with `--dev`: the pages side by side, as different people, to click through a booking in a minute.
import { signal } from '@preact/signals'
import { useState } from 'preact/hooks'
import { Alone } from '../look/alone.js'
import { show } from '../look/page.js'
import { findDemo, type Demo, type DemoPerson } from '../person/sign-in.js'
import { language } from '../words/language.js'
import { words } from './words.js'
import './start.css'

const MAY = 'camera; microphone; display-capture; autoplay; fullscreen; screen-wake-lock; speaker-selection'

const demo = signal<Demo | 'none' | undefined>(undefined)
void findDemo().then((found) => (demo.value = found ?? 'none'), () => (demo.value = 'none'))

show(<Start />)

interface Shown {
  readonly title: string
  readonly address: string
  /** The page's place in the steps, for a person who looks at the pages first. */
  readonly when?: string
}

function Start() {
  const found = demo.value
  if (!found) return null
  if (found === 'none') return <NoDemo />
  const pages = pagesOf(found)
  const admin = found.people.find(({ role }) => role === 'admin')
  const say = words()
  return (
    <div class="start">
      <header class="stack">
        <div class="row">
          <img src="/icon.svg" alt="" width="40" height="40" />
          <h1 class="grow">{say.title}</h1>
          {admin && (
            <a class="button" href={boardOf(admin)} target="_blank">
              {say.board}
            </a>
          )}
          <a class="button" href="/docs" target="_blank">
            {say.docs}
          </a>
        </div>
        <ol class="steps">
          {say.steps.map((step) => (
            <li key={step}>{step}</li>
          ))}
          {admin && (
            <li>
              <a href={boardOf(admin)} target="_blank">
                {say.lastStep}
              </a>
            </li>
          )}
        </ol>
      </header>
      <Frames pages={pages} />
      <footer class="soft small more">{say.more}</footer>
    </div>
  )
}

function boardOf({ id }: DemoPerson): string {
  return `/board?as=${id}&lang=${language.value}`
}

function pagesOf({ company, people }: Demo): readonly Shown[] {
  const say = words()
  const lang = `&lang=${language.value}`
  const book = `/book/${company.id}?name=${encodeURIComponent(company.name)}${lang}`
  const desks = people.filter(({ role }) => role === 'employee')
  const client = people.filter(({ role }) => role === 'client').slice(0, 1)
  const first = desks[0]?.name ?? ''
  return [
    ...desks.slice(0, 1).map(({ id, name }) => ({
      title: say.desk(name),
      address: `/desk?as=${id}${lang}`,
      when: say.beginHere(name),
    })),
    ...client.map(({ id, name }) => ({ title: say.client(name), address: `${book}&as=${id}`, when: say.freeLater(first) })),
    ...desks.slice(1, 2).map(({ id, name }) => ({ title: say.desk(name), address: `/desk?as=${id}${lang}` })),
  ]
}

/** The pages side by side where there is room; otherwise one at a time, while the others keep running behind it. */
function Frames({ pages }: { pages: readonly Shown[] }) {
  const say = words()
  const [front, setFront] = useState(0)
  return (
    <>
      <nav class="tabs" aria-label={say.pages}>
        {pages.map(({ title }, index) => (
          <button key={title} type="button" aria-pressed={front === index} onClick={() => setFront(index)}>
            {title}
          </button>
        ))}
      </nav>
      <main class="frames">
        {pages.map(({ title, address, when }, index) => (
          <section key={address} class={front === index ? 'front' : ''} aria-label={title}>
            <div class="row">
              <h2 class="grow">{title}</h2>
              <a class="small alone-link" href={address} target="_blank" aria-label={`${say.alone}: ${title}`}>
                {say.alone}
              </a>
            </div>
            <p class="small when">{when}</p>
            <iframe src={address} title={title} allow={MAY} />
          </section>
        ))}
      </main>
    </>
  )
}

function NoDemo() {
  const say = words()
  return (
    <Alone title={say.nobody}>
      <p>{say.nobodyHow}</p>
    </Alone>
  )
}
