// A page of another origin, as an app has one beside ours.
import { createServer } from 'node:http'

/** Serves it until the test ends, a function's body anew each time; gives its address. */
export async function foreignPage(t, body) {
  const server = createServer(async (request, response) => {
    response.setHeader('content-type', 'text/html; charset=utf-8')
    const head = '<!doctype html><title>A shop</title><link rel="icon" href="data:,"><h1>A shop</h1>'
    const isPage = request.url.split('?')[0] === '/'
    const page = typeof body === 'function' ? await body() : body
    // One that says so itself is whole.
    response.end(!isPage ? '' : page.startsWith('<!doctype') ? page : head + page)
  })
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.after(() => server.close())
  // Another host name is another site, also for what browsers keep apart.
  return `http://localhost:${server.address().port}`
}
