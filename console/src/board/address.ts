// What is looked for stands in the page's address: a reload keeps it, and it can be handed on.

/** Reads one thing of it. */
export function inAddress(name: string): string {
  return new URLSearchParams(location.search).get(name) ?? ''
}

/** Puts it there, or takes it away when it is empty; no step of the browser's history. */
export function putInAddress(name: string, value: string): void {
  const query = new URLSearchParams(location.search)
  if (value) query.set(name, value)
  else query.delete(name)
  const search = query.toString()
  history.replaceState(history.state, '', location.pathname + (search && `?${search}`))
}
