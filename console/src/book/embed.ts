// The script that another website includes with one tag: it inserts the client's page at that place, and hands over the
// token that the website has for its client.
//
//   <script src="https://switchboard.example/embed.js" data-company="acme" data-token-from="switchboardToken"></script>
//
// `data-token-from` names a function on `window` that returns a token, or a promise of one, whenever one is needed;
// `data-token` is a token itself. `data-lang`, `data-name` and `data-title` are passed on. The frame reports the
// client's stage as an event `switchboard:stage` on itself: its `detail` is the stage, and in a line an object with the
// stage and the `place`. The event `switchboard:no-token` tells that the website had no token for it. A mistake in the tag is shown in place of the frame, and on the console.

const TOKEN = 'switchboard:token'
const NO_TOKEN = 'switchboard:no-token'
const STAGE = 'switchboard:stage'
const KEEP = 'switchboard:keep'
const MAY = 'camera; microphone; display-capture; autoplay; fullscreen; clipboard-write; speaker-selection'

embed(document.currentScript as HTMLScriptElement | null)

function embed(script: HTMLScriptElement | null): void {
  if (!script) return problem(script, 'the script is a module: remove `type="module"`')
  const company = script.dataset['company']
  if (!company) return problem(script, 'the script needs `data-company`')
  const { origin } = new URL(script.src)
  const frame = document.createElement('iframe')
  frame.className = 'switchboard'
  frame.src = address(origin, company, script.dataset)
  frame.allow = MAY
  // Where browsers forbid the frame any storage, this page keeps its data, as long as its own tab is open.
  frame.name = recalled(company)
  frame.title = script.dataset['title'] ?? 'Consultation'
  Object.assign(frame.style, { border: '0', width: '100%', height: '640px', colorScheme: 'normal' })
  window.addEventListener('message', ({ source, origin: from, data }) => {
    if (source !== frame.contentWindow || from !== origin) return
    if (data?.type === TOKEN) void handOver(frame, origin, script.dataset)
    if (data?.type === STAGE) tell(frame, STAGE, data.place === undefined ? data.stage : { stage: data.stage, place: data.place })
    if (data?.type === KEEP && typeof data.name === 'string') keep(company, data.name)
  })
  if (document.head?.contains(script)) {
    console.warn('switchboard: the script is in <head>, so the frame is at the end of the page; put the script where the frame should be')
  }
  put(frame, script)
}

/** Inserts the element after the script. From the head, where nothing is shown, it goes to the end of the page. */
function put(shown: HTMLElement, script: HTMLScriptElement | null): void {
  if (script?.isConnected && !document.head?.contains(script)) script.after(shown)
  else if (document.readyState !== 'loading') document.body.append(shown)
  else document.addEventListener('DOMContentLoaded', () => document.body.append(shown))
}

function recalled(company: string): string {
  try {
    return sessionStorage.getItem(`switchboard.frame.${company}`) ?? ''
  } catch {
    return ''
  }
}

function keep(company: string, name: string): void {
  try {
    sessionStorage.setItem(`switchboard.frame.${company}`, name)
  } catch {
    // Storage is full or forbidden here too: the data lasts as long as the frame.
  }
}

function problem(script: HTMLScriptElement | null, why: string): void {
  console.error(`switchboard: ${why}`)
  const text = document.createElement('p')
  text.className = 'switchboard-problem'
  text.setAttribute('role', 'alert')
  text.textContent = `Switchboard: ${why}`
  put(text, script)
}

function tell(frame: HTMLIFrameElement, what: string, detail: unknown): void {
  frame.dispatchEvent(new CustomEvent(what, { detail, bubbles: true }))
}

function address(origin: string, company: string, { lang, name }: DOMStringMap): string {
  const url = new URL(`/book/${encodeURIComponent(company)}`, origin)
  if (lang) url.searchParams.set('lang', lang)
  if (name) url.searchParams.set('name', name)
  return url.href
}

/**
 * Hands over a token, to our own origin alone, whatever the frame shows meanwhile. A missing token is reported too, so
 * that the frame does not wait for it.
 */
async function handOver(frame: HTMLIFrameElement, origin: string, data: DOMStringMap): Promise<void> {
  const from = data['tokenFrom'] ? (window as unknown as Record<string, unknown>)[data['tokenFrom']] : undefined
  try {
    const token: unknown = typeof from === 'function' ? await from() : data['token']
    if (typeof token !== 'string') throw new Error('set `data-token-from` to the name of a function that returns a token')
    frame.contentWindow?.postMessage({ type: TOKEN, token }, origin)
  } catch (error) {
    console.error('switchboard: there is no token', error)
    frame.contentWindow?.postMessage({ type: NO_TOKEN }, origin)
    tell(frame, NO_TOKEN, error)
  }
}

export {}
