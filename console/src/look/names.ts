// What people and topics are called on the pages.
import { translated } from '../words/language.js'

const words = translated({ en: { anything: 'Anything' }, de: { anything: 'Etwas anderes' }, ar: { anything: 'أي موضوع' } })

/** A client's topic where no employee names one. */
const ANYTHING = 'general'

/** What a client is called; their id only where nobody said a name. */
export function clientOf({ client_name, client_id }: { client_name?: string | null; client_id: string }): string {
  return client_name || client_id
}

/** What a topic is called. */
export function topicOf({ topic }: { topic: string }): string {
  return topic === ANYTHING ? words().anything : topic
}
