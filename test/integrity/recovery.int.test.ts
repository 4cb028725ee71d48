/**
 * Promise: the service heals by itself, whatever dies and however often, and as soon as it can: a replica that leaves,
 * or comes back under its name, lets nobody wait for a session to run out. How long each takes is measured by
 * `npm run bench -- recovery`, not here.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, it } from 'vitest'
import { systemRandom } from '../../src/clock.ts'
import { describeWithKafka } from '../support/brokers.ts'
import { differences } from '../support/judgement.ts'
import { recompute } from '../support/oracle.ts'
import type { QuestClient } from '../support/quest-client.ts'
import type { ServiceProcess } from '../support/service-process.ts'
import { installations, PARTITIONS } from './installation.ts'
import { Load } from './load.ts'
import { LOAD_QUESTS } from './load-quests.ts'

const NAMES = ['a', 'b', 'c'] as const
const KILLS = 12
/** Often shorter than a process needs to be ready: some die while they join, others while they restore. */
const KILL_INTERVAL_MS_MAX = 800
/** Far beyond the ten seconds that are promised on a machine that does nothing else. */
const HEALED_LIMIT_MS = 60_000
const LIMIT_MS = 150_000

describeWithKafka('recovery', kafka => {
  const install = installations()

  it(
    'three replicas that are killed one after the other before they are back heal by themselves, and all is exact',
    async () => {
      const seed = systemRandom.bytes(4).readUInt32LE(0)
      const { bootstrap } = kafka
      const options = { bootstrap, prefix: `${kafka.topicPrefix()}-storm`, definitions: LOAD_QUESTS }
      const { client, start } = await install(options)
      const replicas = await Promise.all(NAMES.map(start))
      await Promise.all(replicas.map(replica => replica.untilReady(HEALED_LIMIT_MS)))
      const load = new Load({ seed, client, partitions: PARTITIONS })
      await load.advance(10)

      let unready = 0
      const storm = async () => {
        for (let kill = 0; kill < KILLS; kill++) {
          // Nothing is waited for: the moment of a death is drawn.
          await sleep(systemRandom.fraction() * KILL_INTERVAL_MS_MAX)
          const victim = kill % NAMES.length
          const states = await Promise.all(replicas.map(replica => replica.readiness()))
          if (states.some(({ status }) => status !== 200)) unready++
          await replicas[victim]?.kill()
          replicas[victim] = await start(NAMES[victim] ?? '')
        }
      }
      await load.until(storm(), 2)
      await Promise.all(replicas.map(replica => replica.untilReady(HEALED_LIMIT_MS)))
      await load.advance(10)
      await load.finish()
      await client.untilIdle(HEALED_LIMIT_MS)

      await expectExact(client, load, seed)
      expect(unready, 'kills while another was not back yet').toBeGreaterThan(KILLS / 4)
    },
    LIMIT_MS,
  )

  it(
    'nobody waits for a session when a replica is killed and comes back under its name, or is told to stop',
    async () => {
      const seed = systemRandom.bytes(4).readUInt32LE(0)
      const { bootstrap } = kafka
      const prefix = `${kafka.topicPrefix()}-sessions`
      // Longer than this test may last: whoever waits for one is not ready in time.
      const env = { SESSION_TIMEOUT_MS: String(2 * LIMIT_MS) }
      const { client, start } = await install({ bootstrap, prefix, definitions: LOAD_QUESTS, env })
      const [first, b] = await Promise.all([start('a'), start('b')])
      await Promise.all([first.untilReady(HEALED_LIMIT_MS), b.untilReady(HEALED_LIMIT_MS)])
      const load = new Load({ seed, client, partitions: PARTITIONS })
      await load.advance(10)

      await first.kill()
      const a: ServiceProcess = await start('a')
      await load.until(a.untilReady(HEALED_LIMIT_MS), 2)
      await client.untilIdle(HEALED_LIMIT_MS)

      await load.until(b.terminate(HEALED_LIMIT_MS), 2)
      await load.finish()
      await client.untilIdle(HEALED_LIMIT_MS)
      await expectExact(client, load, seed)
    },
    LIMIT_MS,
  )

  async function expectExact(client: QuestClient, load: Load, seed: number): Promise<void> {
    const observed = await client.read()
    const expected = recompute(observed.commands, { quests: LOAD_QUESTS, clusterId: client.clusterId })
    expect(differences(expected, observed), `seed ${seed}`).toEqual([])
    expect(observed.commands).toHaveLength(load.sent)
    expect(observed.status.length).toBeGreaterThan(100)
  }
})
