/**
 * Topics that must be there before they are read or written: what the log says of them, or an error that says who can
 * make them. Makes none itself, and remembers nothing.
 */
import { TransportUnavailableError } from '../errors.ts'
import type { LogAdmin, TopicDescription } from '../transport/port.ts'

type Describing = Pick<LogAdmin, 'describeTopics'>

/** @throws TransportUnavailableError the log cannot be reached, or has no such topic. */
export async function existingTopic(admin: Describing, name: string): Promise<TopicDescription> {
  const found = (await admin.describeTopics([name])).get(name)
  if (found === undefined) throw noSuchTopic([name])
  return found
}

/** @throws TransportUnavailableError the log cannot be reached, or has not all of them. */
export async function requireTopics(admin: Describing, names: readonly string[]): Promise<void> {
  const described = await admin.describeTopics(names)
  const missing = names.filter(name => described.get(name) === undefined)
  if (missing.length > 0) throw noSuchTopic(missing)
}

function noSuchTopic(names: readonly string[]): TransportUnavailableError {
  return new TransportUnavailableError(
    `no such topic: ${names.join(', ')}; make it, or start the service with CREATE_TOPICS=all`,
  )
}
