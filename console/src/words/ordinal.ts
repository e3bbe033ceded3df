// English ordinals; the other languages write the number.

const NAMED = ['first', 'second', 'third', 'fourth', 'fifth', 'sixth', 'seventh', 'eighth', 'ninth', 'tenth']
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
