/**
 * Promise: whatever dies, freezes or wakes up again, replica or broker, each command has its effect once and in order,
 * each refused record is one dead letter, tenants never meet, and everybody is well again by himself. The sizes are
 * for each change; `npm run chaos` runs any other.
 */
import { describe, expect, it } from 'vitest'
import { seededRandom } from '../../src/cli/seeded-random.ts'
import { systemRandom } from '../../src/clock.ts'
import { describeWithJava } from '../support/brokers.ts'
import type { JavaRecord } from '../support/kafka/independent-client.ts'
import { type ChaosOptions, type ChaosReport, chaos } from './chaos.ts'
import { CHAOS_QUESTS, HUNT, VISIT } from './quests.ts'
import { eachJudged } from './read.ts'
import { LATER, SHARDS, TOPICS } from './stage.ts'
import { TAMPERINGS } from './tampering.ts'
import { Verification } from './verification.ts'

const LIMIT_MS = 600_000
const JUDGED = { ...TOPICS, ...LATER }

describeWithJava('chaos', () => {
  it(
    'of replicas and a single broker loses, doubles, swaps and mixes nothing (Kafka 3.9.1)',
    () => holds({ version: '3.9.1', nodes: 1, commands: 6_000, kills: 3 }),
    LIMIT_MS,
  )

  it(
    'of replicas, leaders and coordinators of three brokers loses, doubles, swaps and mixes nothing (Kafka 4.2.0)',
    () => holds({ version: '4.2.0', nodes: 3, commands: 6_000, kills: 3 }),
    LIMIT_MS,
  )

  describe('on Kafka 4.2.0', () => {
    let read: readonly JavaRecord[] = []
    let clusterId = ''

    it(
      'of replicas and a single broker loses, doubles, swaps and mixes nothing (Kafka 4.2.0)',
      () =>
        holds({ version: '4.2.0', nodes: 1, commands: 8_000, kills: 4 }, async ({ stage }) => {
          const records: JavaRecord[] = []
          await eachJudged(stage.cluster.bootstrap, JUDGED, record => records.push(record))
          read = records
          clusterId = stage.client.clusterId
        }),
      LIMIT_MS,
    )

    it(
      'is judged by a verifier that finds nothing wrong in a true read',
      () => {
        const { counts, faults } = verdictOn(read)
        expect(counts.commands).toBeGreaterThan(8_000 - 1)
        expect(faults).toEqual([])
      },
      LIMIT_MS,
    )

    it.each(Object.entries(TAMPERINGS))(
      'is judged by a verifier that sees %s',
      (_, tamper) => {
        const seed = systemRandom.bytes(4).readUInt32LE(0)
        const { faults } = verdictOn(tamper(read, JUDGED, seededRandom(seed)))
        expect(faults, `seed ${seed}`).not.toEqual([])
        // Where to look: a record, by topic, partition and offset.
        expect(faults.join('\n')).toMatch(/\d+@\d+/)
      },
      LIMIT_MS,
    )

    function verdictOn(records: readonly JavaRecord[]) {
      const verification = new Verification({
        ...{ topics: JUDGED, clusterId, shards: SHARDS },
        quests: [...CHAOS_QUESTS, HUNT, VISIT],
      })
      for (const record of records) verification.take(record)
      return verification.end()
    }
  })
})

async function holds(
  options: Omit<ChaosOptions, 'seed' | 'say'>,
  look: (report: ChaosReport) => Promise<void> = async () => {},
): Promise<void> {
  const seed = systemRandom.bytes(4).readUInt32LE(0)
  const story: string[] = []
  await chaos({ ...options, seed, say: line => story.push(line) }, async report => {
    const { verdict, mishaps, sent, kills } = report
    const told = story.join('\n')
    expect(verdict.faults, told).toEqual([])
    expect(mishaps, told).toEqual([])
    expect(kills).toBe(options.kills)
    expect(verdict.counts.commands).toBe(sent)
    expect(sent).toBeGreaterThan(options.commands - 1)
    expect(verdict.counts.tenants).toBe(3)
    // That something happened at all: quests were played, records refused, timers fired.
    const { operations, timers, deadLetters, instances } = verdict.counts
    for (const count of [operations, timers, deadLetters, instances])
      expect(count).toBeGreaterThan(options.commands / 200)
    // Each hunt is told of sixteen events at least that concern it, and of others that do not.
    expect(verdict.counts.happenings).toBeGreaterThan(30 * 16 - 1)
    expect(verdict.counts.idleHappenings).toBeGreaterThan(30)
    expect(verdict.counts.elsewhere).toBeGreaterThan(options.commands / 200)
    await look(report)
  })
}
