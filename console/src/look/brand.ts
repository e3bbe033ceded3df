// A company's colour as the pages can use it: darkened by day and lightened by night until all text in that colour or
// on it can be read, whatever the colour is.

type Colour = readonly [red: number, green: number, blue: number]

/** The least contrast of text in WCAG 2.2 (1.4.3). */
const CONTRAST_MIN = 4.5
/** The backgrounds of each scheme: the grounds closest to the colour of text, and the card under one's own messages. */
const SCHEMES = {
  light: { grounds: ['#ebe8df', '#f3f1ea', '#fffefa'], card: '#fffefa', letters: '#fdfcf7', ink: '#1e2328', towards: '#000000' },
  dark: { grounds: ['#1d2227', '#15181c', '#111417'], card: '#1d2227', letters: '#10161a', ink: '#e9e7e0', towards: '#ffffff' },
} as const
const STEPS = 50
/** The most of the colour that the ground of one's own messages may contain. */
const MINE_MAX = 0.18

/** The colours of a scheme, derived from a company's colour. */
export interface Shades {
  /** For buttons, links and marks. */
  readonly act: string
  readonly actStrong: string
  /** The text on a button. */
  readonly onAct: string
  /** The ground of one's own messages. */
  readonly mine: string
}

/** The CSS properties of the shades. */
const NAMES = { act: '--act', actStrong: '--act-strong', onAct: '--on-act', mine: '--mine' } as const

/** Gives the page a company's colour; without a valid colour the page gets back its own. */
export function paint(colour: string | null | undefined): void {
  const { style } = document.documentElement
  for (const name of Object.values(NAMES)) style.removeProperty(name)
  for (const [name, value] of Object.entries(paintOf(colour))) style.setProperty(name, value)
}

/** The colours for a part of a page, as a style. */
export function paintOf(colour: string | null | undefined): Readonly<Record<string, string>> {
  const [light, dark] = [shadesOf(colour, 'light'), shadesOf(colour, 'dark')]
  if (!light || !dark) return {}
  const shades = Object.entries(NAMES) as [keyof Shades, string][]
  return Object.fromEntries(shades.map(([shade, name]) => [name, `light-dark(${light[shade]}, ${dark[shade]})`]))
}

/** The shades of a colour in a scheme. */
export function shadesOf(colour: string | null | undefined, scheme: 'light' | 'dark'): Shades | undefined {
  const brand = parsed(colour)
  if (!brand) return undefined
  const { grounds, card, letters, ink, towards } = SCHEMES[scheme]
  const on = [...grounds, letters].map(must)
  const act = firstOf((share) => mixed(brand, must(towards), share), (one) => on.every((ground) => contrast(one, ground) >= CONTRAST_MIN))
  const mine = firstOf(
    (share) => mixed(must(card), act, MINE_MAX * (1 - share)),
    (one) => contrast(act, one) >= CONTRAST_MIN && contrast(must(ink), one) >= CONTRAST_MIN,
  )
  return { act: hex(act), actStrong: hex(mixed(act, must(towards), 0.3)), onAct: letters, mine: hex(mine) }
}

/** The contrast between two colours, from 1 to 21 (WCAG 2.2). */
export function contrastOf(one: string, other: string): number {
  return contrast(must(one), must(other))
}

function firstOf(at: (share: number) => Colour, fits: (colour: Colour) => boolean): Colour {
  for (let step = 0; step < STEPS; step += 1) {
    const colour = at(step / STEPS)
    if (fits(colour)) return colour
  }
  return at(1)
}

function parsed(colour: string | null | undefined): Colour | undefined {
  const found = /^#([0-9a-f]{2})([0-9a-f]{2})([0-9a-f]{2})$/i.exec(colour ?? '')
  return found ? [parseInt(found[1] ?? '', 16), parseInt(found[2] ?? '', 16), parseInt(found[3] ?? '', 16)] : undefined
}

function must(colour: string): Colour {
  return parsed(colour) ?? [0, 0, 0]
}

function hex(colour: Colour): string {
  return `#${colour.map((part) => Math.round(part).toString(16).padStart(2, '0')).join('')}`
}

function mixed([r, g, b]: Colour, [tr, tg, tb]: Colour, share: number): Colour {
  const part = (from: number, to: number) => Math.round(from + (to - from) * share)
  return [part(r, tr), part(g, tg), part(b, tb)]
}

function contrast(one: Colour, other: Colour): number {
  const [light, dark] = [luminance(one), luminance(other)].sort((a, b) => b - a) as [number, number]
  return (light + 0.05) / (dark + 0.05)
}

function luminance([red, green, blue]: Colour): number {
  const linear = (part: number) => (part / 255 <= 0.04045 ? part / 255 / 12.92 : ((part / 255 + 0.055) / 1.055) ** 2.4)
  return 0.2126 * linear(red) + 0.7152 * linear(green) + 0.0722 * linear(blue)
}
