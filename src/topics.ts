/**
 * The topics that the service needs: made where CREATE_TOPICS says so, then checked, with every fault in one
 * message. Our own two are what exactly-once rests on, so one that is not as it must be stops the start.
 */
import type { Clock } from './clock.ts'
import type { Config } from './config.ts'
import { decodeHandover, type Handover } from './contract/handover.ts'
import { ConfigError } from './errors.ts'
import type { Log } from './log.ts'
import type { LogAdmin, TopicDescription, TopicSpec } from './transport/port.ts'

/** A record of a public topic must fit in ours with a header more, whatever its own topic's limit is. */
const INTERNAL_RECORD_BYTES_MAX = 100_000_000
/** Our header on a forwarded record, with room to spare: a topic's name is at most 249 characters. */
const ORIGIN_BYTES_MAX = 1024
/** Twice Kafka's own default: whatever fits the command topic fits the dead letters with our headers on it. */
const DEAD_LETTER_BYTES_MAX = 2 * 1_048_588
/** Small segments: a restart reads at most a few times the live state. */
const STATE_SEGMENT_BYTES = 16 << 20
/** Metadata of a topic that was just made may take a moment to reach the broker that we ask. */
const VISIBLE_ATTEMPTS_MAX = 50
const VISIBLE_INTERVAL_MS = 100

type Descriptions = ReadonlyMap<string, TopicDescription | undefined>

/** @throws ConfigError */
export async function prepareTopics(config: Config, admin: LogAdmin, clock: Clock, log: Log): Promise<void> {
  const publicTopics = Object.values(config.topics)
  const names = [...publicTopics, config.shardCommandsTopic, config.shardStateTopic]
  const neighbours = Object.values(config.neighbours).filter(name => name !== null)
  let found = await admin.describeTopics(names)
  // First of all: a topic of ours that is gone must not be made anew, empty, as if nothing had been in it.
  const handovers = await lastHandovers(config, admin, found)
  const lost = handoverFaults(handovers, config, found)
  if (lost.length > 0) throw new ConfigError(lost)
  const missing = names.filter(name => found.get(name) === undefined)
  const made = (await missingNeighbours(config, neighbours, admin))
    .concat(missing)
    .filter(
      name => config.createTopics === 'all' || (config.createTopics === 'internal' && !publicTopics.includes(name)),
    )
  if (made.length > 0) {
    const brokers = await admin.brokerCount()
    await admin.createTopics(made.map(name => topicSpec(name, config, brokers)))
    log.info({ topics: made }, 'topics made')
    found = await describeMade([...names, ...neighbours], made, admin, clock)
  }
  const faults = [
    ...publicTopics.flatMap(name => publicFaults(name, found)),
    ...internalFaults(config.shardCommandsTopic, config, found, handovers),
    ...internalFaults(config.shardStateTopic, config, found, handovers),
    ...compactionFaults(config, found),
  ]
  if (faults.length > 0) throw new ConfigError(faults)
  warnOfSmallInternal(config, found, log)
  warnOfSmallDeadLetters(config, found, log)
}

/** Those of other services, which are made where all are: the service does without the rest. */
async function missingNeighbours({ createTopics }: Config, names: readonly string[], admin: LogAdmin) {
  if (createTopics !== 'all' || names.length === 0) return []
  const found = await admin.describeTopics(names)
  return names.filter(name => found.get(name) === undefined)
}

/** What the ingress wrote beside its last offsets, each different note once; none before it has committed any. */
async function lastHandovers(
  { topics, internalTopicPrefix }: Config,
  admin: LogAdmin,
  found: Descriptions,
): Promise<readonly Handover[]> {
  const partitions = found.get(topics.commands)?.partitions ?? 0
  if (partitions === 0) return []
  const places = Array.from({ length: partitions }, (_, partition) => ({ topic: topics.commands, partition }))
  const committed = await admin.committed(`${internalTopicPrefix}.ingress`, places)
  return [...new Set(committed.map(offset => offset?.note ?? ''))].flatMap(note => decodeHandover(note) ?? [])
}

/** Commands that were handed to a topic of ours are in no other place any more. */
function handoverFaults(handovers: readonly Handover[], config: Config, found: Descriptions): readonly string[] {
  const { shardCommandsTopic, shardStateTopic, internalTopicPrefix, shards } = config
  if (handovers.length === 0) return []
  const cure = 'Restore it, or begin with new internal topics (another INTERNAL_TOPIC_PREFIX)'
  const group = `as the group ${internalTopicPrefix}.ingress tells`
  const faults = [shardCommandsTopic, shardStateTopic]
    .filter(name => found.get(name) === undefined)
    .map(name => `internal topic ${name} is gone, though commands went there, ${group}: quests are lost. ${cure}`)
  const id = found.get(shardCommandsTopic)?.id
  if (id !== undefined && handovers.some(({ topicId }) => topicId !== id)) {
    faults.push(
      `internal topic ${shardCommandsTopic} was deleted and made again: commands went to the one before it, ${group}. ${cure}`,
    )
  }
  const others = new Set(handovers.map(handover => handover.shards).filter(count => count !== shards))
  for (const count of others) {
    faults.push(
      `SHARDS is ${shards}, but commands were routed to ${count} shards, ${group}: instances would be looked for ` +
        `where they are not. Set SHARDS=${count}, or another INTERNAL_TOPIC_PREFIX`,
    )
  }
  return faults
}

