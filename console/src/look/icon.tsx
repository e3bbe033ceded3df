// The icons of buttons, drawn as lines in the colour of the text beside them.

const PATHS = {
  accept: 'M5 12.5l4.5 4.5L19 7.5',
  decline: 'M6.5 6.5l11 11M17.5 6.5l-11 11',
  send: 'M5 12h13M12 5.5l6.5 6.5-6.5 6.5',
  back: 'M19 12H6M12 5.5L5.5 12l6.5 6.5',
  call: 'M5 4h3.5l1.8 4.6-2.3 1.7a12 12 0 0 0 5.7 5.7l1.7-2.3L20 15.5V19a1.5 1.5 0 0 1-1.6 1.5A15.5 15.5 0 0 1 3.5 5.6 1.5 1.5 0 0 1 5 4z',
  hangUp: 'M3.5 14.5c5-5 12-5 17 0l-2.2 2.4-3.6-1.6v-2.3a10 10 0 0 0-5.4 0v2.3l-3.6 1.6z',
  camera: 'M4 7h10.5v10H4zM14.5 10.5L20 7.5v9l-5.5-3',
  cameraOff: 'M4 7h10.5v10H4zM14.5 10.5L20 7.5v9l-5.5-3M3 3l18 18',
  microphone: 'M12 4a2.5 2.5 0 0 1 2.5 2.5v5a2.5 2.5 0 0 1-5 0v-5A2.5 2.5 0 0 1 12 4zM6.5 11.5a5.5 5.5 0 0 0 11 0M12 17v3.5',
  microphoneOff:
    'M12 4a2.5 2.5 0 0 1 2.5 2.5v5a2.5 2.5 0 0 1-5 0v-5A2.5 2.5 0 0 1 12 4zM6.5 11.5a5.5 5.5 0 0 0 11 0M12 17v3.5M4 4l16 16',
  screen: 'M4 5h16v11H4zM9 20h6M12 16v4M12 13V8.5M9.5 10.5L12 8l2.5 2.5',
  settings: 'M4 7h9M17 7h3M4 17h3M11 17h9M15 5v4M9 15v4',
  sent: 'M6 12.5l4 4 8-9',
  delivered: 'M3 12.5l4 4 8-9M11 15l1.5 1.5 8-9',
  waiting: 'M12 5.5v6.5l4 2.5M12 3.5a8.5 8.5 0 1 0 0 17 8.5 8.5 0 0 0 0-17z',
  failed: 'M12 7v6.5M12 17v.01M12 3.5a8.5 8.5 0 1 0 0 17 8.5 8.5 0 0 0 0-17z',
  note: 'M6 4h12v16H6zM9 8.5h6M9 12h6M9 15.5h3',
  bell: 'M6 16.5V11a6 6 0 0 1 12 0v5.5l1.5 1.5h-15zM10 20.5h4',
  add: 'M12 5v14M5 12h14',
  pause: 'M8.5 5v14M15.5 5v14',
  route: 'M5 19V9a4 4 0 0 1 4-4h8M13.5 1.5L17 5l-3.5 3.5M5 14h12M13.5 10.5L17 14l-3.5 3.5',
  edit: 'M5 19l.8-3.7L16 5l3 3L8.7 18.2z',
  find: 'M10.5 4.5a6 6 0 1 0 0 12 6 6 0 0 0 0-12zM15 15l4.5 4.5',
  people: 'M9 5a3 3 0 1 0 0 6 3 3 0 0 0 0-6zM3.5 19a5.5 5.5 0 0 1 11 0M15.5 5.5a3 3 0 0 1 0 5.5M17 14a5.5 5.5 0 0 1 3.5 5',
} as const

/** The name of an icon. */
export type IconName = keyof typeof PATHS

/** Icons that point in the direction of writing. */
const DIRECTED: readonly IconName[] = ['send', 'back']

/** An icon. Its meaning is given by the text beside it or by the button's label. */
export function Icon({ name }: { name: IconName }) {
  const directed = DIRECTED.includes(name) ? ' directed' : ''
  return (
    <svg class={`icon${directed}`} viewBox="0 0 24 24" aria-hidden="true">
      <path d={PATHS[name]} />
    </svg>
  )
}
