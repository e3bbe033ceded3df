// An employee in a dialog: status, name, topics and removal; and the dialog for a new employee.
import type { Employee, Intent, Skills } from 'switchboard-client'
import { useId, useState } from 'preact/hooks'
import { ErrorLine, useDoing, WorkButton } from '../look/doing.js'
import { Lamp } from '../look/lamp.js'
import { announce } from '../look/page.js'
import { Problem, type Api } from '../person/api.js'
import { number } from '../words/writing.js'
import { Dialog, Question } from './dialog.js'
import { useHouse } from './house.js'
import { reachOf } from './reach.js'
import { useRevision, type Fields, type Revision, type Thing } from './revising.js'
import { Since } from './since.js'
import { words } from './words.js'
import { listOf, skillsOf, writtenSkills } from './written.js'
import './routing.css'

const NAME_MAX = 256
/** The ids of the contract, as a form checks them. */
const ID_PATTERN = '[A-Za-z0-9._~@\\-]{1,128}'

/** An employee's dialog. `employee` is the present state, and undefined after a removal. */
export function EmployeeDialog({ employee, close }: { employee: Employee | undefined; close: () => void }) {
  const say = words()
  const house = useHouse()
  return (
    <Dialog title={employee?.name ?? say.removed} name="employee" close={close}>
      {(shut) =>
        employee && (
          <div class="stack">
            <p class="row wrap">
              <Lamp status={employee.status} />
              <Since moment={employee.since} />
              <span class="soft small">{employee.id}</span>
            </p>
            {reachOf(employee, 'long') && <p role="status">{reachOf(employee, 'long')}</p>}
            <Levels employee={employee} />
            {!house.mayManage && <p>{employee.topics.length > 0 ? employee.topics.join(' · ') : say.allTopics}</p>}
            {house.mayOperate && <StatusButtons employee={employee} />}
            {house.mayManage && <EditForm employee={employee} shut={shut} />}
            {house.mayManage && <Remove employee={employee} shut={shut} />}
          </div>
        )
      }
    </Dialog>
  )
}

/** The skills with their levels, the room and the share, where there are any. */
function Levels({ employee: { skills, capacity = 1, share = 1 } }: { employee: Employee }) {
  const say = words()
  const told = Object.entries(skills ?? {})
  if (told.length === 0 && capacity === 1 && share === 1) return null
  return (
    <dl class="levels">
      {told.map(([skill, level]) => (
        <div key={skill}>
          <dt>{skill}</dt>
          <dd class="figure">{number(level)}</dd>
        </div>
      ))}
      {capacity > 1 && (
        <div>
          <dt>{say.capacity}</dt>
          <dd class="figure">{number(capacity)}</dd>
        </div>
      )}
      {share > 1 && (
        <div>
          <dt>{say.share}</dt>
          <dd class="figure">{number(share)}</dd>
        </div>
      )}
    </dl>
  )
}

/** Both statuses can always be set, because the intent applies after the present duty. */
function StatusButtons({ employee: { id, intent } }: { employee: Employee }) {
  const say = words()
  const { api } = useHouse()
  const { busy, error, run } = useDoing()
  const set = (status: Intent) => run(() => api.send('POST', `/employees/${encodeURIComponent(id)}/status`, { status }))
  return (
    <>
      <div class="row wrap">
        {intent === 'offline' ? (
          <WorkButton busy={busy} onClick={() => set('idle')}>
            {say.setIdle}
          </WorkButton>
        ) : (
          <WorkButton busy={busy} onClick={() => set('offline')}>
            {say.setOffline}
          </WorkButton>
        )}
      </div>
      <ErrorLine text={error} />
    </>
  )
}

function EditForm({ employee, shut }: { employee: Employee; shut: () => void }) {
  const say = words()
  const { api } = useHouse()
  const { fields, set, theirs, changed, busy, error, save } = useRevision(thingOf(api, employee.id))
  const saved = () => {
    announce(say.saved)
    shut()
  }
  // The fields wait until the employee is read, because earlier input would be lost.
  if (!fields) return <ErrorLine text={error} />
  return (
    <form class="stack over-part" onSubmit={(event) => {
      event.preventDefault()
      save(saved)
    }}>
      <NameField value={fields['name'] ?? ''} theirs={theirs['name']} set={(value) => set('name', value)} />
      <TopicsField value={fields['topics'] ?? ''} theirs={theirs['topics']} set={(value) => set('topics', value)} />
      <RoutingFields {...{ fields, set, theirs }} />
      <ErrorLine text={error} />
      <div class="row wrap over-foot">
        <WorkButton type="submit" class="act" busy={busy} aria-disabled={!changed}>
          {say.save}
        </WorkButton>
      </div>
    </form>
  )
}

/** The fields of an employee that routing reads; folded where it says nothing, so that the buttons stay in sight. */
function RoutingFields({ fields, set, theirs }: Pick<Revision, 'set' | 'theirs'> & { fields: Fields }) {
  const say = words()
  const [isPlain] = useState(fields['skills'] === '' && fields['capacity'] === '1' && fields['share'] === '1')
  return (
    <details class="route-step" open={!isPlain}>
      <summary>{say.routing}</summary>
      <div class="stack">
        <label>
          <span>{say.skills}</span>
          <input
            name="skills" dir="auto" autocomplete="off" placeholder="de:4, senior:1" value={fields['skills']}
            onInput={(event) => set('skills', event.currentTarget.value)}
          />
          <span class="small soft">{say.skillsMean}</span>
        </label>
        <Theirs text={theirs['skills']} />
        <div class="row">
          {(['capacity', 'share'] as const).map((name) => (
            <label key={name} class="grow">
              <span>{say[name]}</span>
              <input
                type="number" name={name} required min={1} max={100} step={1} inputMode="numeric" value={fields[name]}
                onInput={(event) => set(name, event.currentTarget.value)}
              />
              <Theirs text={theirs[name]} />
            </label>
          ))}
        </div>
      </div>
    </details>
  )
}

