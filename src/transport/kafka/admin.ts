/**
 * What an administrator asks of the cluster: topics, offsets, deletion of what is done with. One try each; the caller
 * decides whether to try again.
 */
import { partitionName, type TopicPartition } from '../../contract/log-record.ts'
import type { CommittedOffset, LogAdmin, OffsetRange, TopicDescription, TopicSpec } from '../port.ts'
import { codeOf, reasonOf, translate } from './broker-errors.ts'
import { metadataRequest, type TopicMetadata } from './cluster-requests.ts'
import type { Connections } from './connections.ts'
import { offsetFetchRequest } from './group-requests.ts'
import type { KafkaOptions } from './kafka-options.ts'
import { offsetsOf } from './offset-lookup.ts'
import { CODE, check, type ProtocolRequest } from './protocol.ts'
import { createTopicsRequest, deleteRecordsRequest, describeConfigsRequest } from './topic-requests.ts'

const CREATE_TIMEOUT_MS = 10_000
const DELETE_TIMEOUT_MS = 10_000
/** A new topic is known everywhere, with leaders, after some milliseconds; on a busy cluster later. */
const LEADERS_LIMIT_MS = 10_000
const LEADERS_WAIT_MS = 50
/** A cluster's first group makes the topic of the groups' offsets, which takes a moment. */
const COORDINATOR_LIMIT_MS = 10_000
const COORDINATOR_WAIT_MS = 50
const SETTLING: ReadonlySet<number> = new Set([
  CODE.coordinatorLoading,
  CODE.coordinatorNotAvailable,
  CODE.notCoordinator,
])
const CLEANUP_POLICY = 'cleanup.policy'
const RECORD_BYTES_MAX = 'max.message.bytes'

export class KafkaAdmin implements LogAdmin {
  readonly #connections: Connections
  readonly #options: KafkaOptions

  constructor(connections: Connections, options: KafkaOptions) {
    this.#connections = connections
    this.#options = options
  }

  async brokerCount(): Promise<number> {
    return this.#try('counting the brokers', async () => (await this.#connections.refresh()).addresses.size)
  }

  async describeTopics(names: readonly string[]): Promise<ReadonlyMap<string, TopicDescription | undefined>> {
    return this.#try(`describing topics ${names.join(', ')}`, async () => {
      const node = await this.#connections.controller()
      const { topics } = await node.send(metadataRequest(names))
      const existing = names.filter(name => exists(topics.get(name), name))
      const configs =
        existing.length === 0
          ? new Map<string, ReadonlyMap<string, string>>()
          : await node.send(describeConfigsRequest(existing, [CLEANUP_POLICY, RECORD_BYTES_MAX]))
      return new Map(names.map(name => [name, describe(topics.get(name), configs.get(name))]))
    })
  }

  async createTopics(topics: readonly TopicSpec[]): Promise<void> {
    if (topics.length === 0) return
    const names = topics.map(({ topic }) => topic)
    await this.#try(`making topics ${names.join(', ')}`, async () => {
      const controller = await this.#connections.controller()
      await controller.send(createTopicsRequest(topics, CREATE_TIMEOUT_MS))
      await this.#waitForLeaders(names)
    })
  }

  async offsets(topic: string): Promise<readonly OffsetRange[]> {
    return this.#try(`reading the offsets of ${topic}`, async () => {
      const partitions = await this.#partitionsOf(topic)
      const [earliest, end] = await Promise.all([
        offsetsOf(this.#connections, partitions, 'earliest'),
        offsetsOf(this.#connections, partitions, 'end'),
      ])
      return partitions.map((_, index) => ({ earliest: earliest[index] ?? 0, end: end[index] ?? 0 }))
    })
  }

  async committed(
    groupId: string,
    partitions: readonly TopicPartition[],
  ): Promise<readonly (CommittedOffset | undefined)[]> {
    return this.#try(`reading the offsets of group ${groupId}`, async () => {
      const answers = await this.#askGroup(groupId, offsetFetchRequest(groupId, partitions))
      const found = new Map(answers.map(answer => [partitionName(answer), answer]))
      return partitions.map(partition => {
        const { offset, note } = found.get(partitionName(partition)) ?? { offset: -1, note: '' }
        return offset < 0 ? undefined : { next: offset, note }
      })
    })
  }

  async #askGroup<T>(groupId: string, request: ProtocolRequest<T>): Promise<T> {
    const { clock } = this.#options
    const since = clock.elapsed()
    for (;;) {
      try {
        return await (await this.#connections.coordinator('group', groupId)).send(request)
      } catch (error) {
        this.#connections.forgetCoordinator('group', groupId)
        const isSettling = SETTLING.has(codeOf(error) ?? 0)
        if (!isSettling || clock.elapsed() - since > COORDINATOR_LIMIT_MS) throw error
        await clock.sleep(COORDINATOR_WAIT_MS)
      }
    }
  }

  async deleteRecords(partition: TopicPartition, before: number): Promise<void> {
    await this.#try(`deleting records of ${partitionName(partition)} below ${before}`, async () => {
      try {
        const node = await this.#connections.node(await this.#connections.leader(partition))
        await node.send(deleteRecordsRequest(partition, before, DELETE_TIMEOUT_MS))
      } catch (error) {
        this.#connections.forget(partition.topic)
        throw error
      }
    })
  }

  async #partitionsOf(topic: string): Promise<readonly TopicPartition[]> {
    const { leaders } = await this.#connections.topic(topic, true)
    return [...leaders.keys()].sort((a, b) => a - b).map(partition => ({ topic, partition }))
  }

  /** Until then, whoever writes to a new topic is told that it does not exist. */
  async #waitForLeaders(names: readonly string[]): Promise<void> {
    const { clock, onNotice } = this.#options
    const since = clock.elapsed()
    for (const name of names) {
      for (;;) {
        try {
          // Asking each leader for an offset, because the metadata names it before it knows that it leads.
          const partitions = await this.#partitionsOf(name)
          await offsetsOf(this.#connections, partitions, 'end')
          break
        } catch (error) {
          if (clock.elapsed() - since > LEADERS_LIMIT_MS) throw error
          onNotice('debug', `topic ${name} is not led yet`, { reason: reasonOf(error) })
          await clock.sleep(LEADERS_WAIT_MS)
        }
      }
    }
  }

  async #try<T>(doing: string, work: () => Promise<T>): Promise<T> {
    try {
      return await work()
    } catch (error) {
      throw translate(error, { doing, brokers: this.#options.bootstrapServers })
    }
  }
}

function exists(topic: TopicMetadata | undefined, name: string): boolean {
  if (!topic || topic.code === CODE.unknownTopic) return false
  // Partitions without a leader are the readers' concern: the topic is there.
  if (topic.code !== CODE.leaderNotAvailable) check(topic.code, `topic ${name}`, name)
  return true
}

/** A topic that was deleted between the two answers counts as gone. */
function describe(
  topic: TopicMetadata | undefined,
  config: ReadonlyMap<string, string> | undefined,
): TopicDescription | undefined {
  if (!topic || !config) return undefined
  return {
    id: topic.id,
    partitions: topic.leaders.size,
    replicationFactor: topic.replicationFactor,
    cleanupPolicy: config.get(CLEANUP_POLICY) ?? '',
    recordBytesMax: Number(config.get(RECORD_BYTES_MAX)),
  }
}
