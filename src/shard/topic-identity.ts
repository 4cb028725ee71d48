/**
 * Whether a restored position still fits the topics that it speaks of. One that was deleted and made again under its
 * name, or lost its end, starts below what was applied: its records would be taken for copies of old ones and dropped
 * in silence. So that is refused here, loudly, before the first record is read. Changes nothing but the ids it adopts.
 */
import { UnrestorableError } from '../errors.ts'
import type { TopicDescription } from '../transport/port.ts'
import type { ShardDependencies } from './shard-dependencies.ts'
import type { ShardState } from './shard-state.ts'

const CURE = 'Restore it, or begin with new internal topics (another INTERNAL_TOPIC_PREFIX)'

/** @throws UnrestorableError, TransportUnavailableError */
export async function holdToTopics(state: ShardState, dependencies: ShardDependencies): Promise<void> {
  const { admin, topics, internal } = dependencies
  await refuseLostPosition(state, dependencies)
  const read = [...new Set([topics.commands, internal.shardCommands, ...watermarkTopics(state)])]
  const found = await admin.describeTopics(read)
  const topicIds = new Map(state.position.topicIds)
  for (const topic of read) {
    const known = topicIds.get(topic)
    const id = idOf(found.get(topic))
    if (known === undefined && id !== undefined) topicIds.set(topic, id)
    else if (id !== undefined && id !== known) throw madeAnew(topic, dependencies)
  }
  await refuseShrunkTopics(state, dependencies, found)
  state.position = { ...state.position, topicIds }
}

function watermarkTopics({ position }: ShardState): readonly string[] {
  return [...position.watermarks.keys()].map(name => name.slice(0, name.lastIndexOf('/')))
}

/** `undefined` where the topic is not there, or the log does not tell. */
function idOf(description: TopicDescription | undefined): string | undefined {
  return description === undefined || description.id === '' ? undefined : description.id
}

/** Whoever has committed has written a position with it: without one, what the shard knew is gone. */
async function refuseLostPosition({ position }: ShardState, dependencies: ShardDependencies): Promise<void> {
  const { admin, internal, shard, groupId } = dependencies
  if (position.next > 0) return
  const [committed] = await admin.committed(groupId, [{ topic: internal.shardCommands, partition: shard }])
  if (committed === undefined || committed.next === 0) return
  throw new UnrestorableError(
    `shard ${shard} has no position in ${internal.shardState}/${shard}, yet group ${groupId} has committed offset ` +
      `${committed.next} of ${internal.shardCommands}/${shard}: ${internal.shardState} was deleted and made again, ` +
      `or lost records, and the shard's quests with it. ${CURE}`,
  )
}

/** For positions that an older release wrote, without ids, and for topics that lost their end. */
async function refuseShrunkTopics(
  { position }: ShardState,
  { admin, topics, internal, shard }: ShardDependencies,
  found: ReadonlyMap<string, TopicDescription | undefined>,
): Promise<void> {
  const ends = new Map<string, readonly { end: number }[]>()
  for (const [name, watermark] of position.watermarks) {
    const slash = name.lastIndexOf('/')
    const topic = name.slice(0, slash)
    // A topic that is gone drops nothing; should it come back under another id, it is refused then. One that the
    // service was once configured to read is gone for good, and waiting for its offsets would keep the shard down.
    const isGone = found.get(topic) === undefined
    if (isGone && (topic !== topics.commands || position.topicIds.has(topic))) continue
    let offsets = ends.get(topic)
    if (offsets === undefined) {
      offsets = await admin.offsets(topic)
      ends.set(topic, offsets)
    }
    const end = offsets[Number(name.slice(slash + 1))]?.end ?? 0
    if (watermark < end) continue
    throw new UnrestorableError(
      `shard ${shard} has applied offset ${watermark} of ${name}, which ends at ${end}: the topic was deleted and ` +
        `made again, or lost its end; ${internal.shardState} belongs to what it was. ${CURE}`,
    )
  }
}

function madeAnew(topic: string, { shard, internal }: ShardDependencies): UnrestorableError {
  return new UnrestorableError(
    `shard ${shard} has applied records of a topic ${topic} that is not the one of today: it was deleted and made ` +
      `again, and ${internal.shardState} belongs to the old one. ${CURE}`,
  )
}
