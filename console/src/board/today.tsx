// The figures of the day.
import { clock, number, percent } from '../words/writing.js'
import type { Told } from './plots/hours.js'
import { words } from './words.js'

/** The outcomes of bookings since midnight of the viewer's time zone, as on the desk. */
export function TodayFigures({ day: { began, counts } }: { day: Told['day'] }) {
  const say = words()
  const { offering = 0, assigned = 0, unanswered = 0, cancelled = 0, expired = 0 } = counts ?? {}
  const over = assigned + unanswered + cancelled + expired
  const figure = (value: number) => (counts ? number(value) : '–')
  const figures: [name: string, value: string, tone: string][] = [
    [say.bookedToday, figure(offering + over), ''],
    [say.states.assigned, figure(assigned), 'of-assigned'],
    [say.states.unanswered, figure(unanswered), 'of-unanswered'],
    [say.states.cancelled, figure(cancelled), 'of-cancelled'],
    [say.states.expired, figure(expired), 'of-expired'],
    [say.served, over > 0 ? percent(assigned / over) : '–', ''],
  ]
  return (
    <section class="today card" aria-label={say.today}>
      <h2>
        {say.today} <span class="small soft">{say.since(clock(began))}</span>
      </h2>
      <dl>
        {figures.map(([name, value, tone]) => (
          <div key={name} class={tone}>
            <dt>{name}</dt>
            <dd class="figure">{value}</dd>
          </div>
        ))}
      </dl>
    </section>
  )
}
