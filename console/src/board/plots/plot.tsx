// The frame of a plot: scales with numbers, the chosen values in words, and all values as a table.
import { useId, useState } from 'preact/hooks'
import type { ComponentChildren } from 'preact'
import { clock } from '../../words/writing.js'
import { words } from '../words.js'
import { PART_MS, type Part } from './hours.js'
import './plots.css'

/** A line, area or kind of bar in a plot. */
export interface Series {
  readonly name: string
  /** The CSS class that gives the colour. */
  readonly tone: string
  readonly of: (part: Part) => number | undefined
}

interface Plot {
  readonly title: string
  readonly parts: readonly Part[]
  readonly series: readonly Series[]
  /** The highest value of the scale. */
  readonly top: number
  /** Writes a value in words. */
  readonly write: (value: number) => string
  /** The shapes, in a coordinate system of 100 by 100 with 0 at the bottom. */
  readonly children: ComponentChildren
}

/** Draws the frame around a plot. */
export function Plot({ title, parts, series, top, write, children }: Plot) {
  const id = useId()
  const [chosen, choose] = useState<number>()
  const part = parts[chosen ?? parts.length - 1]
  return (
    <figure class="plot">
      <figcaption>
        <h3 id={id}>{title}</h3>
        <span class="small soft">{chosen === undefined ? words().now : timeOf(part)}</span>
      </figcaption>
      <Legend series={series} part={part} write={write} />
      <div class="plot-room">
        <div class="plot-scale" aria-hidden="true">
          <span>{write(top)}</span>
          <span>{write(0)}</span>
        </div>
        <div class="plot-field">
          <Picture id={id} parts={parts} chosen={chosen}>
            {children}
          </Picture>
          <Choice title={title} parts={parts} chosen={chosen} choose={choose} text={textOf(part, series, write)} />
        </div>
        <div class="plot-times" aria-hidden="true">
          {parts.map(({ from }, at) => (
            <span key={from}>{at % 4 === 0 && clock(from)}</span>
          ))}
        </div>
      </div>
      <Table title={title} parts={parts} series={series} write={write} />
    </figure>
  )
}

function Picture({ id, parts, chosen, children }: {
  id: string
  parts: readonly Part[]
  chosen: number | undefined
  children: ComponentChildren
}) {
  const about = `${id}-desc`
  const end = (parts.at(-1)?.from ?? 0) + PART_MS
  return (
    <svg viewBox="0 0 100 100" preserveAspectRatio="none" role="img" aria-labelledby={id} aria-describedby={about}>
      <desc id={about}>{words().plotMeans(clock(parts[0]?.from ?? 0), clock(end))}</desc>
      <path class="plot-grid" d="M0 0H100M0 50H100M0 100H100" />
      {chosen !== undefined && <rect class="plot-chosen" {...placeOf(chosen, parts.length)} y="0" height="100" />}
      {children}
    </svg>
  )
}

/** A native slider over the plot: with keys, pointer or touch it reads out the values of a time. */
function Choice({ title, parts, chosen, choose, text }: {
  title: string
  parts: readonly Part[]
  chosen: number | undefined
  choose: (at: number | undefined) => void
  text: string
}) {
  const last = parts.length - 1
  return (
    <input
      type="range"
      class="plot-choice"
      min={0}
      max={last}
      value={chosen ?? last}
      aria-label={words().chooseTime(title)}
      aria-valuetext={text}
      onInput={(event) => choose(event.currentTarget.valueAsNumber)}
      onFocus={(event) => choose(event.currentTarget.valueAsNumber)}
      onPointerMove={(event) => choose(pointed(event, parts.length))}
      onPointerLeave={() => choose(undefined)}
      onBlur={() => choose(undefined)}
    />
  )
}

function Legend({ series, part, write }: Pick<Plot, 'series' | 'write'> & { part: Part | undefined }) {
  return (
    <ul class="plot-legend small">
      {series.map(({ name, tone, of }) => (
        <li key={name} class={tone}>
          {name} <b class="figure">{valueOf(part && of(part), write)}</b>
        </li>
      ))}
    </ul>
  )
}

/** The values as a table, for people who do not see the plot. */
function Table({ title, parts, series, write }: Pick<Plot, 'title' | 'parts' | 'series' | 'write'>) {
  const say = words()
  return (
    <details class="plot-table small">
      <summary>{say.asTable}</summary>
      <table>
        <caption class="unseen">{title}</caption>
        <thead>
          <tr>
            <th scope="col">{say.time}</th>
            {series.map(({ name }) => (
              <th scope="col" key={name}>
                {name}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {parts.map((part) => (
            <tr key={part.from}>
              <th scope="row">{timeOf(part)}</th>
              {series.map(({ name, of }) => (
                <td key={name}>{valueOf(of(part), write)}</td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </details>
  )
}

/** Position of a part: its left edge and its width. */
export function placeOf(at: number, of: number): { x: number; width: number } {
  return { x: (at * 100) / of, width: 100 / of }
}

/** A round number that is at least as high, and even enough for a line at half its height. */
export function roundUp(value: number): number {
  const magnitude = 10 ** Math.floor(Math.log10(Math.max(value, 1)))
  const step = [1, 2, 4, 6, 8, 10].find((factor) => factor * magnitude >= value) ?? 10
  return step * magnitude
}

function textOf(part: Part | undefined, series: readonly Series[], write: (value: number) => string): string {
  const values = series.map(({ name, of }) => `${name} ${valueOf(part && of(part), write)}`)
  return `${timeOf(part)}: ${values.join(', ')}`
}

function valueOf(value: number | undefined, write: (value: number) => string): string {
  return value === undefined ? '–' : write(value)
}

function timeOf(part: Part | undefined): string {
  return part ? `${clock(part.from)}–${clock(part.from + PART_MS)}` : ''
}

/** The part under the pointer, counted in the direction of writing. */
function pointed({ clientX, currentTarget }: { clientX: number; currentTarget: HTMLElement }, of: number): number {
  const { left, width } = currentTarget.getBoundingClientRect()
  const share = (clientX - left) / width
  const fromStart = document.documentElement.dir === 'rtl' ? 1 - share : share
  return Math.min(of - 1, Math.max(0, Math.floor(fromStart * of)))
}
