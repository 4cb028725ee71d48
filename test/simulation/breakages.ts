/**
 * What could be wrong with an exactly-once service, each as the few lines that would make ours so. The simulation must
 * find every one of them (teeth.test.ts); what it does not find it would not find in earnest either.
 */
import type { Edit } from './broken-service.ts'

export interface Breakage {
  readonly name: string
  readonly edits: readonly Edit[]
}

const one = (name: string, file: string, find: string, replace: string): Breakage => ({
  name,
  edits: [{ file, find, replace }],
})

const COMMIT = 'src/shard/commit.ts'
const INGRESS = 'src/ingress/ingress.ts'
const OVERLAY = 'src/shard/overlay.ts'
const RUNNING = 'src/shard/running.ts'
const RESTORING = 'src/shard/restoring.ts'
const BATCH = 'src/shard/batch.ts'
const STATE = 'src/shard/shard-state.ts'
const FENCING = 'src/shard/fencing.ts'

const FENCE = '  return transport.fence({ transactionalId, groupId })'
const THE_COMMIT = 'await sink.commit(records, { topic: internal.shardCommands, partition: shard, next })'

/** A sink that fences again when a commit fails, and then does `more`. */
const afterFailure = (more: string) => `
  let sink = transport.fence({ transactionalId, groupId })
  return sink.then(() => ({
    async commit(records, offset) {
      try {
        await (await sink).commit(records, offset)
      } catch (error) {
        if (error.name === 'ShardFencedError') throw error
        sink = transport.fence({ transactionalId, groupId })
        ${more}
      }
    },
    async close() {
      await (await sink).close()
    },
  }))`

