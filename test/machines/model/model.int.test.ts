/**
 * Promise: what the oracle says holds on a real Kafka too, with real time: a sample of the generated lives, all at once
 * on one replica, and every message that came is the one that had to come.
 */
import { afterAll, expect, it } from 'vitest'
import { installations, PARTITIONS } from '../../integrity/installation.ts'
import { describeWithKafkaAndJava } from '../../support/brokers.ts'
import { eventually } from '../../support/eventually.ts'
import { instanceIdAt } from '../../support/instance-id.ts'
import { commandRecord, type Observed, type QuestClient } from '../../support/quest-client.ts'
import { TENANT } from '../../support/tenants.ts'
import { KafkaLife, lifeTenant, registerCommand } from './kafka-life.ts'
import { SAMPLE_DEPLOYMENT, SAMPLE_QUESTS, sampleLives, TOO_LONG_ROW } from './kafka-sample.ts'
import { Tally } from './machine-transitions.ts'
import { namedRows, type Row } from './oracle-table.ts'

const LIMIT_MS = 90_000
const PLAY_LIMIT_MS = 45_000
const POLL_MS = 200
const NOTHING_YET: Observed = { commands: [], status: [], character: [], deadLetters: [] }

describeWithKafkaAndJava('generated lives on a real Kafka', kafka => {
  const install = installations()
  const names = namedRows()
  const rows = new Tally()
  let played = 0
  const used = (row: Row) => rows.add(names.get(row) ?? 'a row that is not in the table')

  afterAll(() => {
    const followed = [...names.values()].filter(name => rows.of(name) > 0)
    console.log(`${played} lives on Kafka follow ${followed.length} of the oracle's ${names.size} rows`)
  })

  it(
    'bring what the oracle says, each message in its place and each refusal with its code',
    async () => {
      const { client, start } = await install({
        bootstrap: kafka.bootstrap,
        prefix: `${kafka.topicPrefix()}-model`,
        definitions: SAMPLE_QUESTS,
        env: {
          ADVANCE: SAMPLE_DEPLOYMENT.advance,
          LOBBY_LIMIT_SECONDS: String(SAMPLE_DEPLOYMENT.lobbyLimitSeconds),
          BONUS_LIMIT_SECONDS: String(SAMPLE_DEPLOYMENT.bonusLimitSeconds),
        },
      })
      await (await start('solo')).untilReady()

      const lives = await registered(client, used)
      played = lives.length
      // At once, for timers run already.
      await sendNext(client, lives, NOTHING_YET)
      await eventually(
        async () => {
          const observed = await client.read()
          await sendNext(client, lives, observed)
          const open = lives.filter(({ isOver }) => !isOver)
          if (open.length > 0) throw new Error(open[0]?.difference(observed) ?? 'a life is not over')
          return true
        },
        { limitMs: PLAY_LIMIT_MS, pollMs: POLL_MS },
      )
      await client.untilIdle()

      const observed = await client.read()
      expect(lives.flatMap(life => life.difference(observed) ?? [])).toEqual([])
      // Who leaves is played on Kafka by test/integrity/later-version.int.test.ts: in a lobby, a stage and a bonus.
      const missed = [...names.values()].filter(name => rows.of(name) === 0)
      expect(missed.filter(name => !name.includes(' LEAVE '))).toEqual([TOO_LONG_ROW])
    },
    LIMIT_MS,
  )
})

async function sendNext(client: QuestClient, lives: readonly KafkaLife[], observed: Observed): Promise<void> {
  const records = lives.flatMap(life =>
    life.next(observed).map(command => commandRecord(command, lifeTenant(life.channelId), life.channelId % PARTITIONS)),
  )
  if (records.length > 0) await client.send(records)
}

/** Each life with a channel of its own, and in it the character that comes first. */
async function registered(client: QuestClient, used: (row: Row) => void): Promise<readonly KafkaLife[]> {
  const samples = sampleLives()
  const places = await client.send(
    samples.map((sample, channelId) =>
      commandRecord(registerCommand(sample, channelId), lifeTenant(channelId), channelId % PARTITIONS),
    ),
  )
  return samples.map((sample, channelId) => {
    const place = places[channelId]
    if (place === undefined) throw new Error(`nothing tells where the registration in channel ${channelId} lies`)
    const instanceId = instanceIdAt(client.clusterId, place, { tenantId: TENANT.id, worldId: 0, channelId })
    return new KafkaLife(sample, channelId, instanceId, used)
  })
}
