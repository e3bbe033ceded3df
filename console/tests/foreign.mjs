// A page of another origin, such as an app's.
import { createServer } from 'node:http'

/** Serves the page until the test ends; a function gives a new body each time. Returns the page's URL. */
export async function foreignPage(t, body) {
  const server = createServer(async (request, response) => {
    response.setHeader('content-type', 'text/html; charset=utf-8')
    const head = '<!doctype html><title>A shop</title><link rel="icon" href="data:,"><h1>A shop</h1>'
    const isPage = request.url.split('?')[0] === '/'
    const page = typeof body === 'function' ? await body() : body
    // A body that starts with a doctype is a whole page.
    response.end(!isPage ? '' : page.startsWith('<!doctype') ? page : head + page)
  })
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.after(() => server.close())
  // Another host name is another site, also for a browser's separation of storage.
  return `http://localhost:${server.address().port}`
}
