// The last hours as plots: outcomes of bookings, time to answer, and idle employees.
import { lasting, number } from '../../words/writing.js'
import { Pane } from '../pane.js'
import { words } from '../words.js'
import { PARTS, type Heard, type Part } from './hours.js'
import { placeOf, Plot, roundUp, type Series } from './plot.js'

const whole = (value: number) => number(value, { maximumFractionDigits: 0 })
const few = (value: number) => number(value, { maximumFractionDigits: value < 10 ? 1 : 0 })
/** Gap between two bars, in hundredths of the width. */
const BETWEEN_BARS = 2
/** The lowest tops of the scales, so that small numbers do not look large. */
const LEAST_BOOKINGS = 4
const LEAST_ANSWER_MS = 1000
const LEAST_IDLE = 4

/** The plots' part of the wall. */
export function Plots({ parts }: { parts: readonly Part[] }) {
  return (
    <Pane name="plots" title={words().lastHours}>
      <div class="plots">
        <Outcomes parts={parts} />
        <Answers parts={parts} />
        <Idle parts={parts} />
      </div>
    </Pane>
  )
}

function series(name: string, tone: string, value: (heard: Heard) => number | undefined): Series {
  return { name, tone, of: ({ heard }) => heard && value(heard) }
}

/** Stacked bars, with the good outcomes at the bottom. */
function Outcomes({ parts }: { parts: readonly Part[] }) {
  const { states, bookingsByOutcome } = words()
  const outcomes = [
    series(states.assigned, 'of-assigned', (heard) => heard.assigned),
    series(states.unanswered, 'of-unanswered', (heard) => heard.unanswered),
    series(states.cancelled, 'of-cancelled', (heard) => heard.cancelled),
    series(states.expired, 'of-expired', (heard) => heard.expired),
  ]
  const sum = (part: Part) => outcomes.reduce((total, { of }) => total + (of(part) ?? 0), 0)
  const top = roundUp(Math.max(LEAST_BOOKINGS, ...parts.map(sum)))
  return (
    <Plot title={bookingsByOutcome} parts={parts} series={outcomes} top={top} write={whole}>
      {parts.map((part, at) => (
        <Bar key={part.from} part={part} at={at} outcomes={outcomes} top={top} />
      ))}
    </Plot>
  )
}

function Bar({ part, at, outcomes, top }: { part: Part; at: number; outcomes: readonly Series[]; top: number }) {
  const { x, width } = placeOf(at, PARTS)
  let below = 0
  return (
    <g>
      {outcomes.map(({ tone, of }) => {
        const height = ((of(part) ?? 0) * 100) / top
        below += height
        const across = { x: x + BETWEEN_BARS / 2, width: width - BETWEEN_BARS }
        return <rect key={tone} class={`plot-bar ${tone}`} {...across} y={100 - below} height={height} />
      })}
    </g>
  )
}

/** Lines with a dot at each part, because a single part would otherwise be invisible. */
function Answers({ parts }: { parts: readonly Part[] }) {
  const say = words()
  const lines = [
    series(say.median, 'of-median', (heard) => heard.median),
    series(say.ninetieth(), 'of-ninetieth', (heard) => heard.ninetieth),
  ]
  const values = lines.flatMap(({ of }) => parts.map((part) => of(part) ?? 0))
  const top = roundUp(Math.max(LEAST_ANSWER_MS, ...values) / 1000) * 1000
  return (
    <Plot title={say.timeToAnswer} parts={parts} series={lines} top={top} write={lasting}>
      {lines.map(({ tone, of }) => (
        <g key={tone} class={tone}>
          <path class="plot-line" d={lineThrough(parts.map(of), top)} />
          <path class="plot-dots" d={dotsAt(parts.map(of), top)} />
        </g>
      ))}
    </Plot>
  )
}

/** An area from the bottom. */
function Idle({ parts }: { parts: readonly Part[] }) {
  const say = words()
  const idle = series(say.idleOnAverage, 'of-idle', (heard) => heard.idle)
  const values = parts.map(idle.of)
  const top = roundUp(Math.max(LEAST_IDLE, ...values.map((value) => value ?? 0)))
  return (
    <Plot title={say.idleEmployees} parts={parts} series={[idle]} top={top} write={few}>
      <g class="of-idle">
        <path class="plot-area" d={areaUnder(values, top)} />
        <path class="plot-line" d={lineThrough(values, top)} />
        <path class="plot-dots" d={dotsAt(values, top)} />
      </g>
    </Plot>
  )
}

type Values = readonly (number | undefined)[]
type Point = readonly [x: number, y: number]

/** The midpoints of the parts with known values, in runs without a gap. */
function runsOf(values: Values, top: number): readonly (readonly Point[])[] {
  const found: Point[][] = []
  values.forEach((value, at) => {
    if (value === undefined) return
    const { x, width } = placeOf(at, values.length)
    if (at === 0 || values[at - 1] === undefined) found.push([])
    found.at(-1)?.push([x + width / 2, 100 - (value * 100) / top])
  })
  return found
}

function lineThrough(values: Values, top: number): string {
  return runsOf(values, top).map((run) => `M${run.map((point) => point.join(' ')).join('L')}`).join('')
}

/** Strokes of zero length: with round ends these stay dots, however the plot is stretched. */
function dotsAt(values: Values, top: number): string {
  return runsOf(values, top).flat().map((point) => `M${point.join(' ')}h0`).join('')
}

function areaUnder(values: Values, top: number): string {
  const shapes = runsOf(values, top).map((run) => {
    const [first, last] = [run[0]?.[0] ?? 0, run.at(-1)?.[0] ?? 0]
    return `M${first} 100L${run.map((point) => point.join(' ')).join('L')}L${last} 100Z`
  })
  return shapes.join('')
}
