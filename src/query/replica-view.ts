/**
 * What people ask of the instances and shards that this replica runs (api/view.ts), answered from memory: what is
 * committed, and the journal. It asks no other replica, reads no log and changes nothing; long reading is done in slices
 * beside the shards.
 */
import type { Replica } from '../api/documents.ts'
import type {
  Change,
  Counts,
  DryRunAsked,
  DryRunFound,
  InstanceFound,
  InstancesAsked,
  InstancesFound,
  JournalMark,
  QuestCount,
  Row,
  Shards,
  View,
} from '../api/view.ts'
import type { Clock } from '../clock.ts'
import type { InstanceId } from '../contract/ids.ts'
import { shardOfInstance } from '../contract/shard-key.ts'
import type { Journal } from '../journal/journal.ts'
import type { Held } from '../shard/shard-set.ts'
import { ChangeHub } from './change-hub.ts'
import { DryRunner } from './dry-run.ts'
import { instanceDocument, instanceSinceDocument, rowDocument, stageDocument } from './instance-document.ts'
import { InstanceMatch } from './instance-match.ts'
import { census, type Scanned, scanInstances, sumOf } from './instance-scan.ts'
import { ScanPace } from './scan-pace.ts'
import { shardDocument } from './shard-document.ts'
import { endedSubject, runningShards, subjectOf } from './shard-reader.ts'
import type { Subject } from './subject.ts'

export interface ReplicaViewOptions {
  /** What this replica holds now; nothing before its shards are started. */
  readonly held: () => readonly Held[]
  /** Of all replicas together. */
  readonly shards: number
  /** The one that the shards tell. */
  readonly journal: Journal
  /** How this replica is known. */
  readonly replica: Replica
  readonly clock: Clock
}

type Silent = InstancesFound['silent']

export class ReplicaView implements View {
  readonly #options: ReplicaViewOptions
  readonly #pace: ScanPace
  readonly #dryRunner: DryRunner
  readonly #changes: ChangeHub

  constructor(options: ReplicaViewOptions) {
    this.#options = options
    this.#pace = new ScanPace(options.clock)
    this.#dryRunner = new DryRunner(options.clock)
    this.#changes = new ChangeHub(options.journal, options.clock)
  }

