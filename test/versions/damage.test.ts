/**
 * Promise: a state record that cannot be read stops its own shard, says which one it is, where, and what to do, and
 * costs nobody else anything; once it is repaired the shard goes on where it was.
 */
import { afterEach, describe, expect, test } from 'vitest'
import { COMMAND_TYPES } from '../../src/contract/commands.ts'
import { createMetrics } from '../../src/metrics.ts'
import { quest } from '../support/definitions.ts'
import { FakeLookups } from '../support/fake-lookups.ts'
import { effectStepper, FakeMonsters } from '../support/fake-monsters.ts'
import type { Replica } from '../support/replica.ts'
import { INTERNAL, ShardHarness } from '../support/shard-harness.ts'

const solo = quest({ startRequirements: [] })
const asked = quest({ questId: 'asked_pq' })
const OPTIONS = { definitions: [solo, asked], shards: 2, services: { parties: true } }
/** By their hashes: of shard 0 and of shard 1. */
const CHANNELS = [0, 1, 2, 3]

let harness: ShardHarness | undefined
afterEach(() => harness?.stop())

/** Both shards with a quest under way, an effect of it that waits, and one that waits for a look-up; stopped. */
async function underWay(): Promise<ShardHarness> {
  const services = { lookupClient: new FakeLookups(), monsterClient: new FakeMonsters() }
  harness = await ShardHarness.start({ ...OPTIONS, ...services, stepper: effectStepper() })
  const h = harness
  for (const channelId of CHANNELS) {
    await h.register(1001, { channelId })
    await h.register(1002, { channelId, questId: 'asked_pq', partyId: 88 })
  }
  h.seen()
  await h.stop()
  return h
}

function keyOf(h: ShardHarness, kind: string): string {
  const key = [...h.state(0).keys()].find(name => name.split('/')[0] === kind)
  if (key === undefined) throw new Error(`shard 0 has no ${kind} record`)
  return key
}

const reasons = ({ log }: Replica) =>
  log.lines.flatMap(({ level, fields }) => (level === 'fatal' ? [String(fields.err)] : []))

/** Instances that answer a STAGE_ADVANCE. */
async function advance(h: ShardHarness): Promise<number> {
  for (let number = 1; number <= CHANNELS.length; number++) await h.command('STAGE_ADVANCE', number)
  return h.seen().events.length
}

const changed = (change: (record: Record<string, unknown>) => unknown) => (value: string) =>
  JSON.stringify(change(JSON.parse(value)))
const without = (name: string) => changed(({ [name]: _, ...rest }) => rest)

