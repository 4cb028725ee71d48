/**
 * What the ingress writes beside each offset that it commits: to which `shard-commands`, of how many shards, all before
 * it was handed. The next start holds that against what it finds: a topic that is gone or made anew has taken commands
 * with it that nobody will send again, and another number of shards would look for instances where they are not.
 */

export interface Handover {
  /** Id of the topic `shard-commands`. */
  readonly topicId: string
  readonly shards: number
  /**
   * How many partitions the topic of the offset had when its group first read it, where a group begins at the end:
   * what was added later was never passed over, and is read whole. Absent: nobody said.
   */
  readonly firstPartitions?: number
}

const VERSION = '1'
const NOTE = /^1 (\d{1,9}) (\S+)(?: (\d{1,9}))?$/

export function encodeHandover({ topicId, shards, firstPartitions }: Handover): string {
  const note = `${VERSION} ${shards} ${topicId}`
  return firstPartitions === undefined ? note : `${note} ${firstPartitions}`
}

/** `undefined` for the note of a release that wrote none, or another one. */
export function decodeHandover(note: string): Handover | undefined {
  const [, shards, topicId, firstPartitions] = NOTE.exec(note) ?? []
  if (topicId === undefined) return undefined
  const handover = { topicId, shards: Number(shards) }
  return firstPartitions === undefined ? handover : { ...handover, firstPartitions: Number(firstPartitions) }
}
