/**
 * The same traps as remade-topics.test.ts, on a real broker, whose own ways count: ids of topics, offsets that go with
 * their topic, a topic's name that is free again at once.
 */
import { type Admin, Kafka, logLevel } from 'kafkajs'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { makeTopics } from '../../scripts/kafka-broker/cluster-admin.ts'
import { installations, PARTITIONS, SHARDS } from '../integrity/installation.ts'
import { describeWithKafkaAndJava } from '../support/brokers.ts'
import { eventually } from '../support/eventually.ts'
import { commandRecord } from '../support/quest-client.ts'
import type { ServiceProcess } from '../support/service-process.ts'
import { TENANT } from '../support/tenants.ts'

const LIMIT_MS = 60_000
const QUEST = {
  questId: 'alone_pq',
  name: 'Alone',
  registration: { type: 'party', mode: 'instant' },
  exit: 900,
  stages: [{ index: 0, name: 'Floor', mapIds: [100], type: 'item_collection' }],
}

describeWithKafkaAndJava('a topic made anew on a broker', kafka => {
  const install = installations()
  let admin: Admin
  beforeAll(async () => {
    admin = new Kafka({ clientId: 'operator', brokers: [...kafka.brokers], logLevel: logLevel.NOTHING }).admin()
    await admin.connect()
  })
  afterAll(() => admin.disconnect())

  const given = (name: string) =>
    install({ bootstrap: kafka.bootstrap, prefix: `${kafka.topicPrefix()}-${name}`, definitions: [QUEST] })
  const registrations = (channels: readonly number[]) =>
    channels.map((channelId, index) =>
      commandRecord(
        {
          worldId: 0,
          characterId: 1000 + channelId,
          type: 'REGISTER',
          body: { questId: 'alone_pq', partyId: 0, channelId, mapId: 0 },
        },
        TENANT,
        index % PARTITIONS,
      ),
    )
  const untilTold = (service: ServiceProcess, what: RegExp) =>
    eventually(
      async () => {
        const { status, missing } = await service.readiness()
        expect([status, missing.join('; ')]).toEqual([503, expect.stringMatching(what)])
        return true
      },
      { limitMs: LIMIT_MS },
    )
  const deleteTopics = (topics: string[]) =>
    eventually(
      async () => {
        await admin.deleteTopics({ topics })
        return true
      },
      { limitMs: LIMIT_MS },
    )

  it(
    'is refused while the service runs, and by every start after that: nothing new is taken for a copy of the old',
    async () => {
      const { client, topics, start } = await given('public')
      const service = await start('a')
      await service.untilReady()
      await client.send(registrations([1, 2, 3, 4, 5, 6, 7, 8]))
      await client.untilIdle(LIMIT_MS)
      const before = await client.readStatus()

      await deleteTopics([topics.commands])
      await makeTopics(kafka.bootstrap, [{ topic: topics.commands, partitions: PARTITIONS }])
      await untilTold(service, new RegExp(`${topics.commands} was deleted and made again|${topics.commands}/\\d`))
      expect(service.output).toContain('this replica does nothing any more')

      await service.kill()
      const again = await start('a')
      // More than there was: by its end alone the new topic could not be told from the old one.
      await client.send(registrations(Array.from({ length: 40 }, (_, index) => 11 + index)))
      await untilTold(again, /shard \d is dead/)
      await eventually(() => again.output.includes(`has applied records of a topic ${topics.commands}`))
      // Shards that had done nothing yet have lost nothing, and may take theirs; what was there is as it was.
      const after = await client.readStatus()
      const positions = new Set(after.map(({ partition, offset }) => `${partition}@${offset}`))
      for (const { partition, offset } of before) expect(positions).toContain(`${partition}@${offset}`)
      await again.kill()
    },
    3 * LIMIT_MS,
  )

  it(
    'is refused where it is ours: the running service stops, and no start makes it anew',
    async () => {
      const { client, internalTopics, start } = await given('internal')
      const service = await start('a')
      await service.untilReady()
      await client.send(registrations([1, 2, 3, 4, 5, 6, 7, 8]))
      await client.untilIdle(LIMIT_MS)
      const both = [internalTopics.commands, internalTopics.state]
      await deleteTopics(both)
      await untilTold(service, /internal topic .* was deleted while the service ran/)
      await service.kill()

      const again = await start('a')
      expect(await again.untilExit(LIMIT_MS)).toEqual({ code: 2, signal: null })
      for (const topic of both) expect(again.errors).toContain(`internal topic ${topic} is gone`)
      expect(await admin.listTopics()).not.toEqual(expect.arrayContaining([both[0]]))

      await makeTopics(kafka.bootstrap, [
        { topic: internalTopics.commands, partitions: SHARDS, config: { 'retention.ms': '-1' } },
        { topic: internalTopics.state, partitions: SHARDS, config: { 'cleanup.policy': 'compact' } },
      ])
      const third = await start('a')
      expect(await third.untilExit(LIMIT_MS)).toEqual({ code: 2, signal: null })
      expect(third.errors).toContain(`internal topic ${internalTopics.commands} was deleted and made again`)
    },
    3 * LIMIT_MS,
  )
})
