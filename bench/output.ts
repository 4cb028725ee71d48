/**
 * What a fleet has written, read as read_committed by our own transport: who lives, and whether the counts add up.
 * A figure counts only if every effect is there, once.
 */
import { systemClock, systemRandom } from '../src/clock.ts'
import type { LogRecord } from '../src/contract/log-record.ts'
import { TransportUnavailableError } from '../src/errors.ts'
import { createKafkaTransport } from '../src/transport/kafka/kafka-transport.ts'
import type { Transport } from '../src/transport/port.ts'
import { type Fleet, PARTITIONS, until } from './fleet.ts'

const ANSWER_LIMIT_MS = 20_000

/** Connected, and to be closed by whoever asked for it. */
export async function openBenchTransport(bootstrap: string): Promise<Transport> {
  const transport = createKafkaTransport({
    bootstrapServers: bootstrap.split(','),
    clientId: 'bench-output',
    advertisedUrl: '',
    sessionTimeoutMs: 6000,
    rebalanceTimeoutMs: 2000,
    transactionTimeoutMs: 15_000,
    clock: systemClock,
    random: systemRandom,
    onNotice: () => {},
  })
  await transport.connect()
  return transport
}

/** The next offset of each partition. A topic that was just made may have partitions that do not answer yet. */
export async function endsOf(transport: Transport, topic: string): Promise<readonly number[]> {
  let ends: readonly number[] = []
  await until(`${topic} answers`, ANSWER_LIMIT_MS, 100, async () => {
    try {
      ends = (await transport.admin.offsets(topic)).map(({ end }) => end)
      return true
    } catch (error) {
      if (error instanceof TransportUnavailableError) return false
      throw error
    }
  })
  return ends
}

/** Every committed record of a public topic until now. */
export async function readAll(
  transport: Transport,
  topic: string,
  onRecord: (record: LogRecord) => void,
): Promise<void> {
  const { signal } = new AbortController()
  for (let partition = 0; partition < PARTITIONS; partition++) {
    await transport.readToEnd({ topic, partition }, records => records.forEach(onRecord), signal)
  }
}

/** The instances that have started, or of which another such thing was told once; in no order. */
export async function startedInstances(
  transport: Transport,
  { topics }: Fleet,
  told = 'STARTED',
): Promise<readonly string[]> {
  const ids: string[] = []
  await readAll(transport, topics.status, ({ value }) => {
    const event: { type?: string; instanceId?: string } = JSON.parse(value?.toString() ?? '{}')
    if (event.type === told && event.instanceId !== undefined) ids.push(event.instanceId)
  })
  return ids
}

/** How many committed messages of each type there are on the topics that a fleet writes for others. */
export async function countMessages(transport: Transport, { topics }: Fleet): Promise<ReadonlyMap<string, number>> {
  const counts = new Map<string, number>()
  const existing = await transport.admin.describeTopics([topics.status, topics.character, topics.reactor])
  for (const [topic, description] of existing) {
    if (description === undefined) continue
    await readAll(transport, topic, ({ value }) => {
      const { type = '?' }: { type?: string } = JSON.parse(value?.toString() ?? '{}')
      counts.set(type, (counts.get(type) ?? 0) + 1)
    })
  }
  return counts
}

/** @throws Error the committed STAGE_ADVANCED and CHANGE_MAP since the quests began are not what was asked for */
export async function checkMessages(transport: Transport, fleet: Fleet, expected: ExpectedMessages): Promise<void> {
  const counts = await countMessages(transport, fleet)
  for (const [type, count] of Object.entries(expected)) {
    if ((counts.get(type) ?? 0) === count) continue
    throw new Error(`${fleet.prefix} wrote ${counts.get(type) ?? 0} ${type} where ${count} were due`)
  }
}

export interface ExpectedMessages {
  readonly STAGE_ADVANCED: number
  readonly CHANGE_MAP: number
}
