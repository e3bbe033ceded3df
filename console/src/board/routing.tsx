// The company's routing in a dialog: routes as cards with their steps on a line of time, as a form or as JSON, and a
// preview of the employees that a booking would ask now.
import type { ComponentChildren } from 'preact'
import { useEffect, useId, useRef, useState } from 'preact/hooks'
import { ErrorLine, sentenceOf, WorkButton } from '../look/doing.js'
import { topicOf } from '../look/names.js'
import { announce } from '../look/page.js'
import { lasting, number } from '../words/writing.js'
import { Dialog } from './dialog.js'
import { useHouse } from './house.js'
import { Preview } from './preview.js'
import { ROUTE, STEP, withValue, wrongOf, type Route, type RouteStep, type Routing } from './routing-shape.js'
import { listOf, skillsOf, writtenSkills } from './written.js'
import { words, type RoutingField, type RoutingWord } from './words.js'
import './routing.css'

const ORDERS = ['longest_idle', 'round_robin', 'fewest', 'share'] as const
const PREFERENCES = ['any', 'best', 'least'] as const
const SECOND_MS = 1_000
const MINUTE_MS = 60_000
/** A new step opens so long after the one before. */
const LATER_MS = 20_000

/** The dialog that shows and changes the routing. */
export function RoutingDialog({ close }: { close: () => void }) {
  const say = words()
  const form = useRouting()
  return (
    <Dialog title={say.routing} name="routing" close={close}>
      {(shut) => (
        <div class="stack">
          {!form.draft && !form.error && <p class="soft">{say.loading}</p>}
          {!form.draft && <ErrorLine text={form.error} />}
          {form.draft && <Form {...form} draft={form.draft} shut={shut} />}
        </div>
      )}
    </Dialog>
  )
}

type Wrong = ReturnType<typeof wrongOf>

/** The routing as it was read and as it is being changed. Another person's change is never overwritten unseen. */
function useRouting() {
  const { api } = useHouse()
  const [draft, setDraft] = useState<Routing>()
  const [tag, setTag] = useState('')
  const [error, setError] = useState('')
  const [wrong, setWrong] = useState<Wrong>()
  const [busy, setBusy] = useState(false)
  /** Counts the readings, because fields keep what was typed. */
  const [version, count] = useState(0)
  const fail = (caught: unknown) => {
    const field = wrongOf(caught)
    setWrong(field)
    setError(field ? `${field.path}: ${field.problem}` : sentenceOf(caught))
  }
  const read = () =>
    api.getTagged<Routing>('/routing').then(({ body, tag: now }) => {
      setDraft(body)
      setTag(now)
      count((before) => before + 1)
      setError('')
      setWrong(undefined)
    }, fail)
  useEffect(() => void read(), [])
  const save = async (saved: () => void) => {
    if (busy || !draft) return
    setBusy(true)
    setError('')
    setWrong(undefined)
    await api.send('PUT', '/routing', draft, { 'if-match': tag }).then(saved, fail)
    setBusy(false)
  }
  const change = (path: string, value: unknown) => setDraft((now) => now && withValue(now, path, value))
  return { draft, setDraft, change, error, wrong, busy, save, read, tell: setError, version }
}

type FormProps = Omit<ReturnType<typeof useRouting>, 'draft'> & { readonly draft: Routing; readonly shut: () => void }

function Form(props: FormProps) {
  const { draft, change, error, wrong, busy, save, read, shut, version } = props
  const say = words()
  const [asJson, showJson] = useState(false)
  const place = useRef<HTMLFormElement>(null)
  // The server names the field that is wrong: the focus goes there.
  useEffect(() => {
    if (wrong) place.current?.querySelector<HTMLElement>('[aria-invalid=true]')?.focus()
  }, [wrong])
  const saved = () => {
    announce(say.saved)
    shut()
  }
  return (
    <form class="stack routing" ref={place} noValidate onSubmit={(event) => {
      event.preventDefault()
      void save(saved)
    }}>
      <div class="row wrap">
        <p class="grow small soft">{say.routingMeans}</p>
        <div class="parts" role="group">
          {[false, true].map((one) => (
            <button key={String(one)} type="button" class="plain" aria-pressed={asJson === one} onClick={() => showJson(one)}>
              {one ? say.asJson : say.asForm}
            </button>
          ))}
        </div>
      </div>
      <div class="routing-parts">
        <div class="stack">
          {asJson ? <Json key={version} {...props} /> : <Routes key={version} draft={draft} change={change} wrong={wrong} />}
        </div>
        <Preview routing={draft} />
      </div>
      <div class="over-foot settings-foot stack in-sight">
        <ErrorLine text={error} />
        <div class="row wrap">
          <WorkButton type="submit" class="act" busy={busy}>
            {say.save}
          </WorkButton>
          {error && (
            <button type="button" onClick={() => void read()}>
              {say.readAgain}
            </button>
          )}
        </div>
      </div>
    </form>
  )
}

