// Storage of a tab where the browser forbids a frame any storage, as in private windows: the frame's name survives a
// reload of the frame, and the embedding script keeps the name for a reload of the page around it.

/** The type of the message that tells the script the name to keep. */
const KEEP_MESSAGE = 'switchboard:keep'
const MARK = 'switchboard:'

/** The part of a browser's storage that is needed; undefined for a page that is not embedded. */
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

/** Tells the embedding page, whichever it is: that is the app, which knows the person anyway. */
function put(all: Record<string, string>): void {
  window.name = MARK + JSON.stringify(all)
  window.parent.postMessage({ type: KEEP_MESSAGE, name: window.name }, '*')
}
