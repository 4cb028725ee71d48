/**
 * What shards would have left behind in their log: a definition, a position and so many instances, each once.
 * Only for measurements of restoring; nothing here runs a quest.
 */
import { encodeInstance } from '../src/actor/snapshot-bytes.ts'
import { createStepper } from '../src/actor/stepper.ts'
import { systemClock } from '../src/clock.ts'
import type { Config } from '../src/config.ts'
import { shardOfInstance } from '../src/contract/shard-key.ts'
import {
  definitionRecordKey,
  encodePosition,
  FIRST_POSITION,
  instanceRecordKey,
  POSITION_KEY,
} from '../src/contract/state-record.ts'
import { compileDefinition } from '../src/definitions/catalogue.ts'
import { silentLog } from '../src/log.ts'
import { prepareTopics } from '../src/topics.ts'
import type { Transport } from '../src/transport/port.ts'
import { Population } from './population.ts'
import { compiledQuest, questFile, timelessQuestFile } from './quest.ts'

const APPEND_RECORDS = 2000

export interface StoredInstances {
  readonly population: Population
  readonly count: number
  /** As the restored row describes them. */
  readonly described: string
  /** The state record of one. */
  readonly encode: (index: number) => Buffer
}

/** Parties of four with twelve counts and two timers: 973 bytes each. */
export function halfPlayedInstances(count: number): StoredInstances {
  const population = populationOf(4, compiledQuest(4))
  const encode = (index: number) => encodeInstance(population.halfPlayed(index))
  return { population, count, described: `parties of 4, half played, ${encode(12_345).length} bytes`, encode }
}

/** Parties of three that have just begun, with one timer: about 700 bytes each. */
export function newbornInstances(count: number): StoredInstances {
  const population = populationOf(3, compileDefinition({ ...questFile(3), duration: 0 }))
  const encode = (index: number) => encodeInstance(population.newborn(index))
  return { population, count, described: `parties of 3, just begun, ${encode(12_345).length} bytes`, encode }
}

/** The same without any timer. */
export function timelessInstances(count: number): StoredInstances {
  const population = populationOf(3, compileDefinition(timelessQuestFile(3)))
  const encode = (index: number) => encodeInstance(population.newborn(index))
  return { population, count, described: `parties of 3, just begun, no timer, ${encode(12_345).length} bytes`, encode }
}

function populationOf(partySize: number, compiled: ReturnType<typeof compiledQuest>): Population {
  return new Population({ compiled, stepper: createStepper('bench'), partySize })
}

export async function writeShardStates(transport: Transport, config: Config, stored: StoredInstances): Promise<void> {
  const { population, count, encode } = stored
  await transport.connect()
  await prepareTopics(config, transport.admin, systemClock, silentLog)
  const topic = config.shardStateTopic
  const appender = transport.openAppender('bench')
  const record = (partition: number, key: Buffer, value: Buffer) => ({ topic, partition, key, value, headers: [] })
  const definitions = population.ruleBook.catalogue.all()
  const first = Array.from({ length: config.shards }, (_, shard) => [
    ...definitions.map(({ ref, bytes }) => record(shard, definitionRecordKey(ref), bytes)),
    record(shard, POSITION_KEY, encodePosition(FIRST_POSITION)),
  ])
  await appender.append(first.flat())
  for (let from = 0; from < count; from += APPEND_RECORDS) {
    const records = Array.from({ length: Math.min(APPEND_RECORDS, count - from) }, (_, at) => {
      const { instanceId } = population.identity(from + at)
      return record(shardOfInstance(instanceId, config.shards), instanceRecordKey(instanceId), encode(from + at))
    })
    await appender.append(records)
  }
  await appender.close()
}
