/**
 * What the tests of bounds on a real Kafka share: two quests, REGISTERs for them, and what they ask of a replica beside
 * its topics: its metrics, and lines of its log.
 */

import { type Admin, ConfigResourceTypes, Kafka, logLevel } from 'kafkajs'
import { eventually } from '../support/eventually.ts'
import type { JavaRecord } from '../support/kafka/independent-client.ts'
import { commandRecord } from '../support/quest-client.ts'
import type { ServiceProcess } from '../support/service-process.ts'
import { TENANT } from '../support/tenants.ts'

/** Waits for others for 20 seconds, and fails. */
export const LONELY = {
  ...{ questId: 'lonely_pq', name: 'Lonely', exit: 900, registration: { type: 'party', mode: 'timed', duration: 20 } },
  startRequirements: [{ type: 'party_size', operator: 'gte', value: 2 }],
  stages: [{ index: 0, name: 'Floor', type: 'boss', mapIds: [100] }],
}

/** Starts at once, for one character. */
export const OPEN = {
  ...LONELY,
  questId: 'open_pq',
  startRequirements: [],
  registration: { type: 'party', mode: 'instant' },
}

export function register(characterId: number, questId: string, partition = 0, channelId = characterId % 8) {
  const body = { questId, partyId: 0, channelId, mapId: 0 }
  return commandRecord({ worldId: 0, characterId, type: 'REGISTER', body }, TENANT, partition)
}

/** The instances of which there is a status event of that type, as often as there is. */
export function of(type: string, records: readonly JavaRecord[]): readonly string[] {
  return records.filter(({ value }) => value?.includes(`"type":"${type}"`)).map(({ key }) => String(key))
}

/** The sum of the series of that name, whose labels hold that text. */
export async function metricOf(url: string, name: string, labels = ''): Promise<number> {
  const text = await (await fetch(`${url}/metrics`)).text()
  let sum = 0
  for (const line of text.split('\n')) {
    const [series = '', value] = line.split(' ')
    if (series.replace(/\{.*/, '') === name && series.includes(labels)) sum += Number(value)
  }
  return sum
}

/** The lines of that message, parsed. */
export function linesOf(service: ServiceProcess, message: string): readonly Record<string, unknown>[] {
  return service.output.split('\n').flatMap(line => (line.includes(`"${message}`) ? [JSON.parse(line)] : []))
}

export async function withAdmin<T>(bootstrap: string, work: (admin: Admin) => Promise<T>): Promise<T> {
  const kafka = new Kafka({ clientId: 'bounds', brokers: bootstrap.split(','), logLevel: logLevel.NOTHING })
  const admin = kafka.admin()
  await admin.connect()
  try {
    return await work(admin)
  } finally {
    await admin.disconnect()
  }
}

/** A broker that was just killed may be taken for the controller for a while, and then nobody answers. */
const CONTROLLER = { limitMs: 60_000, pollMs: 500 }

/** With more copies than are in sync, the leaders of those topics answer NOT_ENOUGH_REPLICAS from now on. */
export async function setMinInSync(bootstrap: string, topics: readonly string[], copies: number): Promise<void> {
  await eventually(async () => {
    await withAdmin(bootstrap, admin =>
      admin.alterConfigs({
        validateOnly: false,
        resources: topics.map(name => ({
          type: ConfigResourceTypes.TOPIC,
          name,
          configEntries: [{ name: 'min.insync.replicas', value: String(copies) }],
        })),
      }),
    )
    return true
  }, CONTROLLER)
}
