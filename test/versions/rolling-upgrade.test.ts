/**
 * Promise: two releases side by side lose nothing. Replicas of an older and a newer release take turns on one shard
 * in the middle of quests, by a deploy and by a crash, and what comes out is what one release alone sends.
 */

import { createHash } from 'node:crypto'
import { afterEach, describe, expect, test } from 'vitest'
import type { JsonObject } from '../../src/contract/json.ts'
import { LAYOUTS, type RecordLayout, readVersioned } from '../../src/contract/record-layout.ts'
import { internalCommand } from '../../src/contract/shard-command.ts'
import type { CompiledDefinition } from '../../src/definitions/catalogue.ts'
import { createMemoryTransport } from '../../src/transport/memory/memory-transport.ts'
import { FOUR_PASSES, quest, stage } from '../support/definitions.ts'
import { FakeLookups, party } from '../support/fake-lookups.ts'
import type { Replica, ReplicaOptions } from '../support/replica.ts'
import { INTERNAL, ShardHarness, TOPICS } from '../support/shard-harness.ts'
import { type Dialect, otherRelease } from './other-release.ts'

let harness: ShardHarness | undefined
afterEach(() => harness?.stop())

const lobby = quest({ questId: 'lobby_pq', duration: 20, registration: { type: 'party', mode: 'timed', duration: 60 } })
const tower = quest({
  questId: 'tower_pq',
  duration: 600,
  stages: [stage(0, { duration: 120, clearConditions: [FOUR_PASSES] }), stage(1, { duration: 60 })],
  bonus: { mapId: 500, duration: 30, entry: 'auto' },
})
const TODAY: ReplicaOptions = { definitions: [tower, lobby] }

// -- other releases

const parsed = (_: string, value: Buffer): JsonObject => JSON.parse(value.toString())
const unchanged = (_: string, record: JsonObject): JsonObject => record
const speaking = (dialect: Dialect): ReplicaOptions => ({ ...TODAY, transport: otherRelease(dialect) })

/** Before definitions carried a version: the same definition has other bytes there, and so another name. */
function unversioned({ definition, bytes }: CompiledDefinition): CompiledDefinition {
  const older = Buffer.from(bytes.toString().replace('{"version":1,', '{'))
  const hash = createHash('sha256').update(older).digest('hex').slice(0, 16)
  return { ref: `${definition.questId}@${hash}`, definition, bytes: older }
}

const withoutTopicIds = (kind: string, record: JsonObject): JsonObject => {
  if (kind !== 'position') return record
  const { topicIds: _, ...rest } = record
  return rest
}

/** What ran before this release: it writes no version into definitions and no topic ids, and passes over the latter. */
const OLDER: ReplicaOptions = {
  definitions: [unversioned(tower), unversioned(lobby)],
  transport: otherRelease({
    write: withoutTopicIds,
    read: (kind, value) => withoutTopicIds(kind, parsed(kind, value)),
  }),
}

/** Says more than today's in every object of every record, under the same version. */
const TALKATIVE = speaking({
  write: (kind, record) => (kind === 'definition' ? record : talkative(record)),
  read: parsed,
})

function talkative(value: JsonObject): JsonObject {
  const inner = Object.entries(value).map(([name, field]) => [name, isPlain(name, field) ? talkative(field) : field])
  return { ...Object.fromEntries(inner), season: { of: ['the', 'witch'] } }
}

/** Objects of ours, and not names that are data. */
function isPlain(name: string, field: unknown): field is JsonObject {
  const byData = ['items', 'kills', 'data', 'watermarks', 'topicIds'].includes(name)
  return typeof field === 'object' && field !== null && !Array.isArray(field) && !byData
}

/** A version 3 of instances: the members are called `party` and lie beside the run. */
const NEXT: RecordLayout = { ...LAYOUTS.instance, migrations: [...LAYOUTS.instance.migrations, toNext], written: 3 }

function toNext(older: JsonObject): JsonObject {
  const { context, ...rest } = older as { context: JsonObject & { run: JsonObject } }
  const { members, ...run } = context.run
  return { ...rest, version: 3, context: { ...context, run, party: members } }
}

