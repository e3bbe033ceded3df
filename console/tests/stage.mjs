// Reachability for a person: in every window, by day and by night, in all languages, uncovered and without scrolling.
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

/**
 * Elements for pressing or writing. Tests name required elements explicitly, because a hidden element never counts as
 * out of reach.
 */
const USABLE = 'button, a.button, input, select, textarea, summary'
/** Lists that scroll by design, whose content need not be in sight. */
const SCROLLED = '.messages-list, .sessions'
/** The time that an animation or a layout may take. */
const SETTLES_IN_MS = 3_000

/** Presses an element as a person would: it must be in sight and uncovered, and nothing scrolls to it. */
export async function press(locator) {
  await isInReach(locator)
  await locator.click()
}

/** Waits until the element's middle is inside the window and uncovered. */
export async function isInReach(locator) {
  await locator.waitFor()
  const wrong = await locator.evaluate(unreached, SETTLES_IN_MS)
  assert.deepEqual(wrong, [], 'not in reach without scrolling')
}

/**
 * Checks a stage of a page in every window, by day and by night, in all languages: each of `shown` is there (selectors,
 * or a function that gives them for a window), everything usable `within` it is in reach, and the page is no wider than
 * the window. The page is left as before.
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
 * Checks that an element is uncovered and inside every window, without scrolling or, if it is `scrolled` by design,
 * after scrolling. The page is left as before.
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

/** Changes the page's language, as a choice in another tab does. */
export async function speak(page, lang) {
  await page.evaluate((lang) => {
    const key = 'switchboard.language'
    localStorage.setItem(key, JSON.stringify(lang))
    dispatchEvent(new StorageEvent('storage', { key }))
  }, lang)
  await page.waitForFunction((lang) => document.documentElement.lang === lang, lang)
}

/** In a page: the reasons why an element cannot be pressed; empty once it can. */
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

/** In a page: the same for everything usable there, once the page has taken the requested size and settings. */
async function unreachedWithin({ width, height, colorScheme, lang, within, shown, usable, scrolled, limitMs }) {
  // A label without room is broken into letters, one below the other.
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
