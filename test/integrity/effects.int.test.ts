/**
 * Promise: on a real Kafka, what a quest asks of the monster service is done in the order of its instance, whatever is
 * killed between the commit, the request and the word that it is done; in the end nothing waits any more.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { describeWithKafkaAndJava } from '../support/brokers.ts'
import { eventually } from '../support/eventually.ts'
import { commandRecord, type QuestClient } from '../support/quest-client.ts'
import type { ServiceProcess } from '../support/service-process.ts'
import { TENANT } from '../support/tenants.ts'
import { installations } from './installation.ts'

const LIMIT_MS = 120_000
const WAIT = { limitMs: 40_000, pollMs: 50 }
const friendlyMonster = { monsterId: 9300061, x: -183, y: -433, fh: 7 }
const GROVE = {
  questId: 'grove_pq',
  name: 'The Grove',
  registration: { type: 'individual', mode: 'instant', mapId: 0 },
  startRequirements: [],
  exit: 900,
  stages: [
    { index: 0, name: 'Bunny', mapIds: [100, 101], type: 'reactor_trigger', properties: { friendlyMonster } },
    { index: 1, name: 'Moon', mapIds: [110], type: 'reactor_trigger', properties: { friendlyMonster } },
  ],
}

/** Answers, or keeps everybody waiting. */
class MonsterService {
  /** `POST 100`, `DELETE 110`, … in the order in which they came. */
  readonly asked: string[] = []
  #isSilent = true
  #waiting: ServerResponse[] = []
  readonly #server: Server = createServer((request, response) => this.#take(request, response))

  async open(): Promise<string> {
    await new Promise<void>(resolve => this.#server.listen(0, '127.0.0.1', resolve))
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/api/`
  }

  close(): void {
    this.#server.closeAllConnections()
    this.#server.close()
  }

  silence(): void {
    this.#isSilent = true
  }

  answer(): void {
    this.#isSilent = false
    for (const response of this.#waiting) response.writeHead(204).end()
    this.#waiting = []
  }

  #take({ method, url = '' }: IncomingMessage, response: ServerResponse): void {
    this.asked.push(`${method} ${/\/maps\/(\d+)\/instances\/[-\w]{36}\/monsters$/.exec(url)?.[1]}`)
    if (this.#isSilent) this.#waiting.push(response)
    else response.writeHead(204).end()
  }
}

describeWithKafkaAndJava('effects at the monster service', kafka => {
  const install = installations()
  const monsters = new MonsterService()
  let url = ''
  beforeAll(async () => {
    url = await monsters.open()
  })
  afterAll(() => monsters.close())

  it(
    'are done again by the next owner after kill -9 until they are known to be done, and then nothing is left of them',
    async () => {
      const options = { bootstrap: kafka.bootstrap, prefix: `${kafka.topicPrefix()}-effects`, definitions: [GROVE] }
      const { client, start } = await install({ ...options, env: { MONSTERS_SERVICE_URL: url } })
      const asked = (lines: readonly string[]) => eventually(() => contains(monsters.asked, lines), WAIT)
      let replica = await start('a')
      await replica.untilReady()

      const body = { questId: GROVE.questId, partyId: 0, channelId: 1, mapId: 0 }
      await client.send([commandRecord({ worldId: 0, characterId: 1001, type: 'REGISTER', body }, TENANT, 0)])
      await asked(['POST 100'])
      await replica.kill()
      monsters.asked.length = 0
      replica = await start('a')
      await asked(['POST 100'])
      const instanceId = await instanceOf(client)

      monsters.answer()
      const command = (type: 'STAGE_ADVANCE' | 'FORFEIT') =>
        client.send([commandRecord({ worldId: 0, characterId: 1001, type, body: { instanceId } }, TENANT, 0)])
      await command('STAGE_ADVANCE')
      await asked(['DELETE 100', 'DELETE 101', 'POST 110'])
      await settled(replica)

      monsters.silence()
      monsters.asked.length = 0
      await command('FORFEIT')
      await asked(['DELETE 110'])
      await replica.kill()
      monsters.asked.length = 0
      replica = await start('a')
      // The instance is no more, and its last effect is not forgotten.
      await asked(['DELETE 110'])
      monsters.answer()
      await settled(replica)
      monsters.asked.length = 0

      await replica.kill()
      replica = await start('a')
      await replica.untilReady()
      await settled(replica)
      expect(monsters.asked).toEqual([])
    },
    LIMIT_MS,
  )
})

/** In that order, whatever came between. */
function contains(asked: readonly string[], lines: readonly string[]): boolean {
  let at = 0
  for (const line of asked) if (line === lines[at]) at += 1
  return at === lines.length
}

async function instanceOf(client: QuestClient): Promise<string> {
  return await eventually(async () => {
    const [first] = await client.readStatus()
    const instanceId: unknown = first && JSON.parse(String(first.value)).instanceId
    return typeof instanceId === 'string' ? instanceId : undefined
  }, WAIT)
}

/** Every shard says that none of its effects waits. */
async function settled({ url }: ServiceProcess): Promise<void> {
  await eventually(async () => {
    const metrics = await (await fetch(`${url}/metrics`)).text()
    const counts = [...metrics.matchAll(/^party_quest_pending_effects\{shard="\d+"\} (\d+)$/gm)].map(([, n]) =>
      Number(n),
    )
    expect(counts.length).toBeGreaterThan(0)
    expect(counts.filter(count => count > 0)).toEqual([])
    return true
  }, WAIT)
}
