/** A real replica on the memory log with a journal, the view over it, and a quest to look at. */
import { type InstanceRow, instance as instanceSchema } from '../../src/api/documents.ts'
import type { InstancesFound } from '../../src/api/view.ts'
import type { Clock } from '../../src/clock.ts'
import type { InstanceId } from '../../src/contract/ids.ts'
import { Journal } from '../../src/journal/journal.ts'
import { ReplicaView } from '../../src/query/replica-view.ts'
import { parseSearch, type Search } from '../../src/query/search.ts'
import { FOUR_PASSES, quest, stage } from '../support/definitions.ts'
import type { Replica } from '../support/replica.ts'
import { type HarnessOptions, ShardHarness } from '../support/shard-harness.ts'

export const REPLICA = { name: 'a', url: 'http://a:8080' }

export interface Scene {
  readonly harness: ShardHarness
  readonly replica: Replica
  readonly journal: Journal
  readonly view: ReplicaView
}

export async function scene(options: HarnessOptions = {}, clock?: Clock): Promise<Scene> {
  const journal = new Journal()
  const harness = ShardHarness.withoutReplica(options)
  const replica = await harness.takeOver({ ...options, journal })
  return { harness, replica, journal, view: viewOf(harness, replica, journal, options.shards ?? 1, clock) }
}

export function viewOf(harness: ShardHarness, replica: Replica, journal: Journal, shards: number, clock?: Clock) {
  return new ReplicaView({
    held: () => replica.shards.held(),
    shards,
    journal,
    replica: REPLICA,
    clock: clock ?? harness.clock,
  })
}

export function searchOf(text: string): Search {
  const parsed = parseSearch(text)
  if ('fault' in parsed) throw new Error(parsed.fault)
  return parsed.search
}

export const unhurried = () => new AbortController().signal

export async function found(view: ReplicaView, text: string, after?: string, size = 250): Promise<InstancesFound> {
  return await view.instances({ search: searchOf(text), after, size }, unhurried())
}

export async function idsOf(view: ReplicaView, text: string): Promise<readonly InstanceId[]> {
  return (await found(view, text)).rows.map(({ id }) => id)
}

export async function rowOf(view: ReplicaView, id: InstanceId): Promise<InstanceRow | undefined> {
  return (await found(view, `id:${id}`)).rows[0]?.row
}

/** `mill_pq` with limits and a condition. */
export const TWO_STAGES = quest({
  duration: 600,
  stages: [stage(0, { duration: 120, clearConditions: [FOUR_PASSES] }), stage(1, { duration: 60, onTimeout: 'fail' })],
})

export async function instanceOf({ view }: Scene, id: InstanceId) {
  const answer = await view.instance(id, unhurried())
  if (answer.kind !== 'found') throw new Error(`${id} is ${answer.kind}`)
  return instanceSchema.parse(answer.instance)
}

/** Two enter `mill_pq`, one a second after the other: it starts. */
export async function play(stand: Scene): Promise<void> {
  const { harness } = stand
  await harness.register(1001, { partyId: 88 })
  await harness.clock.advance(1000)
  await harness.register(1002, { partyId: 88 })
  harness.seen()
}
