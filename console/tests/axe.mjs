// What axe finds on a page.
import { readFile } from 'node:fs/promises'

const AXE = await readFile(new URL('../node_modules/axe-core/axe.min.js', import.meta.url), 'utf8')

/** What it calls serious or worse, in words: none is wanted. */
export async function gravePointsOf(page) {
  // What is still on its way is paler than it will be.
  await page.evaluate(() => {
    const ends = document.getAnimations().filter(({ effect }) => effect.getComputedTiming().endTime !== Infinity)
    return Promise.allSettled(ends.map(({ finished }) => finished))
  })
  // The policy lets no script in; a debugger's evaluation is not held up by it.
  await page.evaluate(AXE)
  const { violations } = await page.evaluate(() => globalThis.axe.run(document, { resultTypes: ['violations'] }))
  const grave = violations.filter(({ impact }) => impact === 'serious' || impact === 'critical')
  const points = (nodes) => nodes.map(({ html, failureSummary }) => `${html}: ${failureSummary}`).join(' | ')
  return grave.map(({ id, nodes }) => `${id}: ${points(nodes)}`)
}
