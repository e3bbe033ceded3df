// A company's brand on the pages: name, colour and logo; whatever colour it is, everything can be read.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { rules } from './module.mjs'

const GROUNDS = { light: ['#ebe8df', '#f3f1ea', '#fffefa'], dark: ['#1d2227', '#15181c', '#111417'] }
const INK = { light: '#1e2328', dark: '#e9e7e0' }

test('whatever a company’s colour is, what is written in it and on it can be read by day and by night', async () => {
  const { shadesOf, contrastOf } = await rules('../look/brand.ts')
  const parts = ['00', '40', '80', 'c0', 'ff']
  const colours = parts.flatMap((r) => parts.flatMap((g) => parts.map((b) => `#${r}${g}${b}`)))
  for (const colour of colours) {
    for (const scheme of ['light', 'dark']) {
      const { act, actStrong, onAct, mine } = shadesOf(colour, scheme)
      const pairs = [
        ...GROUNDS[scheme].flatMap((ground) => [[act, ground], [actStrong, ground]]),
        [onAct, act], [onAct, actStrong], [act, mine], [INK[scheme], mine],
      ]
      for (const [one, other] of pairs) {
        assert.ok(contrastOf(one, other) >= 4.5, `${colour} ${scheme}: ${one} on ${other} has ${contrastOf(one, other)}`)
      }
    }
  }
  assert.equal(contrastOf('#000000', '#ffffff'), 21)
})

test('what is no colour changes nothing', async () => {
  const { shadesOf } = await rules('../look/brand.ts')
  for (const colour of [null, undefined, '', 'red', '#12345', '#12345g', 'url(x)']) assert.equal(shadesOf(colour, 'light'), undefined)
})
