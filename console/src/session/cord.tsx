// Two jacks and the cord between them, as the sign of a call and its state.
import type { CallState } from './call.js'

/** The sign, hidden from screen readers because the text beside it says the same. */
export function Cord({ state }: { state: CallState['is'] }) {
  return (
    <svg class={`cord is-${state}`} viewBox="0 0 160 72" aria-hidden="true">
      <path class="cord-line" d="M30 26c0 52 100 52 100 0" />
      <path class="cord-current" d="M30 26c0 52 100 52 100 0" pathLength="100" />
      {[30, 130].map((x) => (
        <g key={x}>
          <circle class="cord-jack" cx={x} cy="24" r="17" />
          <circle class="cord-lamp" cx={x} cy="24" r="6.5" />
        </g>
      ))}
    </svg>
  )
}
