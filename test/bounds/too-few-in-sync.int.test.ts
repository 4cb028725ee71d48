/**
 * Three brokers of which too few are in sync: each leader answers NOT_ENOUGH_REPLICAS, as one does whose disks are full
 * or read-only. The service waits, says why in its log, in a metric and in /readyz, and is exact when it is over.
 */
import { afterAll, beforeAll, expect, it } from 'vitest'
import { type KafkaCluster, startCluster } from '../../scripts/kafka-broker/cluster.ts'
import { installations } from '../integrity/installation.ts'
import { describeWithJava } from '../support/brokers.ts'
import { eventually } from '../support/eventually.ts'
import { linesOf, metricOf, OPEN, of, register, setMinInSync } from './service.ts'

const LIMIT_MS = 600_000
const WAIT = { limitMs: 240_000, pollMs: 200 }
/** A replica without anything to do has some 90 MB; what must not happen is that it grows with what waits. */
const RESIDENT_BYTES_MAX = 500 << 20

describeWithJava('too few brokers in sync', () => {
  let cluster: KafkaCluster
  const install = installations()
  const definitions = [OPEN]

  beforeAll(async () => {
    cluster = await startCluster({ nodes: 3 })
  }, 300_000)
  afterAll(() => cluster.close())

  it(
    'are waited for: the cause is said, nothing grows, and nothing is lost or doubled',
    async () => {
      const { bootstrap, nodes } = cluster
      const { client, start, topics, internalTopics } = await install({ bootstrap, prefix: 'refusing', definitions })
      const service = await start('solo')
      await service.untilReady()
      await client.send([register(1, 'open_pq')])
      await client.untilIdle(WAIT.limitMs)

      // The cluster goes on with two of three, until a topic asks for three copies.
      await nodes[2]?.kill9()
      // First what the shards write, then what the ingress writes.
      const refusals = [
        { refusing: [topics.status], missing: /^shard \d is \w+: .*NOT_ENOUGH_REPLICAS/ },
        {
          refusing: [internalTopics.commands],
          missing: /^the ingress cannot append what it read: .*NOT_ENOUGH_REPLICAS/,
        },
      ]
      let sent = 1
      for (const { refusing, missing } of refusals) {
        await setMinInSync(bootstrap, refusing, 3)
        for (let round = 0; round < 4; round++) {
          const commands = Array.from({ length: 1000 }, (_, index) => register(sent + index + 1, 'open_pq', round))
          sent += commands.length
          await client.send(commands)
        }
        await eventually(async () => (await service.readiness()).missing.some(one => missing.test(one)), WAIT)
        expect(await metricOf(service.url, 'process_resident_memory_bytes')).toBeLessThan(RESIDENT_BYTES_MAX)
        await setMinInSync(bootstrap, refusing, 2)
        await client.untilIdle(WAIT.limitMs)
        await service.untilReady(WAIT.limitMs)
      }

      const { status, deadLetters, commands } = await client.read()
      expect([commands.length, deadLetters.length]).toEqual([sent, 0])
      const created = of('INSTANCE_CREATED', status)
      expect([created.length, new Set(created).size]).toEqual([sent, sent])
      expect(of('STARTED', status)).toHaveLength(sent)
      expect(linesOf(service, 'shard lost its log, rebuilding it').length).toBeGreaterThan(0)
      // At once, and then every half minute: not with each of its tries.
      const unappended = linesOf(service, 'ingress cannot append, sending the same batch again').length
      expect(unappended).toBeGreaterThan(0)
      expect(unappended).toBeLessThanOrEqual(1 + WAIT.limitMs / 30_000)
      expect(await metricOf(service.url, 'party_quest_ingress_append_failures_total')).toBeGreaterThan(0)
      expect(await metricOf(service.url, 'party_quest_commits_total', 'outcome="failed"')).toBeGreaterThan(0)
    },
    LIMIT_MS,
  )
})