function fromNext(newer: JsonObject): JsonObject {
  const { context, ...rest } = newer as { context: JsonObject & { run: JsonObject } }
  const { party, ...others } = context
  return { ...rest, version: 2, context: { ...others, run: { members: party, ...others.run } } }
}

const readNext = (kind: string, value: Buffer): JsonObject =>
  kind === 'instance' ? fromNext(readVersioned(value, NEXT)) : parsed(kind, value)
/** The release that reads version 3 and goes on writing version 1. */
const READS_NEXT = speaking({ write: unchanged, read: readNext })
/** The one after it. */
const WRITES_NEXT = speaking({
  write: (kind, record) => (kind === 'instance' ? toNext(record) : record),
  read: readNext,
})

// -- what they play together

/** One turn of a replica each, with quests under way across all of them. */
const TURNS: readonly ((h: ShardHarness, lookups: FakeLookups) => Promise<void>)[] = [
  async (h, lookups) => {
    await h.register(1001, { questId: 'tower_pq', partyId: 88 })
    lookups.answer(party([1001, { level: 30 }], 1002))
    await h.clock.settle()
    h.seen()
  },
  h => h.command('UPDATE_STAGE_STATE', 1, { itemCounts: { 4001008: 2 }, monsterKills: { 7: 1 } }).then(),
  // Asked now, answered in another's turn.
  h => h.register(1003, { questId: 'lobby_pq', partyId: 89 }).then(),
  async (h, lookups) => {
    await h.command('UPDATE_STAGE_STATE', 1, { itemCounts: { 4001008: 1 } })
    await h.command('STAGE_CLEAR_ATTEMPT', 1)
    await h.command('START', 1)
    lookups.answer(party(1003, 1004))
  },
  async h => {
    await h.command('UPDATE_STAGE_STATE', 1, { itemCounts: { 4001008: 1 } })
    await h.command('STAGE_CLEAR_ATTEMPT', 1)
  },
  h => h.command('STAGE_ADVANCE', 1).then(),
  // The stage's minute, which another armed.
  h => h.clock.advance(60_000),
  // The bonus' half a minute; the lobby's minute passed on the way.
  h => h.clock.advance(30_000),
  h => h.register(1005, { questId: 'lobby_pq', partyId: 0 }).then(),
  h => h.clock.advance(60_000),
]

/** What anybody can see of it, to the byte; who takes which turn is `replicas`' to say. */
async function play(replicas: readonly ReplicaOptions[], change: 'deploy' | 'crash') {
  const h = ShardHarness.withoutReplica()
  harness = h
  let replica: Replica | undefined
  let turns = 0
  const taken: Replica[] = []
  for (const [index, turn] of TURNS.entries()) {
    const lookups = new FakeLookups()
    const options = replicas[index % replicas.length]
    const mustAskAgain = index === 3
    if (replica !== undefined && change === 'deploy') await h.stop()
    if (change === 'crash') replica?.kill()
    replica = await h.takeOver({ ...options, services: { parties: true, guilds: false }, lookupClient: lookups })
    taken.push(replica)
    if (mustAskAgain) expect(lookups.asked).toHaveLength(1)
    await turn(h, lookups)
    await h.clock.settle()
    turns++
  }
  const visible = [TOPICS.statusEvents, TOPICS.characterCommands, TOPICS.deadLetters].map(topic =>
    h.records(topic).map(({ key, value }) => `${key} ${value}`),
  )
  const loud = taken.flatMap(({ fatal, log }) => [...fatal, ...log.at('fatal'), ...log.at('error')])
  const left = h.stateKinds()
  await h.stop()
  return { visible, loud, left, turns, versions: versionsWritten(h) }
}

/** Of instances. */
function versionsWritten(h: ShardHarness): readonly unknown[] {
  const versions = h.records(INTERNAL.shardState).flatMap(({ key, value }) => {
    if (value === null || !key?.toString().startsWith('instance/')) return []
    const { version }: { version: unknown } = JSON.parse(value.toString())
    return [version]
  })
  return [...new Set(versions)].sort()
}

