/**
 * Promise: a timer fires once and never early, and one whose time has passed while nobody ran the instance fires at
 * once after recovery, in the order of the deadlines. Real time and real processes: a second is the shortest limit.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, it } from 'vitest'
import { describeWithKafkaAndJava } from '../support/brokers.ts'
import { eventually } from '../support/eventually.ts'
import { instanceIdAt } from '../support/instance-id.ts'
import type { JavaRecord } from '../support/kafka/independent-client.ts'
import { commandRecord, type QuestClient } from '../support/quest-client.ts'
import { TENANT } from '../support/tenants.ts'
import { installations } from './installation.ts'

const LIMIT_MS = 60_000
/** Between a deadline and its messages, beside whatever else this machine does. */
const LATE_MS_MAX = 3_000

function quest(questId: string, overrides: object) {
  return {
    ...{ questId, name: questId, registration: { type: 'party', mode: 'instant' }, exit: 900 },
    stages: [stage(0, {}), stage(1, {})],
    ...overrides,
  }
}

function stage(index: number, overrides: object) {
  return { index, name: `Floor ${index}`, type: 'boss', mapIds: [100 + index], ...overrides }
}

function timed(duration: number) {
  return { registration: { type: 'party', mode: 'timed', duration } }
}

/** What happens to one that is left alone, as `<type> <reason or stage>`, and the seconds after which its end comes. */
interface Life {
  readonly quest: { readonly questId: string }
  readonly before: readonly string[]
  readonly after: readonly string[]
  readonly seconds: number
}

const OPENED = ['INSTANCE_CREATED', 'REGISTRATION_OPENED']
const STARTED = ['INSTANCE_CREATED', 'STARTED 0']

describeWithKafkaAndJava('timers', kafka => {
  const install = installations()

  it(
    'fire while the service runs: never early, soon, and once',
    async () => {
      const lives: readonly Life[] = [
        { quest: quest('open_pq', timed(2)), before: OPENED, after: ['STARTED 0'], seconds: 2 },
        {
          quest: quest('lonely_pq', {
            ...timed(1),
            startRequirements: [{ type: 'party_size', operator: 'gte', value: 2 }],
          }),
          before: OPENED,
          after: ['FAILED requirements_not_met', 'INSTANCE_DESTROYED'],
          seconds: 1,
        },
        {
          quest: quest('floor_pq', { stages: [stage(0, { duration: 2 }), stage(1, {})] }),
          before: STARTED,
          after: ['STAGE_ADVANCED 1'],
          seconds: 2,
        },
        {
          quest: quest('trap_pq', { stages: [stage(0, { duration: 1, onTimeout: 'fail' })] }),
          before: STARTED,
          after: ['FAILED stage_time_expired', 'INSTANCE_DESTROYED'],
          seconds: 1,
        },
        {
          quest: quest('short_pq', { duration: 2 }),
          before: STARTED,
          after: ['FAILED time_expired', 'INSTANCE_DESTROYED'],
          seconds: 2,
        },
      ]
      const { client, start } = await install({
        bootstrap: kafka.bootstrap,
        prefix: `${kafka.topicPrefix()}-awake`,
        definitions: lives.map(life => life.quest),
      })
      await (await start('solo')).untilReady()
      const registered = await registerAll(client, lives)
      await untilSeen(client, registered)

      const status = await client.readStatus()
      for (const { life, instanceId, registeredAt } of registered) {
        const events = ofInstance(status, instanceId)
        expect(events.map(lineOf), life.quest.questId).toEqual([...life.before, ...life.after])
        const deadline = registeredAt + life.seconds * 1000
        for (const { timestamp } of events.slice(life.before.length)) {
          expect(timestamp - deadline, `${life.quest.questId} after its deadline`).toBeGreaterThanOrEqual(0)
          expect(timestamp - deadline, `${life.quest.questId} after its deadline`).toBeLessThan(LATE_MS_MAX)
        }
      }
    },
    LIMIT_MS,
  )

  it(
    'fire at once after a death that outlasted them: in the order of their deadlines, once, and what they arm counts from then',
    async () => {
      // The first to come is the last to end.
      const lives: readonly Life[] = [
        {
          quest: quest('late_quest_pq', { duration: 8 }),
          before: STARTED,
          after: ['FAILED time_expired', 'INSTANCE_DESTROYED'],
          seconds: 8,
        },
        {
          quest: quest('late_trap_pq', { stages: [stage(0, { duration: 7, onTimeout: 'fail' })] }),
          before: STARTED,
          after: ['FAILED stage_time_expired', 'INSTANCE_DESTROYED'],
          seconds: 7,
        },
        { quest: quest('late_open_pq', timed(6)), before: OPENED, after: ['STARTED 0'], seconds: 6 },
        {
          quest: quest('late_floors_pq', {
            stages: [stage(0, { duration: 5 }), stage(1, { duration: 1, onTimeout: 'fail' })],
          }),
          before: STARTED,
          after: ['STAGE_ADVANCED 1', 'FAILED stage_time_expired', 'INSTANCE_DESTROYED'],
          seconds: 5,
        },
      ]
      const { client, start } = await install({
        bootstrap: kafka.bootstrap,
        prefix: `${kafka.topicPrefix()}-dead`,
        definitions: lives.map(life => life.quest),
        // One partition: the log itself tells the order across instances, which are all of one channel and so of one shard.
        env: { PUBLIC_PARTITIONS: '1' },
      })
      const mortal = await start('solo')
      await mortal.untilReady()
      const registered = await registerAll(client, lives)
      await eventually(async () => (await client.readStatus()).length === lives.flatMap(({ before }) => before).length)
      await mortal.kill()
      const last = Math.max(...registered.map(({ life, registeredAt }) => registeredAt + life.seconds * 1000))
      await sleep(last - Date.now() + 500)

      const restartedAt = Date.now()
      const heir = await start('solo')
      await heir.untilReady()
      await untilSeen(client, registered)

      const status = await client.readStatus()
      for (const { life, instanceId } of registered) {
        expect(ofInstance(status, instanceId).map(lineOf), life.quest.questId).toEqual([...life.before, ...life.after])
      }
      const fired = status.filter(({ timestamp }) => timestamp >= restartedAt)
      const firstOf = (questId: string) => fired.findIndex(event => String(event.value).includes(`"${questId}"`))
      const order = lives.map(life => life.quest.questId).sort((a, b) => firstOf(a) - firstOf(b))
      expect(order).toEqual(lives.map(life => life.quest.questId).reverse())
      // The second floor had its whole second, though the first one's had passed long before.
      const floors = ofInstance(fired, registered[3]?.instanceId ?? '')
      const [advanced, failed] = floors
      expect((failed?.timestamp ?? 0) - restartedAt).toBeGreaterThanOrEqual(1000)
      expect((failed?.timestamp ?? 0) - (advanced?.timestamp ?? 0)).toBeLessThan(1000 + LATE_MS_MAX)
    },
    LIMIT_MS,
  )
})