export const BREAKAGES: readonly Breakage[] = [
  // -- the commit
  one(
    'the offset and the state are committed before the messages',
    COMMIT,
    THE_COMMIT,
    `const at = { topic: internal.shardCommands, partition: shard, next }
     await sink.commit(records.filter(({ topic }) => topic === internal.shardState), at)
     await sink.commit(records.filter(({ topic }) => topic !== internal.shardState), at)`,
  ),
  one(
    'the messages are committed before the offset and the state',
    COMMIT,
    THE_COMMIT,
    `const at = { topic: internal.shardCommands, partition: shard, next }
     await sink.commit(records.filter(({ topic }) => topic !== internal.shardState), at)
     await sink.commit(records.filter(({ topic }) => topic === internal.shardState), at)`,
  ),
  one('the offset is left behind', COMMIT, THE_COMMIT, THE_COMMIT.replace('next }', 'next: Math.max(0, next - 1) }')),
  one(
    'the messages of a batch are written in another order',
    COMMIT,
    '[...batch.outbox.records]',
    '[...batch.outbox.records].reverse()',
  ),
  one(
    'a commit that failed is taken for one that did not: its overlay becomes the state',
    FENCING,
    FENCE,
    afterFailure('await sink'),
  ),
  one(
    'a commit whose outcome is unknown is written again',
    FENCING,
    FENCE,
    afterFailure('await (await sink).commit(records, offset)'),
  ),
  one(
    'nobody is fenced before the first commit',
    FENCING,
    FENCE,
    `return Promise.resolve({
      commit: async (records, offset) => (await transport.fence({ transactionalId, groupId })).commit(records, offset),
      close: async () => {},
    })`,
  ),
  one(
    'a state record is not written when its instance ends',
    OVERLAY,
    'if (before === undefined && after === undefined) continue',
    'if (after === undefined) continue',
  ),
  one(
    'a definition is forgotten while the last instance plays by it',
    OVERLAY,
    'if (was > 0 && was + delta === 0)',
    'if (was > 0 && was + delta <= 1)',
  ),

  // -- copies
  one(
    'the watermarks are not in the transaction',
    OVERLAY,
    'this.#watermarks.size === 0 ? watermarks : new Map([...watermarks, ...this.#watermarks])',
    'watermarks',
  ),
  one('a copy is taken for a first', OVERLAY, 'return origin.offset <= watermark', 'return origin.offset < watermark'),
  one('an answer to a look-up is applied as often as it comes', BATCH, 'this.overlay.dropPending(name)', ''),

  // -- effects
  one(
    'an effect is asked for before its commit',
    RUNNING,
    'const commitMs = await commit(',
    'startEffects(batch.overlay.effects.values()); const commitMs = await commit(',
  ),
  one(
    'an effect is not in the transaction that decides it',
    OVERLAY,
    'records.push({ key: effectRecordKey(name), value: pending === undefined ? null : encodePendingEffect(pending) })',
    '',
  ),
  one(
    'the effects of an instance do not wait for each other',
    'src/shard/effect-runner.ts',
    'if (queue !== undefined) {',
    'if (queue === null) {',
  ),
  one('an effect that is settled is not forgotten', BATCH, 'this.overlay.dropEffect(settled)', '{}'),
  one(
    'effects that were pending are not done again',
    RUNNING,
    'for (const pending of state.effects.inOrder()) effects.start(pending)',
    '',
  ),

  // -- restoring
  {
    name: 'a stale offset is trusted: the shard goes on where the log begins, and asks no watermarks of before',
    edits: [
      {
        file: RUNNING,
        find: 'reader.open(partition, state.position.next)',
        replace: 'reader.open(partition, (await dependencies.admin.offsets(partition.topic))[shard]?.earliest ?? 0)',
      },
      { file: OVERLAY, find: '?? this.#state.position.watermarks.get(name) ?? -1', replace: '?? -1' },
    ],
  },
  one(
    'look-ups that were pending are not asked again',
    RUNNING,
    'for (const pending of state.pending.values()) lookups.start(pending)',
    '',
  ),
  one(
    'what claims a character is not restored',
    STATE,
    'this.claims.holdAs(number, reader.claim(summary, registration))',
    '',
  ),
  one('timers are not restored', STATE, 'this.deadlines.arm(number, summary.deadline)', '{}'),
  one(
    'an instance that has ended is restored',
    RESTORING,
    'state.keepRecord(id, value)\n',
    'value === null || state.keepRecord(id, value)\n',
  ),
  one(
    'an instance is lost when it is passivated',
    'src/shard/residency.ts',
    'this.putPassive(id, encodeInstance(instance))',
    'this.delete(id)',
  ),

  // -- timers
  {
    name: 'timers fire a little early',
    edits: [
      {
        file: RUNNING,
        find: 'let due = state.deadlines.takeDue(now,',
        replace: 'let due = state.deadlines.takeDue(now + 200,',
      },
      {
        file: BATCH,
        find: 'if (instance === undefined || timer === undefined) return\n    const now = clock.now()\n',
        replace: 'if (instance === undefined || timer === undefined) return\n    const now = clock.now() + 200\n',
      },
    ],
  },

  // -- the ingress
  one(
    'the ingress commits offsets before their records are acknowledged',
    INGRESS,
    '    if (routed.length > 0 && !(await this.#append(routed))) return false\n',
    `    for (const record of records) this.#committer?.acknowledged(record)
     await this.#options.clock.sleep(250)
     if (routed.length > 0 && !(await this.#append(routed))) return false\n`,
  ),
  one('the ingress goes on behind a failed append', INGRESS, 'telemetry.ingressAppendFailed()', 'return true'),
  one(
    'the ingress begins a partition at its end',
    INGRESS,
    'offsets[partition.partition]?.[intake.begins] ?? 0',
    'offsets[partition.partition]?.end ?? 0',
  ),
  one(
    'where a record goes depends on when it came',
    INGRESS,
    'routed.push({ record, shard })',
    'routed.push({ record, shard: (shard + (this.#options.clock.now() % 97 === 0 ? 1 : 0)) % shards })',
  ),
]
