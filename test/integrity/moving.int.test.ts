/**
 * Promise: a replica that is stopped ends no quest. Its shards go on elsewhere, and come back to it, under load, and
 * nothing is lost, doubled or out of order by that.
 */
import { expect, it } from 'vitest'
import { systemRandom } from '../../src/clock.ts'
import { describeWithEachKafka } from '../support/brokers.ts'
import { differences } from '../support/judgement.ts'
import { recompute } from '../support/oracle.ts'
import { installations, PARTITIONS } from './installation.ts'
import { Load } from './load.ts'
import { LOAD_QUESTS } from './load-quests.ts'

const PARTIES_PER_STEP = 4
const LIMIT_MS = 90_000

describeWithEachKafka('two replicas', kafka => {
  const install = installations()

  it(
    'hand all over and take it back under load when one leaves by SIGTERM, and it ends with 0',
    async () => {
      const seed = systemRandom.bytes(4).readUInt32LE(0)
      const { bootstrap } = kafka
      const prefix = `${kafka.topicPrefix()}-moving`
      // Longer than the test waits for an exit: it must have left in order, not have given up.
      const env = { SHUTDOWN_TIMEOUT_MS: '60000' }
      const { client, start } = await install({ bootstrap, prefix, definitions: LOAD_QUESTS, env })
      const load = new Load({ seed, client, partitions: PARTITIONS })
      let a = await start('a')
      let b = await start('b')
      await Promise.all([a.untilReady(), b.untilReady()])
      await load.advance(PARTIES_PER_STEP)

      const leavingA = a.terminate()
      await load.until(leavingA, PARTIES_PER_STEP)
      await load.advance(PARTIES_PER_STEP)
      // Only b is left, and does all that there is to do.
      await client.untilIdle()
      a = await start('a')
      await load.until(a.untilReady(), PARTIES_PER_STEP)

      const leavingB = b.terminate()
      await load.until(leavingB, PARTIES_PER_STEP)
      await load.advance(PARTIES_PER_STEP)
      await client.untilIdle()
      b = await start('b')
      await load.until(b.untilReady(), PARTIES_PER_STEP)
      await load.finish()
      await client.untilIdle()

      expect([await leavingA, await leavingB]).toEqual(Array(2).fill({ code: 0, signal: null }))
      const observed = await client.read()
      const expected = recompute(observed.commands, { quests: LOAD_QUESTS, clusterId: client.clusterId })
      expect(differences(expected, observed), `seed ${seed}`).toEqual([])
      expect(observed.commands).toHaveLength(load.sent)
      expect(observed.status.length).toBeGreaterThan(200)
    },
    LIMIT_MS,
  )
})
