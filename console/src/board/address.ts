// Keeps filters in the page's address, so that a reload keeps them and a link can pass them on.

/** Reads a value from the address; an empty text if missing. */
export function inAddress(name: string): string {
  return new URLSearchParams(location.search).get(name) ?? ''
}

/** Puts a value into the address, or removes an empty one, without a new entry in the browser's history. */
export function putInAddress(name: string, value: string): void {
  const query = new URLSearchParams(location.search)
  if (value) query.set(name, value)
  else query.delete(name)
  const search = query.toString()
  history.replaceState(history.state, '', location.pathname + (search && `?${search}`))
}
