// What a person can reach: in every window, by day and by night, in all languages, on top and without scrolling.
import assert from 'node:assert/strict'

/** A phone upright and on its side, the narrowest phone, a screen, and a screen at 200 %. */
export const WINDOWS = [
  { width: 390, height: 844 },
  { width: 844, height: 390 },
  { width: 320, height: 568 },
  { width: 1440, height: 900 },
  { width: 720, height: 450 },
]
export const SCHEMES = ['light', 'dark']
export const LANGUAGES = ['en', 'de', 'ar']

/** What one can press or write in. What a stage must show is named by it, as what is hidden is never out of reach. */
const USABLE = 'button, a.button, input, select, textarea, summary'
/** Lists that are scrolled by their nature: what is in them need not be in sight. */
const SCROLLED = '.messages-list, .sessions'
/** How long a motion or a layout may take before it counts. */
const SETTLES_IN_MS = 3_000

/** Presses it, as a person would: it must be in sight and on top, and nothing scrolls to it. */
export async function press(locator) {
  await isInReach(locator)
  await locator.click()
}

/** Waits until its middle is inside the window and nothing else lies on it. */
export async function isInReach(locator) {
  await locator.waitFor()
  const wrong = await locator.evaluate(unreached, SETTLES_IN_MS)
  assert.deepEqual(wrong, [], 'not in reach without scrolling')
}

/**
 * Holds a stage of a page in every window, by day and by night, in all languages: each of `shown` is there (selectors, or
 * what gives them for a window), everything usable `within` it is in reach, and the page is no wider than the window. The
 * page is afterwards as it was.
 */
export async function isInReachEverywhere(page, stage, within, shown, { scrolled = SCROLLED, settlesInMs = SETTLES_IN_MS } = {}) {
  const shownIn = typeof shown === 'function' ? shown : () => shown
  const before = { viewport: page.viewportSize(), lang: await page.evaluate(() => document.documentElement.lang) }
  const wrong = []
  for (const lang of LANGUAGES) {
    await speak(page, lang)
    for (const viewport of WINDOWS) {
      await page.setViewportSize(viewport)
      for (const colorScheme of SCHEMES) {
        await page.emulateMedia({ colorScheme })
        const asked = { ...viewport, colorScheme, lang, within, shown: shownIn(viewport), usable: USABLE, scrolled, limitMs: settlesInMs }
        const found = await page.evaluate(unreachedWithin, asked)
        wrong.push(...found.map((one) => `${stage}, ${viewport.width}x${viewport.height} ${colorScheme} ${lang}: ${one}`))
      }
    }
  }
  await page.emulateMedia({ colorScheme: null })
  await page.setViewportSize(before.viewport)
  await speak(page, before.lang)
  assert.deepEqual(wrong, [])
}

/**
 * It is on top and inside of every window, without scrolling or, where it is `scrolled` by its nature, with it. The page
 * is afterwards as it was.
 */
export async function isInEveryWindow(locator, { scrolled = false } = {}) {
  const page = locator.page()
  const before = page.viewportSize()
  for (const viewport of WINDOWS) {
    await page.setViewportSize(viewport)
    if (scrolled) await locator.evaluate((element) => element.scrollIntoView({ block: 'center' }))
    await isInReach(locator)
  }
  await page.setViewportSize(before)
}

/** The page's language becomes another, as when it is chosen in another tab. */
export async function speak(page, lang) {
  await page.evaluate((lang) => {
    const key = 'switchboard.language'
    localStorage.setItem(key, JSON.stringify(lang))
    dispatchEvent(new StorageEvent('storage', { key }))
  }, lang)
  await page.waitForFunction((lang) => document.documentElement.lang === lang, lang)
}

/** In a page: why an element cannot be pressed. Nothing, once it can. */
async function unreached(element, limitMs) {
  const endsAt = performance.now() + limitMs
  for (;;) {
    const { left, right, top, bottom } = element.getBoundingClientRect()
    const middle = document.elementFromPoint((left + right) / 2, (top + bottom) / 2)
    const isInside = left >= -1 && top >= -1 && right <= innerWidth + 1 && bottom <= innerHeight + 1
    if (isInside && element.contains(middle)) return []
    if (performance.now() > endsAt) {
      const place = [left, top, right, bottom].map(Math.round)
      const { tagName, className } = middle ?? {}
      return [`${element.outerHTML.slice(0, 120)} at ${place} of ${innerWidth}x${innerHeight}, on top: ${tagName} ${className}`]
    }
    await new Promise(requestAnimationFrame)
  }
}

/** In a page: the same of everything usable there, once the page has become as it was asked to. */
async function unreachedWithin({ width, height, colorScheme, lang, within, shown, usable, scrolled, limitMs }) {
  // A label that has no room is broken into letters, one below the other.
  const BUTTON_MAX_PX = 100
  const endsAt = performance.now() + limitMs
  const hasBecome = () =>
    innerWidth === width &&
    innerHeight === height &&
    document.documentElement.lang === lang &&
    matchMedia(`(prefers-color-scheme: ${colorScheme})`).matches
  const look = () => {
    if (!hasBecome()) return ['the page has not become so']
    const roots = [...document.querySelectorAll(within)]
    const all = roots.flatMap((root) => (root.matches(usable) ? [root] : [...root.querySelectorAll(usable)]))
    const open = document.querySelector('dialog:modal')
    const seen = all.filter((one) => one.checkVisibility({ visibilityProperty: true }) && !one.closest(scrolled))
    const meant = seen.filter((one) => !open || open.contains(one))
    if (shown.length === 0) return ['nothing that must be shown is named']
    const missing = shown.filter((selector) => !meant.some((one) => one.matches(selector)))
    const wrong = meant.flatMap((one) => {
      const { left, right, top, bottom } = one.getBoundingClientRect()
      const middle = document.elementFromPoint((left + right) / 2, (top + bottom) / 2)
      const isInside = left >= -1 && top >= -1 && right <= innerWidth + 1 && bottom <= innerHeight + 1
      const isReached = isInside && (one.contains(middle) || one.closest('label')?.contains(middle))
      if (isReached && !(one.matches('button') && bottom - top > BUTTON_MAX_PX)) return []
      const place = [left, top, right, bottom].map(Math.round)
      const name = one.getAttribute('aria-label') ?? (one.textContent || one.className || one.tagName)
      return [`${one.tagName} "${name.slice(0, 40)}" at ${place}, on top: ${middle?.tagName} ${middle?.className}`]
    })
    const tooWide = document.documentElement.scrollWidth - innerWidth
    return [
      ...missing.map((selector) => `${selector} is not shown`),
      ...wrong,
      ...(tooWide > 0 ? [`${tooWide} px too wide`] : []),
    ]
  }
  for (;;) {
    const wrong = look()
    if (wrong.length === 0 || performance.now() > endsAt) return wrong
    await new Promise(requestAnimationFrame)
  }
}
