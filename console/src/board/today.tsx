// Today's figures.
import type { Today } from 'switchboard-client'
import { clock, number, percent } from '../words/writing.js'
import { serverTime } from './clock.js'
import { words } from './words.js'

/** What became of today's bookings. */
export function TodayFigures({ today }: { today: Today }) {
  const say = words()
  const { booked, assigned, unanswered, cancelled, expired } = today
  const over = assigned + unanswered + cancelled + expired
  const figures: [name: string, value: string, tone: string][] = [
    [say.bookedToday, number(booked), ''],
    [say.states.assigned, number(assigned), 'of-assigned'],
    [say.states.unanswered, number(unanswered), 'of-unanswered'],
    [say.states.cancelled, number(cancelled), 'of-cancelled'],
    [say.states.expired, number(expired), 'of-expired'],
    [say.served, over > 0 ? percent(assigned / over) : '–', ''],
  ]
  return (
    <section class="today card" aria-label={say.today}>
      <h2>
        {say.today} <span class="small soft">{say.since(clock(dayBegan()))}</span>
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

/** The server's day is that of UTC; said in the person's zone. */
function dayBegan(): number {
  return new Date(serverTime()).setUTCHours(0, 0, 0, 0)
}
