// What a tab keeps where the browser forbids a frame any storage, as in private windows: the name of the frame outlives
// its own reload, and the script that embeds it keeps that for a reload of the page around it.

/** The word with which the script is told what to keep. */
const KEEP_MESSAGE = 'switchboard:keep'
const MARK = 'switchboard:'

/** As much of a browser's storage as is needed; none for a page that stands alone. */
export const framed: Pick<Storage, 'getItem' | 'setItem' | 'removeItem'> | undefined =
  window.parent === window
    ? undefined
    : {
        getItem: (name) => kept()[name] ?? null,
        setItem: (name, value) => put({ ...kept(), [name]: value }),
        removeItem: (name) => put(Object.fromEntries(Object.entries(kept()).filter(([other]) => other !== name))),
      }

function kept(): Record<string, string> {
  if (!window.name.startsWith(MARK)) return {}
  try {
    return Object(JSON.parse(window.name.slice(MARK.length))) as Record<string, string>
  } catch {
    return {}
  }
}

/** Told to whoever embeds this: that is the app that knows the person. */
function put(all: Record<string, string>): void {
  window.name = MARK + JSON.stringify(all)
  window.parent.postMessage({ type: KEEP_MESSAGE, name: window.name }, '*')
}