/** The routing as text, which has every field that the server knows. */
function Json({ draft, setDraft, wrong, tell }: FormProps) {
  const say = words()
  const [text, write] = useState(() => JSON.stringify(draft, null, 2))
  const take = (typed: string) => {
    write(typed)
    try {
      setDraft(JSON.parse(typed) as Routing)
      tell('')
    } catch {
      tell(say.noJson)
    }
  }
  return (
    <textarea
      class="routing-json" dir="ltr" spellcheck={false} aria-label={say.asJson} aria-invalid={wrong !== undefined} rows={18}
      value={text} onInput={({ currentTarget }) => take(currentTarget.value)}
    />
  )
}

interface Changing {
  readonly change: (path: string, value: unknown) => void
  readonly wrong: Wrong
}

function Routes({ draft, change, wrong }: Changing & { draft: Routing }) {
  const say = words()
  const { routes, rest, wrap_up, pause_reasons } = draft
  const fields = { change, wrong }
  return (
    <>
      {routes.map((route, at) => (
        <RouteCard
          key={`${at} of ${routes.length}`} {...fields} route={route} path={`routes[${at}]`} title={say.route(number(at + 1))}
          remove={() => change('routes', routes.filter((_, other) => other !== at))}
        />
      ))}
      <button type="button" onClick={() => change('routes', [...routes, ROUTE])}>
        {say.addRoute}
      </button>
      <div class="routing-fields over-part">
        <Words {...fields} name="pause_reasons" path="pause_reasons" value={pause_reasons} />
        <Words {...fields} name="codes" path="wrap_up.codes" value={wrap_up.codes} />
        <Amount {...fields} name="rejected_ms" path="rest.rejected_ms" value={rest.rejected_ms} unit={SECOND_MS} />
        <Amount {...fields} name="missed_ms" path="rest.missed_ms" value={rest.missed_ms} unit={SECOND_MS} />
      </div>
    </>
  )
}

/** A route: its topics, its line, and its steps on a line of time. */
function RouteCard({ route, path, title, change, wrong, remove }: Changing & {
  route: Route
  path: string
  title: string
  remove: () => void
}) {
  const say = words()
  const { topics, steps, priority, wait } = route
  const fields = { change, wrong }
  const last = steps.at(-1) ?? STEP
  return (
    <fieldset class="route card stack">
      <legend>
        {title} <span class="soft">{topics ? topics.map((topic) => topicOf({ topic })).join(' · ') : say.anyTopic}</span>
      </legend>
      <TimeLine steps={steps} />
      <div class="routing-fields">
        <Words {...fields} name="topics" path={`${path}.topics`} value={topics ?? []} none={null} />
        {priority !== undefined && <Amount {...fields} name="priority" path={`${path}.priority`} value={priority} />}
        {wait && <Amount {...fields} name="wait_max_ms" path={`${path}.wait.max_ms`} value={wait.max_ms} unit={MINUTE_MS} />}
        {wait && <Amount {...fields} name="wait_max_length" path={`${path}.wait.max_length`} value={wait.max_length} />}
      </div>
      {steps.map((step, at) => (
        <StepFields
          key={`${at} of ${steps.length}`} {...fields} step={step} path={`${path}.steps[${at}]`} title={say.step(number(at + 1))} isFirst={at === 0}
          remove={() => change(`${path}.steps`, steps.filter((_, other) => other !== at))}
        />
      ))}
      <div class="row wrap">
        <button type="button" onClick={() => change(`${path}.steps`, [...steps, { ...STEP, after_ms: last.after_ms + LATER_MS }])}>
          {say.addStep}
        </button>
        <button type="button" class="plain grave" onClick={remove}>
          {say.removeRoute}
        </button>
      </div>
    </fieldset>
  )
}