describe.each([
  ['an instance that is garbage', 'instance', () => '\u0000\u0001garbage', /not JSON/],
  ['an instance that is cut short', 'instance', (value: string) => value.slice(0, -20), /not JSON/],
  ['an instance that is a list', 'instance', () => '[]', /no object/],
  [
    'an instance of an unknown version',
    'instance',
    changed(record => ({ ...record, version: 7 })),
    /of version 7, this release reads 1/,
  ],
  ['an instance without a version', 'instance', without('version'), /record without a version, this release reads 1/],
  ['an instance without its state', 'instance', without('value'), /instance record is damaged at \$\.value/],
  [
    'an instance whose run is empty',
    'instance',
    changed(record => ({ ...record, context: { ...Object(record.context), run: {} } })),
    /instance record is damaged at \$\.context\.run\.\w+: .*; write the right value/,
  ],
  [
    'an instance whose members are none',
    'instance',
    changed(withMembers(7)),
    /instance record is damaged at \$\.context\.run\.\w+: .*; write the right value/,
  ],
  [
    'an instance with something that is nested too deep to be written again',
    'instance',
    record => record.replace('"stageIndex"', `"later":${'['.repeat(20_000)}${']'.repeat(20_000)},"stageIndex"`),
    /instance record is nested deeper than 200 levels: .*; write the right value/,
  ],
  [
    'an instance that plays by an unknown definition',
    'instance',
    changed(record => ({ ...record, definition: 'x@0' })),
    /plays by x@0, whose record is not in the log/,
  ],
  ['a definition that is garbage', 'definition', () => 'x', /not JSON/],
  ['a definition with a fault', 'definition', without('exit'), /exit/],
  [
    'a definition that is another than its name says',
    'definition',
    () => solo.bytes.toString().replace('900', '901'),
    /are the definition mill_pq@\w+, not mill_pq@/,
  ],
  [
    'a definition of an unknown version',
    'definition',
    changed(record => ({ ...record, version: 2 })),
    /definition record of version 2, this release reads 1/,
  ],
  ['a position without an offset', 'position', without('next'), /damaged at \$\.next.*no tombstone/],
  ['a position with half an offset', 'position', changed(record => ({ ...record, next: 0.5 })), /damaged at \$\.next/],
  ['a position without watermarks', 'position', without('watermarks'), /damaged at \$\.watermarks/],
  ['an effect that is garbage', 'effect', () => '{"version":1', /not JSON/],
  ['an effect without its tenant', 'effect', without('tenant'), /effect record is damaged at \$\.tenant/],
  [
    'an effect that nobody knows to do',
    'effect',
    changed(record => ({ ...record, effect: { kind: 'raiseWater', mapId: 1 } })),
    /damaged at \$\.effect\.kind/,
  ],
  [
    'an effect under the key of another',
    'effect',
    changed(record => ({ ...record, number: 77 })),
    /it is the effect [-\w]+\/77/,
  ],
  ['a waiting registration that is garbage', 'pending', () => '{"version":1', /not JSON/],
  ['a waiting registration without its headers', 'pending', without('headers'), /damaged at \$\.headers/],
  [
    'a waiting registration whose value is no base64',
    'pending',
    changed(record => ({ ...record, value: '*' })),
    /damaged at \$\.value/,
  ],
])('%s', (_, kind, damage, reason) => {
  test('stops its shard, names the record and its place, and leaves the other shard alone', async () => {
    const h = await underWay()
    const key = keyOf(h, kind)
    await h.plantState(key, damage(h.state(0).get(key) ?? ''))
    const place = `pq.shard-state/0@${h.records(INTERNAL.shardState, 0).at(-1)?.offset}`
    const metrics = createMetrics({ commandTypes: COMMAND_TYPES })
    const replica = await h.takeOver({ telemetry: metrics.telemetry })

    expect([...replica.shards.phases()]).toEqual([
      [0, 'dead'],
      [1, 'running'],
    ])
    expect(reasons(replica)).toEqual([
      expect.stringContaining(`UnrestorableError: shard 0 cannot read its record "${key}" at ${place}: `),
    ])
    expect(reasons(replica)[0]).toMatch(reason)
    expect(await metrics.exposition()).toContain('party_quest_shards{phase="dead"} 1')
    expect([await advance(h), replica.fatal]).toEqual([othersThanShard0(h), []])
  })

  test('is repaired by the right value under the same key: after a restart nothing is missing', async () => {
    const h = await underWay()
    const key = keyOf(h, kind)
    const right = h.state(0).get(key) ?? ''
    await h.plantState(key, damage(right))
    await h.takeOver()
    await h.stop()
    await h.plantState(key, right)
    const replica = await h.takeOver()
    expect([...replica.shards.phases().values()]).toEqual(['running', 'running'])
    expect([await advance(h), reasons(replica)]).toEqual([CHANNELS.length, []])
  })
})

describe('a tombstone', () => {
  test('gives up an instance that nobody can read, and frees who is in it', async () => {
    const h = await underWay()
    const key = keyOf(h, 'instance')
    await h.plantState(key, 'garbage')
    await h.plantState(key, null)
    const replica = await h.takeOver()
    expect([...replica.shards.phases().values()]).toEqual(['running', 'running'])
    expect(await advance(h)).toBe(CHANNELS.length - 1)
    for (const channelId of CHANNELS) await h.register(1001, { channelId })
    const { events, refused } = h.seen()
    expect(events.filter(line => line.includes('INSTANCE_CREATED'))).toHaveLength(1)
    expect(refused).toEqual(Array(CHANNELS.length - 1).fill('ALREADY_REGISTERED'))
  })

  test('takes away a record of a kind that nobody knows', async () => {
    const h = await underWay()
    await h.plantState('season/1', '{}')
    const stopped = await h.takeOver()
    expect(reasons(stopped)[0]).toMatch(
      /cannot read its record "season\/1" at .*unknown key "season\/1": run the release/,
    )
    await h.stop()
    await h.plantState('season/1', null)
    const replica = await h.takeOver()
    expect([...replica.shards.phases().values()]).toEqual(['running', 'running'])
    expect(await advance(h)).toBe(CHANNELS.length)
  })
})

function withMembers(members: unknown) {
  return (record: Record<string, unknown>) => {
    const context = Object(record.context)
    return { ...record, context: { ...context, run: { ...context.run, members } } }
  }
}

function othersThanShard0(h: ShardHarness): number {
  const instances = [...h.state(1).keys()].filter(key => key.startsWith('instance/')).length
  if (instances === 0) throw new Error('shard 1 has no instance: choose other CHANNELS')
  return instances
}
