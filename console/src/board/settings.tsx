// The company's settings: its name, its look, and its rules of time, in units for people.
import { useId, useState } from 'preact/hooks'
import { ErrorLine, WorkButton } from '../look/doing.js'
import { announce } from '../look/page.js'
import type { Api } from '../person/api.js'
import { number } from '../words/writing.js'
import { Dialog } from './dialog.js'
import { ColourField, LogoField, pictureOf } from './dress.js'
import { Theirs } from './employee.js'
import { useHouse } from './house.js'
import { useRevision, type Fields, type Revision, type Thing } from './revising.js'
import { RULES, ruleWords, unitOf, UNITS_MS, type Rule, type Unit } from './rules.js'
import { words } from './words.js'
import './settings.css'

const NAME_MAX = 256

/** The dialog that shows and changes the settings. */
export function SettingsDialog({ close }: { close: () => void }) {
  const say = words()
  const { api } = useHouse()
  const revision = useRevision(thingOf(api))
  const { fields, error } = revision
  return (
    <Dialog title={say.settings} name="settings" close={close}>
      {(shut) => (
        <>
          {!fields && !error && <p class="soft">{say.loading}</p>}
          {!fields && <ErrorLine text={error} />}
          {fields && <SettingsForm fields={fields} revision={revision} shut={shut} />}
        </>
      )}
    </Dialog>
  )
}

function SettingsForm({ fields, revision, shut }: { fields: Fields; revision: Revision; shut: () => void }) {
  const say = words()
  const { set, theirs, changed, busy, error, save } = revision
  const nameIsNow = useId()
  const saved = () => {
    announce(say.saved)
    shut()
  }
  return (
    <form class="stack" onSubmit={(event) => {
      event.preventDefault()
      save(saved)
    }}>
      <div>
        <label>
          <span>{say.companyName}</span>
          <input
            name="name" dir="auto" maxLength={NAME_MAX} aria-describedby={nameIsNow}
            value={fields['name']} onInput={(event) => set('name', event.currentTarget.value)}
          />
        </label>
        <Theirs id={nameIsNow} text={theirs['name']} />
      </div>
      <ColourField value={fields['colour'] ?? ''} theirs={theirs['colour']} set={(value) => set('colour', value)} />
      <LogoField value={fields['logo'] ?? ''} theirs={theirs['logo']} set={(value) => set('logo', value)} />
      {(Object.keys(RULES) as Rule[]).map((rule) => (
        <RuleField
          key={`${rule} ${revision.tag}`} rule={rule} value={Number(fields[rule])} theirs={theirs[rule]}
          set={(value) => set(rule, String(value))}
        />
      ))}
      <div class="over-foot settings-foot stack in-sight">
        <ErrorLine text={error} />
        <p class="small soft">{say.countsForNew}</p>
        <WorkButton type="submit" class="act" busy={busy} aria-disabled={!changed}>
          {say.save}
        </WorkButton>
      </div>
    </form>
  )
}

interface RuleFieldProps {
  readonly rule: Rule
  readonly value: number
  /** The present value, if another person has changed the field too. */
  readonly theirs: string | undefined
  readonly set: (value: number) => void
}

function RuleField({ rule, value, theirs, set }: RuleFieldProps) {
  const say = words()
  const { kind, min, max, zeroIsOff } = RULES[rule]
  const { name, means } = ruleWords()[rule]
  const [unit, measure] = useState<Unit>(unitOf(value))
  const factor = kind === 'time' ? UNITS_MS[unit] : 1
  const [written, write] = useState(String(value / factor))
  const hint = useId()
  const take = (text: string, times: number) => {
    write(text)
    set(text.trim() === '' ? Number.NaN : Math.round(Number(text) * times))
  }
  const takeIn = (chosen: Unit) => {
    measure(chosen)
    take(written, UNITS_MS[chosen])
  }
  // The minimum in the chosen unit, where 1 ms stands for any duration above 0.
  const least = min > 0 ? min / factor : 0
  return (
    <fieldset class="rule">
      <legend>{name}</legend>
      <div class="row">
        <input
          type="number" name={rule} aria-label={name} aria-describedby={hint} required inputMode="decimal"
          min={least} max={max / factor} step={kind === 'time' ? 'any' : 1} value={written}
          onInput={(event) => take(event.currentTarget.value, factor)}
        />
        {kind === 'time' && (
          <select
            aria-label={say.unitOf(name)} value={unit}
            onChange={(event) => takeIn(event.currentTarget.value as Unit)}
          >
            {(Object.keys(UNITS_MS) as Unit[]).map((one) => (
              <option key={one} value={one}>
                {say.units[one]}
              </option>
            ))}
          </select>
        )}
      </div>
      <div id={hint}>
        <p class="small soft">
          {means} {zeroIsOff && say.zeroIsOff}
        </p>
        <Theirs text={theirs && valueIn(rule, Number(theirs))} />
      </div>
    </fieldset>
  )
}

function valueIn(rule: Rule, value: number): string {
  if (RULES[rule].kind === 'count') return number(value)
  const unit = unitOf(value)
  return number(value / UNITS_MS[unit], { style: 'unit', unit, unitDisplay: 'long' })
}

interface Company {
  readonly name: string
  readonly colour: string | null
  readonly logo: string | null
  readonly settings: Readonly<Record<Rule, number>>
}

function thingOf(api: Api): Thing {
  return {
    read: async () => {
      const { body, tag } = await api.getTagged<Company>('')
      const rules = Object.entries(body.settings).map(([rule, value]) => [rule, String(value)])
      const { name, colour, logo } = body
      return { body: { name, colour: colour ?? '', logo: logo ?? '', ...Object.fromEntries(rules) }, tag }
    },
    change: async ({ name, colour, logo, ...rules }, tag) => {
      const settings = Object.fromEntries(Object.entries(rules).map(([rule, value]) => [rule, Number(value)]))
      const body = {
        // An empty name stands for the id.
        ...(name !== undefined && { name: name.trim() || null }),
        ...(colour !== undefined && { colour: colour || null }),
        settings,
      }
      const changed = await api.sendTagged('PATCH', '', body, { 'if-match': tag })
      if (logo === undefined) return
      const [method, picture] = logo === '' ? (['DELETE', undefined] as const) : (['PUT', pictureOf(logo)] as const)
      await api.send(method, '/logo', picture, { 'if-match': changed.tag })
    },
  }
}