  /**
   * The promise of instance-scan.ts. Ended instances are found only where the search says `state:destroyed`.
   * @throws the signal's reason
   */
  async instances(asked: InstancesAsked, signal: AbortSignal): Promise<InstancesFound> {
    const { clock, journal } = this.#options
    const match = new InstanceMatch(asked.search, {
      now: clock.now(),
      lastOperationAt: id => journal.lastAt(id),
    })
    const options = { running: () => this.#running(), journal, pace: this.#pace }
    const scanned = await scanInstances(asked, match, options, signal)
    const rows = await this.#rows(scanned.ids.slice(0, asked.size), asked, match.includesEnded, signal)
    const hasMore = scanned.ids.length > asked.size
    const last = scanned.ids[asked.size - 1]?.id
    // All of them ended meanwhile: without a row nobody would know behind which to go on.
    if (rows.length === 0 && hasMore && last !== undefined) return this.instances({ ...asked, after: last }, signal)
    const total = Object.values(scanned.states).reduce((sum, count) => sum + count, 0)
    return {
      rows,
      hasMore,
      total,
      states: scanned.states,
      ...(scanned.spread === undefined ? {} : { spread: scanned.spread }),
      silent: this.#silent(),
    }
  }

  async instance(id: InstanceId, signal: AbortSignal): Promise<InstanceFound> {
    signal.throwIfAborted()
    const found = this.#find(id)
    if (found.kind !== 'found') return found
    const { journal, replica } = this.#options
    return { kind: 'found', instance: instanceDocument(found.subject, journal.operations(id), replica) }
  }

  async instanceSince(id: InstanceId, { sequence, at }: JournalMark, signal: AbortSignal) {
    const { journal, replica } = this.#options
    const news = journal.operationsAfter(id, sequence, at)
    if (news === undefined) return await this.instance(id, signal)
    signal.throwIfAborted()
    const found = this.#find(id)
    if (found.kind !== 'found') return found
    const instance = instanceSinceDocument(found.subject, news, journal.last(id), replica)
    return { kind: 'found', instance } as const
  }

  async dryRun({ id, value }: DryRunAsked, signal: AbortSignal): Promise<DryRunFound> {
    signal.throwIfAborted()
    const found = this.#find(id)
    if (found.kind !== 'found') return found
    const last = this.#options.journal.operations(id).at(-1)
    return { kind: 'ran', result: this.#dryRunner.run(found.subject, value, (last?.sequence ?? -1) + 1) }
  }

  async counts(signal: AbortSignal): Promise<Counts> {
    signal.throwIfAborted()
    const byDefinition = new Map<string, ReturnType<typeof census>[]>()
    for (const { state } of this.#running()) {
      for (const ref of state.definitions.keys()) {
        const tallies = byDefinition.get(ref) ?? []
        byDefinition.set(ref, tallies)
        tallies.push(census(state, ref))
      }
    }
    const quests = [...byDefinition].map(
      ([definition, tallies]): QuestCount => ({ definition, states: sumOf(tallies) }),
    )
    return { quests, silent: this.#silent() }
  }

  async shards(signal: AbortSignal): Promise<Shards> {
    signal.throwIfAborted()
    const { held, replica } = this.#options
    const shards = held().map(one => shardDocument(one, replica))
    return { shards: shards.sort((one, other) => one.shard - other.shard), silent: [] }
  }

  watch(ids: readonly InstanceId[] | undefined, changed: (change: Change) => void): () => void {
    return this.#changes.watch(ids, changed)
  }

  /** As the instances are now; without those that are gone. */
  async #rows(
    ids: Scanned['ids'],
    { include }: InstancesAsked,
    includesEnded: boolean,
    signal: AbortSignal,
  ): Promise<readonly Row[]> {
    const rows: Row[] = []
    for (let next = 0; next < ids.length; ) {
      signal.throwIfAborted()
      await this.#pace.slice(isOver => {
        const running = new Map(this.#running().map(one => [one.shard, one]))
        for (; next < ids.length && !isOver(); next += 1) {
          const { id, shard } = ids[next] ?? {}
          const owner = shard === undefined ? undefined : running.get(shard)
          if (id === undefined || owner === undefined) continue
          const subject = subjectOf(owner, id) ?? (includesEnded ? this.#ended(id) : undefined)
          if (subject === undefined) continue
          const row = rowDocument(subject, this.#options.journal.last(id))
          rows.push({ id, row, ...(include?.includes('stage') ? { stage: stageDocument(subject) } : {}) })
        }
      })
    }
    return rows
  }

  #running() {
    return runningShards(this.#options.held())
  }

  #find(
    id: InstanceId,
  ): { readonly kind: 'found'; readonly subject: Subject } | Exclude<InstanceFound, { kind: 'found' }> {
    const { shards, replica, held } = this.#options
    const shard = shardOfInstance(id, shards)
    const owner = this.#running().find(running => running.shard === shard)
    if (owner === undefined) {
      const phase = held().find(one => one.shard === shard)?.phase
      const reason = phase === undefined ? notHeld(shard, replica) : `shard ${shard} is ${phase} here`
      return { kind: 'silent', silence: { replica, shards: [shard], reason } }
    }
    const subject = subjectOf(owner, id) ?? this.#ended(id)
    return subject === undefined ? { kind: 'absent' } : { kind: 'found', subject }
  }

  #ended(id: InstanceId): Subject | undefined {
    const ended = this.#options.journal.ended(id)
    return ended && endedSubject(id, ended)
  }

  /** What this replica holds and cannot tell of, because it does not run. */
  #silent(): Silent {
    const { held, replica } = this.#options
    const waiting = held().filter(({ phase, life }) => phase !== 'running' || life?.state === undefined)
    return waiting.map(({ shard, phase, trouble }) => ({
      replica,
      shards: [shard],
      reason: `shard ${shard} is ${phase}${trouble === undefined ? '' : `: ${trouble}`}`,
    }))
  }
}

function notHeld(shard: number, { name }: Replica): string {
  return `replica ${name} does not hold shard ${shard}`
}
