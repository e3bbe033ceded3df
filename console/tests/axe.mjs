// Accessibility problems that axe finds on a page.
import { readFile } from 'node:fs/promises'

const AXE = await readFile(new URL('../node_modules/axe-core/axe.min.js', import.meta.url), 'utf8')

/** The problems that axe calls serious or worse, in words: none is wanted. */
export async function gravePointsOf(page) {
  // During an animation colours are paler than at its end.
  await page.evaluate(() => {
    const ends = document.getAnimations().filter(({ effect }) => effect.getComputedTiming().endTime !== Infinity)
    return Promise.allSettled(ends.map(({ finished }) => finished))
  })
  // The policy blocks scripts, but not a debugger's evaluation.
  await page.evaluate(AXE)
  const { violations } = await page.evaluate(() => globalThis.axe.run(document, { resultTypes: ['violations'] }))
  const grave = violations.filter(({ impact }) => impact === 'serious' || impact === 'critical')
  const points = (nodes) => nodes.map(({ html, failureSummary }) => `${html}: ${failureSummary}`).join(' | ')
  return grave.map(({ id, nodes }) => `${id}: ${points(nodes)}`)
}
