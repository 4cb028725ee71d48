/**
 * Promise: each command has its effect once and in its order, whatever is killed and whoever takes over; and each
 * record that is refused is one dead letter. Processes die by kill -9 in the middle of a load, and what must have come
 * out is recomputed from the command topic afterwards.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, it } from 'vitest'
import { systemRandom } from '../../src/clock.ts'
import { describeWithEachKafka, type KafkaUnderTest } from '../support/brokers.ts'
import { differences } from '../support/judgement.ts'
import { recompute } from '../support/oracle.ts'
import type { ServiceProcess } from '../support/service-process.ts'
import { type InstallationOptions, installations, PARTITIONS } from './installation.ts'
import { Load } from './load.ts'
import { LOAD_QUESTS } from './load-quests.ts'

const KILLS_MIN = 6
/** Each plays by some twenty commands. */
const PARTIES_MIN = 180
const PARTIES_PER_STEP = 5
const COMMANDS_MIN = 3_000
/** Once it is ready and has work, a process lives for so long. */
const LIFE_MS_MIN = 30
const LIFE_MS_MAX = 900
const LIMIT_MS = 100_000

describeWithEachKafka('exactly once', kafka => {
  const install = installations()

  it(
    'one replica that is killed again and again loses, doubles and swaps nothing',
    async () => {
      await killed(kafka, 'one', ['a'])
    },
    LIMIT_MS,
  )

  it(
    'two replicas that are killed in turn lose, double and swap nothing',
    async () => {
      await killed(kafka, 'two', ['a', 'b'])
    },
    LIMIT_MS,
  )

  async function killed({ bootstrap, topicPrefix }: KafkaUnderTest, name: string, names: readonly string[]) {
    const seed = systemRandom.bytes(4).readUInt32LE(0)
    const options: InstallationOptions = { bootstrap, prefix: `${topicPrefix()}-${name}`, definitions: LOAD_QUESTS }
    const { client, start } = await install(options)
    const replicas: ServiceProcess[] = []
    for (const replica of names) {
      const process = await start(replica)
      await process.untilReady()
      replicas.push(process)
    }

    const load = new Load({ seed, client, partitions: PARTITIONS })
    let interrupted = 0
    for (let kill = 0; kill < KILLS_MIN || load.parties < PARTIES_MIN; kill++) {
      const index = kill % replicas.length
      // Nothing is waited for: the moment of a death is drawn.
      const death = sleep(LIFE_MS_MIN + systemRandom.fraction() * (LIFE_MS_MAX - LIFE_MS_MIN))
      const dead = death.then(() => replicas[index]?.kill())
      await load.advance(PARTIES_PER_STEP)
      await load.until(dead, PARTIES_PER_STEP)
      if ((await client.undone()) > 0) interrupted++
      const again = await start(names[index] ?? '')
      replicas[index] = again
      // More comes while it takes its shards back.
      await load.until(again.untilReady(), 1)
    }
    await load.finish()
    await client.untilIdle()

    const observed = await client.read()
    const expected = recompute(observed.commands, { quests: LOAD_QUESTS, clusterId: client.clusterId })
    expect(differences(expected, observed), `seed ${seed}`).toEqual([])
    expect(observed.commands).toHaveLength(load.sent)
    expect(load.sent).toBeGreaterThan(COMMANDS_MIN)
    expect(interrupted, 'deaths with work under way').toBeGreaterThan(KILLS_MIN / 2)
  }
})
