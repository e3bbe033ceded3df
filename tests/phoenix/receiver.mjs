// A receiver of webhooks: it checks every signature with the reference library, and keeps the events.
import { createServer } from 'node:http'
import { Webhook } from 'standardwebhooks'
import { Inbox } from './inbox.mjs'

export class Receiver {
  /** `answer` takes the event and returns the status, or a promise of it, or `{status, headers}`. */
  static async start(t, answer = () => 204) {
    const receiver = new Receiver(answer)
    await new Promise((resolve) => receiver.http.listen(0, '127.0.0.1', resolve))
    t.after(() => receiver.close())
    return receiver
  }

  constructor(answer) {
    this.answer = answer
    this.secrets = []
    this.inbox = new Inbox('the receiver')
    this.refused = []
    this.http = createServer((request, response) => void this.hear(request, response))
  }

  get url() { return `http://127.0.0.1:${this.http.address().port}/hook` }
  get heard() { return this.inbox.history }
  ids() { return new Set(this.heard.map(({ event }) => event.id)) }

  async hear(request, response) {
    const chunks = []
    try {
      for await (const chunk of request) chunks.push(chunk)
    } catch {
      // The server was killed while it sent: nothing was delivered.
      return
    }
    const body = Buffer.concat(chunks).toString()
    try {
      for (const secret of this.secrets) new Webhook(secret).verify(body, request.headers)
    } catch (error) {
      this.refused.push(error)
    }
    const event = JSON.parse(body)
    this.inbox.add({ event, headers: request.headers, at: Date.now() })
    const answer = await this.answer(event)
    const { status, headers = {} } = typeof answer === 'number' ? { status: answer } : answer
    response.writeHead(status, headers).end()
  }

  /** The next event of that type that was not taken. */
  async next(type, timeoutMs, fits = () => true) {
    const wanted = ({ event }) => event.type === type && fits(event)
    return this.inbox.take(wanted, type, timeoutMs)
  }

  close() {
    this.http.closeAllConnections()
    return new Promise((resolve) => this.http.close(resolve))
  }
}