function topicSpec(topic: string, config: Config, brokers: number): TopicSpec {
  const replicationFactor = config.replicationFactor ?? Math.min(3, brokers)
  const safety: Record<string, string> = {
    'min.insync.replicas': replicationFactor >= 3 ? '2' : '1',
    'unclean.leader.election.enable': 'false',
  }
  const internal = { partitions: config.shards, replicationFactor }
  const recordBytesMax = { 'max.message.bytes': String(INTERNAL_RECORD_BYTES_MAX) }
  if (topic === config.shardCommandsTopic) {
    // Not a queue with a clock: the owner of a shard deletes what it has committed.
    const forEver = { 'cleanup.policy': 'delete', 'retention.ms': '-1', 'retention.bytes': '-1' }
    return { topic, ...internal, config: { ...safety, ...recordBytesMax, ...forEver } }
  }
  if (topic === config.shardStateTopic) {
    const compacted = {
      'cleanup.policy': 'compact',
      'segment.bytes': String(STATE_SEGMENT_BYTES),
      'min.cleanable.dirty.ratio': '0.2',
    }
    return { topic, ...internal, config: { ...safety, ...recordBytesMax, ...compacted } }
  }
  const room = topic === config.topics.deadLetters ? { 'max.message.bytes': String(DEAD_LETTER_BYTES_MAX) } : {}
  return { topic, partitions: config.publicPartitions, replicationFactor, config: { ...safety, ...room } }
}

async function describeMade(
  names: readonly string[],
  made: readonly string[],
  admin: LogAdmin,
  clock: Clock,
): Promise<Descriptions> {
  for (let attempt = 1; ; attempt++) {
    const found = await admin.describeTopics(names)
    if (attempt === VISIBLE_ATTEMPTS_MAX || made.every(name => found.get(name) !== undefined)) return found
    await clock.sleep(VISIBLE_INTERVAL_MS)
  }
}

function publicFaults(name: string, found: Descriptions): string[] {
  if (found.get(name) !== undefined) return []
  return [`topic ${name} does not exist: make it, name another in its variable, or set CREATE_TOPICS=all`]
}

function internalFaults(
  name: string,
  { shards, createTopics }: Config,
  found: Descriptions,
  handovers: readonly Handover[],
): string[] {
  const topic = found.get(name)
  if (topic === undefined) {
    return [
      `internal topic ${name} does not exist and CREATE_TOPICS=${createTopics}: make it with ${shards} partitions`,
    ]
  }
  if (topic.partitions === shards) return []
  // Given more after it was made: Kafka cannot take them back, and what was handed over says that ours are the first.
  if (topic.partitions > shards && handovers.length > 0) return []
  return [
    `internal topic ${name} has ${topic.partitions} partitions and SHARDS is ${shards}: ` +
      `SHARDS is fixed when the topics are made. Set SHARDS=${topic.partitions}, or another INTERNAL_TOPIC_PREFIX`,
  ]
}

function compactionFaults({ shardCommandsTopic, shardStateTopic }: Config, found: Descriptions): string[] {
  const faults: string[] = []
  const state = found.get(shardStateTopic)
  if (state !== undefined && state.cleanupPolicy !== 'compact') {
    faults.push(
      `internal topic ${shardStateTopic} has cleanup.policy=${state.cleanupPolicy}: ` +
        'it must be compact, or quests are forgotten. Alter the topic',
    )
  }
  const commands = found.get(shardCommandsTopic)
  if (commands?.cleanupPolicy.includes('compact')) {
    faults.push(
      `internal topic ${shardCommandsTopic} has cleanup.policy=${commands.cleanupPolicy}: ` +
        'it must be delete, or commands are lost. Alter the topic',
    )
  }
  return faults
}

/** The ingress appends what it read with a header more; what does not fit is refused without its bytes. */
function warnOfSmallInternal({ topics, shardCommandsTopic }: Config, found: Descriptions, log: Log): void {
  const from = found.get(topics.commands)?.recordBytesMax ?? 0
  const to = found.get(shardCommandsTopic)?.recordBytesMax ?? 0
  if (to >= INTERNAL_RECORD_BYTES_MAX || to >= from + ORIGIN_BYTES_MAX) return
  log.warn(
    { topic: shardCommandsTopic, maxMessageBytes: to, commandTopicMaxMessageBytes: from },
    'a command near the limit may not fit the internal topic, and will be refused: raise max.message.bytes',
  )
}

/** Original value plus our headers: a command that just fits its topic must fit here too. */
function warnOfSmallDeadLetters({ topics }: Config, found: Descriptions, log: Log): void {
  const commands = found.get(topics.commands)?.recordBytesMax ?? 0
  const deadLetters = found.get(topics.deadLetters)?.recordBytesMax ?? 0
  if (deadLetters > commands) return
  log.warn(
    { topic: topics.deadLetters, maxMessageBytes: deadLetters, commandTopicMaxMessageBytes: commands },
    'a refused command near the limit will be written to the dead letters without its value: raise max.message.bytes',
  )
}
