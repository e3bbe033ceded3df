// The icon as PNG, where SVG is not accepted: drawn at each build from the same shapes as `public/icon.svg`.
import { crc32, deflateSync } from 'node:zlib'

const GROUND = [0x12, 0x50, 0x4b]
const PALE = [0xf6, 0xf3, 0xea]
const GLOW = [0xf3, 0xc4, 0x6b]
/** The drawing is 64 units wide. */
const WIDTH = 64
/** Each pixel is the mean of a square with so many points on a side. */
const POINTS = 3

/** A PNG file of that many pixels; `full` fills the corners, for systems that cut the corners themselves. */
export function pngOf(size, { full }) {
  const rows = Array.from({ length: size }, (_, y) => [0, ...Array.from({ length: size }, (_, x) => pixel(x, y, size, full)).flat()])
  const header = Buffer.alloc(13)
  header.writeUInt32BE(size, 0)
  header.writeUInt32BE(size, 4)
  header.set([8, 6, 0, 0, 0], 8)
  const signature = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a])
  const data = deflateSync(Buffer.from(rows.flat()), { level: 9 })
  return Buffer.concat([signature, chunk('IHDR', header), chunk('IDAT', data), chunk('IEND', Buffer.alloc(0))])
}

function chunk(kind, data) {
  const body = Buffer.concat([Buffer.from(kind, 'latin1'), data])
  const [length, sum] = [Buffer.alloc(4), Buffer.alloc(4)]
  length.writeUInt32BE(data.length)
  sum.writeUInt32BE(crc32(body))
  return Buffer.concat([length, body, sum])
}

function pixel(x, y, size, full) {
  const sum = [0, 0, 0, 0]
  for (let step = 0; step < POINTS * POINTS; step += 1) {
    const at = (place, part) => ((place + (part + 0.5) / POINTS) * WIDTH) / size
    const colour = colourAt(at(x, step % POINTS), at(y, Math.floor(step / POINTS)), full)
    if (!colour) continue
    colour.forEach((part, index) => (sum[index] += part))
    sum[3] += 1
  }
  const [r, g, b, count] = sum
  return count === 0 ? [0, 0, 0, 0] : [r / count, g / count, b / count, (count * 255) / POINTS ** 2].map(Math.round)
}

/** The topmost colour there: the cord's ends, the cord, the jacks, the ground. */
function colourAt(x, y, full) {
  const ends = [Math.hypot(x - 20, y - 44), Math.hypot(x - 44, y - 20)]
  if (ends.some((away) => away <= 3.5)) return GLOW
  if (isOnCord(x, y)) return GLOW
  if (ends.some((away) => Math.abs(away - 9) <= 2.25)) return PALE
  return full || isInside(x, y) ? GROUND : undefined
}

/** A square of 64 with round corners of 15. */
function isInside(x, y) {
  const beyond = (place) => Math.max(15 - place, place - 49, 0)
  return Math.hypot(beyond(x), beyond(y)) <= 15
}

/** `M20 44V30c0-9 6-10 12-10h12`, five wide with round ends. */
function isOnCord(x, y) {
  const isNear = (cx, cy) => (x - cx) ** 2 + (y - cy) ** 2 <= 2.5 ** 2
  const between = (value, low, high) => Math.min(high, Math.max(low, value))
  return isNear(20, between(y, 30, 44)) || isNear(between(x, 32, 44), 20) || BEND.some(([cx, cy]) => isNear(cx, cy))
}

/** Points along the cord's bend, close enough to look like a line. */
const BEND = Array.from({ length: 24 }, (_, step) => {
  const t = step / 23
  const curve = (a, b, c, d) => (1 - t) ** 3 * a + 3 * (1 - t) ** 2 * t * b + 3 * (1 - t) * t * t * c + t ** 3 * d
  return [curve(20, 20, 26, 32), curve(30, 21, 20, 20)]
})
