// The script that a foreign page takes with one tag: it puts the client's page where it stands, and hands over the
// token that the foreign page has for its client.
//
//   <script src="https://switchboard.example/embed.js" data-company="acme" data-token-from="switchboardToken"></script>
//
// `data-token-from` names a function on `window` that gives a token, or a promise of one, whenever one is needed;
// `data-token` is a token itself. `data-lang`, `data-name` and `data-title` are handed on. The frame tells how far the
// client is as an event `switchboard:stage` on itself.

const TOKEN = 'switchboard:token'
const STAGE = 'switchboard:stage'
const MAY = 'camera; microphone; display-capture; autoplay; fullscreen; clipboard-write; speaker-selection'

embed(document.currentScript as HTMLScriptElement | null)

function embed(script: HTMLScriptElement | null): void {
  const company = script?.dataset['company']
  if (!script || !company) {
    console.error('switchboard: the script needs `data-company`, and must not be a module')
    return
  }
  const { origin } = new URL(script.src)
  const frame = document.createElement('iframe')
  frame.className = 'switchboard'
  frame.src = address(origin, company, script.dataset)
  frame.allow = MAY
  frame.title = script.dataset['title'] ?? 'Consultation'
  Object.assign(frame.style, { border: '0', width: '100%', height: '640px', colorScheme: 'normal' })
  window.addEventListener('message', ({ source, origin: from, data }) => {
    if (source !== frame.contentWindow || from !== origin) return
    if (data?.type === TOKEN) void handOver(frame, origin, script.dataset)
    if (data?.type === STAGE) frame.dispatchEvent(new CustomEvent(STAGE, { detail: data.stage, bubbles: true }))
  })
  script.after(frame)
}

function address(origin: string, company: string, { lang, name }: DOMStringMap): string {
  const url = new URL(`/book/${encodeURIComponent(company)}`, origin)
  if (lang) url.searchParams.set('lang', lang)
  if (name) url.searchParams.set('name', name)
  return url.href
}

/** To our own origin alone, whatever the frame shows meanwhile. */
async function handOver(frame: HTMLIFrameElement, origin: string, data: DOMStringMap): Promise<void> {
  const from = data['tokenFrom'] ? (window as unknown as Record<string, unknown>)[data['tokenFrom']] : undefined
  try {
    const token: unknown = typeof from === 'function' ? await from() : data['token']
    if (typeof token !== 'string') throw new Error('set `data-token-from` to the name of a function that gives a token')
    frame.contentWindow?.postMessage({ type: TOKEN, token }, origin)
  } catch (error) {
    console.error('switchboard: there is no token', error)
  }
}

export {}
