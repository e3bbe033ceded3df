// Names of people and topics on the pages.
import { translated } from '../words/language.js'

const words = translated({ en: { anything: 'Anything' }, de: { anything: 'Etwas anderes' }, ar: { anything: 'أي موضوع' } })

/** The topic of a client where no employee names one. */
const ANYTHING = 'general'

/** A client's name, or the id if no name is known. */
export function clientOf({ client_name, client_id }: { client_name?: string | null; client_id: string }): string {
  return client_name || client_id
}

/** A topic's name on the page. */
export function topicOf({ topic }: { topic: string }): string {
  return topic === ANYTHING ? words().anything : topic
}