/** One character for each, alone, in one channel and one partition. */
async function registerAll(client: QuestClient, lives: readonly Life[]) {
  const places = await client.send(
    lives.map(({ quest: { questId } }, index) => {
      const body = { questId, partyId: 10 + index, channelId: 1, mapId: 0 }
      return commandRecord({ worldId: 0, characterId: 1000 + index, type: 'REGISTER', body }, TENANT, 0)
    }),
  )
  return lives.map((life, index) => {
    const place = places[index]
    if (place === undefined) throw new Error(`no place for ${life.quest.questId}`)
    const instanceId = instanceIdAt(client.clusterId, place, { tenantId: TENANT.id, worldId: 0, channelId: 1 })
    return { life, instanceId, registeredAt: place.timestamp }
  })
}

/** Until each has all its events. What comes beyond them is found by whoever reads then. */
async function untilSeen(
  client: QuestClient,
  registered: readonly { readonly life: Life; readonly instanceId: string }[],
): Promise<void> {
  await eventually(
    async () => {
      const status = await client.readStatus()
      for (const { life, instanceId } of registered) {
        const wanted = life.before.length + life.after.length
        const found = ofInstance(status, instanceId).map(lineOf)
        if (found.length < wanted) throw new Error(`${life.quest.questId} has ${found.join(', ')} so far`)
      }
      return true
    },
    { limitMs: 20_000, pollMs: 100 },
  )
}

function ofInstance(status: readonly JavaRecord[], instanceId: string): readonly JavaRecord[] {
  return status.filter(({ key }) => String(key) === instanceId)
}

/** `FAILED time_expired`, `STARTED 0`, `INSTANCE_DESTROYED`. */
function lineOf({ value }: JavaRecord): string {
  const { type, body } = JSON.parse(String(value))
  const detail = body.reason ?? body.stageIndex
  return detail === undefined ? type : `${type} ${detail}`
}
