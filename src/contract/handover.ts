/**
 * What the ingress writes beside each offset that it commits: to which `shard-commands`, of how many shards, all before
 * it was handed. The next start holds that against what it finds: a topic that is gone or made anew has taken commands
 * with it that nobody will send again, and another number of shards would look for instances where they are not.
 */

export interface Handover {
  /** Id of the topic `shard-commands`. */
  readonly topicId: string
  readonly shards: number
}

const VERSION = '1'
const NOTE = /^1 (\d{1,9}) (.+)$/

export function encodeHandover({ topicId, shards }: Handover): string {
  return `${VERSION} ${shards} ${topicId}`
}

/** `undefined` for the note of a release that wrote none, or another one. */
export function decodeHandover(note: string): Handover | undefined {
  const [, shards, topicId] = NOTE.exec(note) ?? []
  return topicId === undefined ? undefined : { topicId, shards: Number(shards) }
}
