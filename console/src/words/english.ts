// English numbers in words; the other languages use digits.

const NAMED = ['first', 'second', 'third', 'fourth', 'fifth', 'sixth', 'seventh', 'eighth', 'ninth', 'tenth']
const COUNTED = ['one', 'two', 'three', 'four', 'five', 'six', 'seven', 'eight', 'nine', 'ten']
const SUFFIX: Readonly<Record<Intl.LDMLPluralRule, string>> = {
  zero: 'th',
  one: 'st',
  two: 'nd',
  few: 'rd',
  many: 'th',
  other: 'th',
}

/** `first`, `second`, …; in digits from the eleventh on. */
export function ordinalEnglish(value: number): string {
  const rule = new Intl.PluralRules('en', { type: 'ordinal' }).select(value)
  return NAMED[value - 1] ?? `${value}${SUFFIX[rule]}`
}

/** `one`, `two`, …; in digits from eleven on. */
export function cardinalEnglish(value: number): string {
  return COUNTED[value - 1] ?? String(value)
}
