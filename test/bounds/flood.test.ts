/** A flood on one instance: 100,000 commands for it at once. The others go on, and nothing grows but the log. */
import { afterEach, expect, test, vi } from 'vitest'
import { systemClock, systemRandom } from '../../src/clock.ts'
import { readConfig } from '../../src/config.ts'
import { routeOf } from '../../src/contract/routing.ts'
import { readShardCommand } from '../../src/contract/shard-command.ts'
import { tenantHeaders } from '../../src/contract/tenant.ts'
import { makeCatalogue } from '../../src/definitions/catalogue.ts'
import { createMetrics } from '../../src/metrics.ts'
import { Service } from '../../src/service.ts'
import { silentTelemetry } from '../../src/telemetry.ts'
import { silentTracer } from '../../src/tracing.ts'
import { createMemoryLog } from '../../src/transport/memory/memory-log.ts'
import { createMemoryTransport } from '../../src/transport/memory/memory-transport.ts'
import { quest } from '../support/definitions.ts'
import { eventually } from '../support/eventually.ts'
import { recordedLog } from '../support/recorded-log.ts'
import { ShardHarness } from '../support/shard-harness.ts'
import { TENANT } from '../support/tenants.ts'
import { Crowd, forgetMessages, liveBytes, metric, register, untilApplied, update } from './crowd.ts'

vi.setConfig({ testTimeout: 300_000 })

const FLOOD = 100_000
const BATCH = 250
/** Where somebody keeps them, a hundred thousand commands weigh 119 MB. */
const GROWTH_BYTES_MAX = 24 << 20

let harness: ShardHarness | undefined
afterEach(() => harness?.stop())

const definitions = [quest({ startRequirements: [] })]

/** Two channels of different shards. */
function channels(): readonly [number, number] {
  const shardOf = (channelId: number) => {
    const value = Buffer.from(JSON.stringify({ worldId: 0, ...register(1, { channelId }), characterId: 1 }))
    const place = { topic: 'commands', partition: 0, offset: 0, timestamp: 0, key: null }
    const route = routeOf({ ...place, value, headers: tenantHeaders(TENANT) }, 2)
    return route.kind === 'shard' ? route.shard : -1
  }
  const of = (shard: number) => Array.from({ length: 20 }, (_, index) => index).find(id => shardOf(id) === shard)
  const [first, second] = [of(0), of(1)]
  if (first === undefined || second === undefined) throw new Error('no channel for a shard')
  return [first, second]
}