/** The steps as they open, one after the other; none closes. */
function TimeLine({ steps }: { steps: readonly RouteStep[] }) {
  const say = words()
  return (
    <ol class="time-line" role="list">
      {steps.map((step, at) => {
        const skills = Object.keys(step.skills)
        const need = [
          step.topic !== null && (step.topic === '*' ? '*' : topicOf({ topic: step.topic })),
          step.level > 1 && `≥ ${number(step.level)}`,
          ...skills,
          step.at_once > 1 && `× ${number(step.at_once)}`,
        ].filter(Boolean)
        return (
          <li key={at}>
            <span class="small soft">{lasting(step.after_ms)}</span>
            <b class="line">{need.length > 0 ? need.join(' · ') : say.step(number(at + 1))}</b>
          </li>
        )
      })}
    </ol>
  )
}

function StepFields({ step, path, title, isFirst, change, wrong, remove }: Changing & {
  step: RouteStep
  path: string
  title: string
  isFirst: boolean
  remove: () => void
}) {
  const say = words()
  const fields = { change, wrong }
  return (
    <details class="route-step" open={wrong?.path.startsWith(path)}>
      <summary>{title}</summary>
      <div class="routing-fields">
        {!isFirst && <Amount {...fields} name="after_ms" path={`${path}.after_ms`} value={step.after_ms} unit={SECOND_MS} />}
        <Written {...fields} name="topic" path={`${path}.topic`} value={step.topic ?? ''} read={(text) => text.trim() || null} />
        <Amount {...fields} name="level" path={`${path}.level`} value={step.level} />
        <Written {...fields} name="skills" path={`${path}.skills`} value={writtenSkills(step.skills)} read={skillsOf} />
        <Choice {...fields} name="order" path={`${path}.order`} value={step.order} all={ORDERS} />
        <Choice {...fields} name="prefer" path={`${path}.prefer`} value={step.prefer} all={PREFERENCES} />
        <Amount {...fields} name="at_once" path={`${path}.at_once`} value={step.at_once} />
      </div>
      {!isFirst && (
        <button type="button" class="plain grave" onClick={remove}>
          {say.removeStep}
        </button>
      )}
    </details>
  )
}

interface FieldProps extends Changing {
  readonly name: RoutingField
  readonly path: string
}

/** A field with its name, and the problem that the server found with it. */
function Field({ name, path, wrong, children }: FieldProps & { children: (more: object) => ComponentChildren }) {
  const id = useId()
  // A problem inside of a list or an object, such as one skill, belongs to the field that shows it.
  const problem = wrong && (wrong.path === path || /^[.[]/.test(wrong.path.slice(path.length)) && wrong.path.startsWith(path)) ? wrong.problem : ''
  return (
    <label>
      <span class="small">{words().routingFields[name]}</span>
      {children({ name: path, 'aria-invalid': problem !== '', 'aria-describedby': id })}
      <span class="wrong small" id={id}>
        {problem}
      </span>
    </label>
  )
}

/** A number, shown in a unit for people. */
function Amount({ value, unit = 1, ...rest }: FieldProps & { value: number; unit?: number }) {
  const [written, write] = useState(String(value / unit))
  const take = (text: string) => {
    write(text)
    rest.change(rest.path, text.trim() === '' ? null : Math.round(Number(text) * unit))
  }
  return (
    <Field {...rest}>
      {(more) => <input {...more} type="number" step="any" inputMode="decimal" value={written} onInput={(event) => take(event.currentTarget.value)} />}
    </Field>
  )
}

/** A text that is read into a value while it is typed. */
function Written({ value, read, ...rest }: FieldProps & { value: string; read: (text: string) => unknown }) {
  const [written, write] = useState(value)
  const take = (text: string) => {
    write(text)
    rest.change(rest.path, read(text))
  }
  return (
    <Field {...rest}>
      {(more) => <input {...more} dir="auto" autocomplete="off" value={written} onInput={(event) => take(event.currentTarget.value)} />}
    </Field>
  )
}

function Words({ value, none = [], ...rest }: FieldProps & { value: readonly string[]; none?: null | readonly string[] }) {
  const read = (text: string) => (listOf(text).length > 0 ? listOf(text) : none)
  return <Written {...rest} value={value.join(', ')} read={read} />
}

function Choice({ value, all, ...rest }: FieldProps & { value: RoutingWord; all: readonly RoutingWord[] }) {
  return (
    <Field {...rest}>
      {(more) => (
        <select {...more} value={value} onChange={(event) => rest.change(rest.path, event.currentTarget.value)}>
          {all.map((one) => (
            <option key={one} value={one}>
              {words().routingWords[one]}
            </option>
          ))}
        </select>
      )}
    </Field>
  )
}
