/** The runner of look-ups alone: how many at once, how often, how long, and that stopping it leaves nothing behind. */
import { describe, expect, test } from 'vitest'
import type { Lookup, LookupAnswer } from '../../src/contract/lookup.ts'
import { LookupNotFoundError, LookupRunner } from '../../src/shard/lookup-runner.ts'
import { silentTelemetry } from '../../src/telemetry.ts'
import { FakeLookups, party } from '../support/fake-lookups.ts'
import { ManualClock } from '../support/manual-clock.ts'
import { recordedLog } from '../support/recorded-log.ts'
import { character } from '../support/tenants.ts'

const GUILD: Lookup = { kind: 'guild', characterId: character(1001) }

function scene(lookup: Lookup = { kind: 'members', partyId: 88 }) {
  const clock = new ManualClock()
  const client = new FakeLookups()
  const outcomes: string[] = []
  const appended: { pending: string; answer: LookupAnswer }[] = []
  const runner = new LookupRunner({
    client,
    timeoutMs: 3000,
    clock,
    random: { fraction: () => 0.5, bytes: count => Buffer.alloc(count) },
    telemetry: {
      ...silentTelemetry,
      lookup: (service, outcome, seconds) => outcomes.push(`${service} ${outcome} ${seconds}`),
    },
  })
  const dependencies = {
    shard: 3,
    log: recordedLog(),
    internal: { shardCommands: 'shard-commands', shardState: '' },
    appender: {
      append: async (records: readonly { partition: number; value: Buffer | null }[]) => {
        for (const { value } of records) appended.push(JSON.parse(value?.toString() ?? ''))
      },
      close: async () => {},
    },
  }
  const stop = new AbortController()
  const lookups = runner.forShard(dependencies as never, stop.signal)
  const start = (offset = 7, asking = lookup) =>
    lookups.start({
      origin: { topic: 'commands', partition: 0, offset, timestamp: 0 },
      lookup: asking,
      original: { key: null, value: null, headers: [] },
    })
  return { clock, client, outcomes, appended, stop, start }
}

describe('a look-up', () => {
  test('names in its answer the registration that waits', async () => {
    const { clock, client, appended, start } = scene()
    start(7)
    await clock.settle()
    client.answer(party(1001))
    await clock.settle()
    expect(appended).toEqual([{ pending: 'commands/0@7', answer: party(1001) }])
  })

  test('is tried again after 100, 200, 400, … ms, and reported once', async () => {
    const { clock, client, outcomes, start } = scene()
    start()
    for (const ms of [100, 200, 400]) {
      await clock.settle()
      client.fail(new Error('503'))
      const { length } = client.asked
      await clock.advance(ms - 1)
      expect(client.asked).toHaveLength(length)
      await clock.advance(1)
      expect(client.asked).toHaveLength(length + 1)
    }
    client.answer(party(1001))
    await clock.settle()
    expect(outcomes).toEqual(['parties answered 0.7'])
  })

  test('is over when its time is, and the reason tells the last failure', async () => {
    const { clock, client, appended, outcomes, start } = scene()
    start()
    await clock.settle()
    client.fail(new Error('answered 503'))
    await clock.advance(3000)
    expect(appended).toHaveLength(1)
    expect(appended[0]?.answer).toMatchObject({ type: 'LOOKUP_FAILED', reason: /no answer within 3000 ms/ })
    expect(outcomes).toEqual(['parties timed_out 3'])
  })

  test('of what the service does not know is over at once', async () => {
    const { clock, client, appended, outcomes, start } = scene(GUILD)
    start()
    await clock.settle()
    client.fail(new LookupNotFoundError('answered 404'))
    await clock.settle()
    expect(appended.map(({ answer }) => answer)).toEqual([{ type: 'LOOKUP_FAILED', reason: 'answered 404' }])
    expect(outcomes).toEqual(['guilds not_found 0'])
  })

  test('that is stopped appends nothing: the next owner asks again', async () => {
    const { clock, client, appended, outcomes, stop, start } = scene()
    start()
    await clock.settle()
    stop.abort()
    await clock.advance(10_000)
    expect([appended, outcomes, client.asked.length]).toEqual([[], [], 1])
  })
})

test('no more than 64 are under way at once, and each of the others gets its turn', async () => {
  const { clock, client, appended, start } = scene()
  for (let offset = 0; offset < 100; offset++) start(offset)
  await clock.settle()
  expect(client.asked).toHaveLength(64)
  for (let done = 1; done <= 100; done++) {
    client.answer(party(1001))
    await clock.settle()
    expect(client.asked).toHaveLength(Math.min(64 + done, 100))
  }
  expect(appended).toHaveLength(100)
})

test('a guild service that hangs holds up no look-up at the party service', async () => {
  const { clock, client, start } = scene()
  for (let offset = 0; offset < 100; offset++) start(offset, GUILD)
  start(100, { kind: 'members', partyId: 88 })
  await clock.settle()
  expect(client.asked.map(({ kind }) => kind)).toEqual([...Array(64).fill('guild'), 'members'])
})