test('in one shard slows no other shard, is committed in batches, and leaves nothing in memory', async () => {
  const metrics = createMetrics({ commandTypes: ['UPDATE_STAGE_STATE'] })
  let recordsMax = 0
  let updates = 0
  /** How much of the flood had been dealt with when the others' commands were. */
  const attemptedAt: number[] = []
  const telemetry = {
    ...metrics.telemetry,
    commandHandled: (...[type, outcome]: Parameters<typeof metrics.telemetry.commandHandled>) => {
      if (type === 'UPDATE_STAGE_STATE') updates += 1
      if (type === 'STAGE_CLEAR_ATTEMPT') attemptedAt.push(updates)
      metrics.telemetry.commandHandled(type, outcome)
    },
    committed: (...[outcome, seconds, records]: Parameters<typeof metrics.telemetry.committed>) => {
      recordsMax = Math.max(recordsMax, records)
      metrics.telemetry.committed(outcome, seconds, records)
    },
  }
  const h = ShardHarness.withoutReplica({ shards: 2, definitions, telemetry, batchRecordsMax: BATCH })
  harness = h
  await h.takeOver()
  const [here, there] = channels()
  for (const [character, channelId] of [
    [1001, here],
    [1002, here],
    [1003, there],
  ] as const) {
    await h.register(character, { channelId })
  }
  h.seen()
  const before = liveBytes()
  // All of it lies in the log before anybody works on it: that is as bad as a flood can get.
  await h.stop()
  const crowd = new Crowd(h)
  const attempt = (number: number) => () => ({ type: 'STAGE_CLEAR_ATTEMPT', body: { instanceId: h.id(number) } })
  await crowd.send(FLOOD / 2, () => update(h.id(1)))
  await crowd.send(1, attempt(2))
  await crowd.send(FLOOD / 2, () => update(h.id(1)))
  await crowd.send(1, attempt(3))

  const replica = await h.takeOver()
  await untilApplied(h, replica)
  // One in another shard waits for nobody; one in the same shard has its turn in the order of the log.
  const [inOther = FLOOD, inSame = FLOOD] = attemptedAt
  expect(inOther).toBeLessThan(FLOOD / 2)
  expect(Math.abs(inSame - FLOOD / 2)).toBeLessThanOrEqual(BATCH)
  expect(await metric(metrics, 'party_quest_commands_total{type="UPDATE_STAGE_STATE",outcome="applied"}')).toBe(FLOOD)
  expect(await metric(metrics, 'party_quest_shard_lag_records{shard="0"}')).toBe(0)
  // The instance, the position: however many operations a transaction holds, the state is written once.
  expect(recordsMax).toBeLessThanOrEqual(10)
  expect(await metric(metrics, 'party_quest_commits_total{outcome="committed"}')).toBeGreaterThanOrEqual(FLOOD / BATCH)
  expect(h.state().get(`instance/${h.id(1)}`)).toContain(`"i4001008":${FLOOD}`)

  // What is done with goes from the log too; then nothing is left of it.
  forgetMessages(h)
  await h.clock.advance(31_000)
  await h.command('UPDATE_STAGE_STATE', 2)
  expect(liveBytes() - before).toBeLessThan(GROWTH_BYTES_MAX)
  expect([replica.log.at('warn'), replica.log.at('error'), replica.fatal]).toEqual([[], [], []])
})

test('in one public partition lets the others through: a command waits for 1,000 of it at a time', async () => {
  const log = createMemoryLog({ clock: systemClock, clusterId: 'here' })
  const config = {
    ...readConfig({ REPLICA_NAME: 'a', SHARDS: '1' }, { hostname: 'here' }),
    createTopics: 'all' as const,
  }
  const service = new Service({
    config,
    transport: createMemoryTransport(log, { name: 'a', advertisedUrl: '' }),
    catalogue: makeCatalogue(definitions),
    lookupClient: { ask: () => Promise.reject(new Error('nobody asks')) },
    clock: systemClock,
    random: systemRandom,
    log: recordedLog(),
    telemetry: silentTelemetry,
    tracer: silentTracer,
    onFatal: error => {
      throw error
    },
  })
  const { commands, statusEvents } = config.topics
  await service.start()
  await eventually(() => service.status().missing.length === 0)
  const sender = createMemoryTransport(log, { name: 'sender', advertisedUrl: '' }).openAppender('sender')
  const record = (partition: number, characterId: number) => ({
    ...{ topic: commands, partition, key: null, headers: tenantHeaders(TENANT) },
    value: Buffer.from(JSON.stringify({ worldId: 0, ...register(characterId), characterId })),
  })
  // The same character again and again: all but the first are refused.
  await sender.append([...Array.from({ length: 20_000 }, () => record(0, 1001)), record(1, 1002)])
  const created = () => log.partitions(statusEvents).flatMap(one => one.read(one.earliest, 1000).records)
  await eventually(() => created().filter(({ value }) => value?.includes('INSTANCE_CREATED')).length === 2)

  const { records } = log.partition({ topic: config.shardCommandsTopic, partition: 0 }).read(0, 20_001)
  const place = records.findIndex(one => {
    const read = readShardCommand(one)
    return read.kind === 'forwarded' && read.origin.partition === 1
  })
  expect(place).toBeGreaterThanOrEqual(0)
  expect(place).toBeLessThanOrEqual(4000)
  await service.close()
})
