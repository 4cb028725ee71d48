/**
 * All shipped quests, played to their end by scripted parties on a real service in this process: the composition that
 * `start` and `demo` run, on the embedded log.
 */
import { afterEach, describe, expect, it } from 'vitest'
import { commandRecord, outgoing } from '../../src/cli/command-value.ts'
import { PartyDirector, type PartyDirectorOptions } from '../../src/cli/party-director.ts'
import { type RunningService, runService } from '../../src/cli/run-service.ts'
import { seededRandom } from '../../src/cli/seeded-random.ts'
import { readSettings } from '../../src/cli/settings.ts'
import { systemClock } from '../../src/clock.ts'
import type { TenantId } from '../../src/contract/ids.ts'
import { type StatusEvent, statusEventSchema } from '../../src/contract/message-schemas.ts'
import { createCommandSender } from '../../src/http/command-sender.ts'
import { followTopics } from '../../src/http/topic-follower.ts'
import { silentLog } from '../../src/log.ts'
import { eventually } from '../support/eventually.ts'

const tenant = {
  id: '00000000-0000-4000-8000-000000000007' as TenantId,
  region: 'GMS',
  majorVersion: 83,
  minorVersion: 1,
}

let running: RunningService | undefined
afterEach(async () => {
  await running?.stop()
})

/** Plays each shipped quest once; how each ended, and all status events. */
async function playAll(options: Partial<PartyDirectorOptions> = {}, env: Record<string, string> = {}) {
  const settings = await readSettings({ REST_PORT: '0', REPLICA_NAME: 'box', SHARDS: '4', ...env })
  const random = seededRandom(7)
  const fatal: unknown[] = []
  const onFatal = (error: unknown) => void fatal.push(error)
  running = await runService({ ...settings, clock: systemClock, random, log: silentLog, onFatal })
  await running.started
  const { transport, status } = running
  await eventually(() => status().missing.length === 0)
  const { topics, rules } = settings.config
  const sender = createCommandSender({ transport, topic: topics.commands, random })
  const definitions = settings.catalogue.all().map(({ definition }) => definition)
  const outcomes = new Map<string, string>()
  const events: StatusEvent[] = []
  const deadLetters: unknown[] = []
  const director = new PartyDirector({
    definitions,
    advance: rules.advance,
    partiesAtATimeMax: definitions.length,
    questsMax: definitions.length,
    pauseMs: 0,
    patienceMs: 10_000,
    forfeitEvery: 0,
    clock: systemClock,
    random,
    send: command => sender.send([commandRecord(outgoing(command, tenant, random))]),
    onEnded: ({ questId }, outcome) => outcomes.set(questId, outcome),
    ...options,
  })
  const follower = await followTopics({
    transport,
    name: 'test',
    topics: [topics.statusEvents, topics.deadLetters],
    from: 'earliest',
    onRecords: records => {
      for (const { topic, value, headers } of records) {
        if (topic === topics.deadLetters) {
          deadLetters.push(headers.map(([name, text]) => `${name}: ${text}`))
          continue
        }
        const event = statusEventSchema.parse(JSON.parse(String(value)))
        events.push(event)
        director.hear(event)
      }
    },
  })
  await director.run(new AbortController().signal)
  await follower.close()
  await sender.close()
  return {
    outcomes: Object.fromEntries(outcomes),
    events,
    deadLetters,
    fatal,
    questIds: definitions.map(q => q.questId),
  }
}

const every = (questIds: readonly string[], outcome: string) =>
  Object.fromEntries(questIds.map(questId => [questId, outcome]))

describe('the shipped quests', () => {
  it('are all seven played to COMPLETED by parties that fulfil their conditions', async () => {
    const { outcomes, events, deadLetters, fatal, questIds } = await playAll()
    expect(questIds).toHaveLength(7)
    expect(outcomes).toEqual(every(questIds, 'completed'))
    expect(deadLetters).toEqual([])
    expect(fatal).toEqual([])
    const times = (type: StatusEvent['type']) => events.filter(event => event.type === type).length
    expect([times('INSTANCE_CREATED'), times('COMPLETED'), times('INSTANCE_DESTROYED')]).toEqual([7, 7, 7])
  })

  it('are completed as well where cleared stages advance by themselves', async () => {
    const { outcomes, deadLetters, questIds } = await playAll({}, { ADVANCE: 'automatic' })
    expect(outcomes).toEqual(every(questIds, 'completed'))
    expect(deadLetters).toEqual([])
  })

  it('fail for parties that forfeit', async () => {
    const { outcomes, events, questIds } = await playAll({ forfeitEvery: 1 })
    expect(outcomes).toEqual(every(questIds, 'failed'))
    expect(events.filter(({ type }) => type === 'FAILED')).toHaveLength(7)
  })
})