function Remove({ employee, shut }: { employee: Employee; shut: () => void }) {
  const say = words()
  const { api } = useHouse()
  const [asks, ask] = useState(false)
  const remove = async () => {
    await api.send('DELETE', `/employees/${encodeURIComponent(employee.id)}`)
    announce(say.removed)
    shut()
  }
  return (
    <div class="over-part">
      <button type="button" class="plain grave" onClick={() => ask(true)}>
        {say.remove}
      </button>
      {asks && (
        <Question
          title={say.removeThis(employee.name)}
          text={say.removeMeans}
          answer={say.remove}
          act={remove}
          close={() => ask(false)}
        />
      )}
    </div>
  )
}

/** Adds an employee; never overwrites an existing one. */
export function NewEmployeeDialog({ close }: { close: () => void }) {
  const say = words()
  const { api } = useHouse()
  const { busy, error, run } = useDoing()
  const [id, setId] = useState('')
  const [name, setName] = useState('')
  const [topics, setTopics] = useState('')
  const add = async () => {
    const body = { ...(name.trim() && { name: name.trim() }), topics: listOf(topics) }
    try {
      await api.send('PUT', `/employees/${encodeURIComponent(id)}`, body, { 'if-none-match': '*' })
    } catch (caught) {
      const isTaken = caught instanceof Problem && caught.reason === 'changed'
      throw isTaken ? new Problem(caught.status, 'id_taken', say.idTaken) : caught
    }
    announce(say.added(name.trim() || id))
  }
  const hint = useId()
  return (
    <Dialog title={say.addEmployee} name="employee" close={close}>
      {(shut) => (
        <form class="stack" onSubmit={(event) => {
          event.preventDefault()
          run(() => add().then(shut))
        }}>
          <label>
            <span>{say.id}</span>
            <input
              name="id" required pattern={ID_PATTERN} autocomplete="off" autocapitalize="none" spellcheck={false}
              aria-describedby={hint} value={id} onInput={(event) => setId(event.currentTarget.value)}
            />
          </label>
          <p class="small soft" id={hint}>
            {say.idMeans}
          </p>
          <NameField value={name} set={setName} />
          <TopicsField value={topics} set={setTopics} />
          <ErrorLine text={error} />
          <div class="row wrap over-foot">
            <WorkButton type="submit" class="act" busy={busy}>
              {say.addEmployee}
            </WorkButton>
          </div>
        </form>
      )}
    </Dialog>
  )
}

interface Field {
  readonly value: string
  readonly set: (value: string) => void
  /** The present value, if another person has changed the field too. */
  readonly theirs?: string | undefined
}

function NameField({ value, set, theirs }: Field) {
  const id = useId()
  return (
    <div>
      <label>
        <span>{words().name}</span>
        <input
          name="name" dir="auto" maxLength={NAME_MAX} aria-describedby={id}
          value={value} onInput={(event) => set(event.currentTarget.value)}
        />
      </label>
      <Theirs id={id} text={theirs} />
    </div>
  )
}

function TopicsField({ value, set, theirs }: Field) {
  const say = words()
  const id = useId()
  return (
    <div>
      <label>
        <span>{say.topics}</span>
        <input
          name="topics" dir="auto" autocomplete="off" placeholder={say.allTopics} aria-describedby={id}
          value={value} onInput={(event) => set(event.currentTarget.value)}
        />
      </label>
      <div id={id}>
        <p class="small soft">{say.topicsMean}</p>
        <Theirs text={theirs === '' ? say.allTopics : theirs} />
      </div>
    </div>
  )
}

/** Shows the value that another person has given a field, if there is one. */
export function Theirs({ id, text }: { id?: string; text: string | undefined }) {
  return (
    <p class="theirs small" id={id} hidden={text === undefined}>
      {text !== undefined && words().isNow(text)}
    </p>
  )
}

function thingOf(api: Api, id: string): Thing {
  const path = `/employees/${encodeURIComponent(id)}`
  let known: Skills = {}
  return {
    read: async () => {
      const { body, tag } = await api.getTagged<Employee>(path)
      const { name, topics, skills = {}, capacity = 1, share = 1 } = body
      known = skills
      const fields = { skills: writtenSkills(skills), capacity: String(capacity), share: String(share) }
      return { body: { name, topics: topics.join(', '), ...fields }, tag }
    },
    change: (changed, tag) => {
      const name = changed['name']
      const topics = changed['topics']
      // An empty name stands for the id.
      const body = {
        ...(name !== undefined && { name: name.trim() || null }),
        ...(topics !== undefined && { topics: listOf(topics) }),
        ...(changed['skills'] !== undefined && { skills: changesOfSkills(known, skillsOf(changed['skills'])) }),
        ...(changed['capacity'] !== undefined && { capacity: Number(changed['capacity']) }),
        ...(changed['share'] !== undefined && { share: Number(changed['share']) }),
      }
      return api.send('PATCH', path, body, { 'if-match': tag })
    },
  }
}

/** A change of skills names those that are gone with null, because a patch merges skills. */
function changesOfSkills(before: Skills, after: Skills): Record<string, number | null> {
  const gone = Object.keys(before).filter((skill) => !(skill in after))
  return { ...Object.fromEntries(gone.map((skill) => [skill, null])), ...after }
}