describe.each(['deploy', 'crash'] as const)('taking turns by %s', change => {
  test.each([
    ['this release and the one before it', [OLDER, TODAY], [1]],
    ['the one before it and this release', [TODAY, OLDER], [1]],
    ['this release and one that says more under the same version', [TALKATIVE, TODAY], [1]],
    ['one that says more and this release', [TODAY, TALKATIVE], [1]],
    ['this release and one that reads version 3 but does not write it', [TODAY, READS_NEXT], [1]],
    ['one that reads version 3 and one that writes it', [READS_NEXT, WRITES_NEXT], [1, 3]],
    ['one that writes version 3 and one that only reads it', [WRITES_NEXT, READS_NEXT], [1, 3]],
  ])('%s: what comes out is what one release alone sends', async (_, replicas, versions) => {
    const alone = await play([TODAY], change)
    expect(alone.loud).toEqual([])
    expect(alone.left).toEqual(['position'])
    expect(alone.visible.map(({ length }) => length)).toEqual([16, 13, 1])
    const together = await play(replicas, change)
    expect(together.visible).toEqual(alone.visible)
    expect(together).toMatchObject({ loud: [], left: ['position'], versions })
  })
})

describe('a record that is newer than its replica', () => {
  async function upgradedTooEarly(): Promise<{ h: ShardHarness; old: Replica }> {
    harness = ShardHarness.withoutReplica(TODAY)
    const h = harness
    await h.takeOver(WRITES_NEXT)
    await h.register(1001, { questId: 'lobby_pq', partyId: 88 })
    h.seen()
    await h.stop()
    return { h, old: await h.takeOver() }
  }

  test('stops its shard there, and the log says which record, what was found, what is read and what to do', async () => {
    const { h, old } = await upgradedTooEarly()
    const key = `instance/${h.id(1)}`
    const at = h.records(INTERNAL.shardState).findLast(record => record.key?.toString() === key)?.offset
    expect([...old.shards.phases()]).toEqual([[0, 'dead']])
    const fatal = old.log.lines.filter(({ level }) => level === 'fatal').map(({ fields }) => String(fields.err))
    expect(fatal).toEqual([
      `UnrestorableError: shard 0 cannot read its record "${key}" at pq.shard-state/0@${at}: instance record of ` +
        'version 3, this release reads 1 to 2: run the release that wrote it, or a newer one',
    ])
    expect(old.fatal).toEqual([])
  })

  test('loses nothing by it: commands wait, and the newer release goes on with all of them', async () => {
    const { h, old } = await upgradedTooEarly()
    await h.register(1002, { questId: 'lobby_pq', partyId: 88 })
    await h.command('START', 1)
    expect(h.seen()).toEqual({ events: [], warps: [], refused: [] })
    await old.shards.close()
    await h.takeOver(WRITES_NEXT)
    expect(h.seen().events).toEqual([
      '#1 CHARACTER_REGISTERED {"characterId":1002}',
      '#1 STARTED {"stageIndex":0,"mapIds":[100]}',
    ])
  })

  test('stops its shard also when it is a command on its way, which is neither refused nor passed over', async () => {
    harness = await ShardHarness.start(TODAY)
    const h = harness
    await h.register(1001, { questId: 'lobby_pq', partyId: 88 })
    h.seen()
    const replica = await h.restart(TODAY)
    const appender = createMemoryTransport(h.log, { name: 'newer', advertisedUrl: '' }).openAppender('newer')
    const command = internalCommand(0, INTERNAL.shardCommands, { season: 1 })
    await appender.append([{ ...command, headers: [['pq-internal', Buffer.from('2')]] }])
    await h.command('FORFEIT', 1)
    expect([...replica.shards.phases()]).toEqual([[0, 'dead']])
    expect(h.seen()).toEqual({ events: [], warps: [], refused: [] })
    const [line] = replica.log.lines.filter(({ level }) => level === 'fatal')
    expect(String(line?.fields.err)).toContain(
      'shard 0 cannot read the record pq.shard-commands/0@1: its pq-internal is of version 2, this release reads 1: run',
    )
  })
})
