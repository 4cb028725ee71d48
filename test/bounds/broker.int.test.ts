/**
 * Bounds on a real Kafka: a command topic whose retention went past the service, and a timer storm. Each time the
 * service says so in its log and in a metric, and is exact afterwards.
 */
import { expect, it } from 'vitest'
import { installations } from '../integrity/installation.ts'
import { describeWithKafkaAndJava } from '../support/brokers.ts'
import { eventually } from '../support/eventually.ts'
import { LONELY, linesOf, metricOf, OPEN, of, register, withAdmin } from './service.ts'

const LIMIT_MS = 600_000
const WAIT = { limitMs: 240_000, pollMs: 200 }
const STORM = 20_000
/** A replica without anything to do has some 90 MB; what must not happen is that it grows with what waits. */
const RESIDENT_BYTES_MAX = 500 << 20

describeWithKafkaAndJava('bounds', kafka => {
  const install = installations()
  const definitions = [LONELY, OPEN]

  it(
    'a command topic whose retention went past the service costs what it took, which is counted, and no more',
    async () => {
      const { bootstrap } = kafka
      const { client, start, topics } = await install({ bootstrap, prefix: `${kafka.topicPrefix()}-lost`, definitions })
      const before = await start('solo')
      await before.untilReady()
      await client.send([register(1, 'open_pq', 0), register(2, 'open_pq', 1)])
      await client.untilIdle(WAIT.limitMs)
      await before.terminate()
      await client.send(Array.from({ length: 20 }, (_, index) => register(100 + index, 'open_pq', index % 2)))
      await withAdmin(bootstrap, async admin => {
        // By this alone it learns of the topic's leaders.
        await admin.fetchTopicOffsets(topics.commands)
        await admin.deleteTopicRecords({ topic: topics.commands, partitions: [{ partition: 0, offset: '8' }] })
      })

      const service = await start('solo')
      await service.untilReady()
      await client.untilIdle(WAIT.limitMs)
      const { status, deadLetters } = await client.read()
      // Of ten more on partition 0 the first seven (offsets 1 to 7) are gone.
      expect([of('INSTANCE_CREATED', status).length, deadLetters.length]).toEqual([2 + 3 + 10, 0])
      const name = 'party_quest_ingress_lost_records_total'
      expect(await metricOf(service.url, name, `topic="${topics.commands}"`)).toBe(7)
      const [line, ...more] = linesOf(service, 'the committed offset is not in the log any more')
      expect(line).toMatchObject({ level: 'error', topic: topics.commands, partition: 0, lost: 7, earliest: 8 })
      expect(more).toEqual([])
    },
    LIMIT_MS,
  )

  it(
    `${STORM} timers of one shard that are due at once fire once each`,
    async () => {
      const { bootstrap } = kafka
      const { client, start } = await install({
        ...{ bootstrap, prefix: `${kafka.topicPrefix()}-storm`, definitions },
        env: { SHARDS: '1' },
      })
      const before = await start('solo')
      await before.untilReady()
      await client.send(Array.from({ length: STORM }, (_, index) => register(index + 1, 'lonely_pq', index % 4)))
      await client.untilIdle(WAIT.limitMs)
      const registered = await client.readStatus()
      const opened = of('REGISTRATION_OPENED', registered)
      expect(new Set(opened).size).toBe(STORM)
      await before.kill()
      const last = Math.max(...registered.map(({ timestamp }) => timestamp)) + LONELY.registration.duration * 1000
      await eventually(() => Date.now() > last, WAIT)

      const service = await start('solo')
      await service.untilReady()
      await client.send([register(STORM + 1, 'open_pq')])
      await eventually(async () => of('INSTANCE_DESTROYED', await client.readStatus()).length >= STORM, WAIT)
      await client.untilIdle(WAIT.limitMs)
      const status = await client.readStatus()
      for (const type of ['FAILED', 'INSTANCE_DESTROYED']) {
        const ids = of(type, status)
        expect([ids.length, new Set(ids).size], type).toEqual([STORM, STORM])
      }
      expect(of('STARTED', status)).toHaveLength(1)
      expect(await metricOf(service.url, 'party_quest_timer_lateness_seconds_count')).toBeGreaterThan(0)
      expect(await metricOf(service.url, 'process_resident_memory_bytes')).toBeLessThan(RESIDENT_BYTES_MAX)
    },
    LIMIT_MS,
  )
})
