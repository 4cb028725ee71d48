/**
 * All replicas together as one View: asks this replica's own, and over HTTP each other owner, all at once. An owner
 * that is silent costs its part of the answer and no more. Holds no instance, and decides nothing about one.
 */
import type { Silence } from '../api/documents.ts'
import type {
  Change,
  Counts,
  DryRunAsked,
  DryRunFound,
  InstanceFound,
  InstancesAsked,
  InstancesFound,
  JournalMark,
  Shards,
  View,
} from '../api/view.ts'
import type { Clock, Random } from '../clock.ts'
import type { InstanceId } from '../contract/ids.ts'
import { shardOfInstance } from '../contract/shard-key.ts'
import type { Log } from '../log.ts'
import { ClusterWatch } from './cluster-watch.ts'
import { mergeCounts, mergeInstances, mergeShards } from './merged-answers.ts'
import { isSameReplica, type Owner, type Owners, type Ownership } from './owners.ts'
import type { PeerClient } from './peer-client.ts'
import {
  countsQuestion,
  dryRunQuestion,
  instanceQuestion,
  instanceSinceQuestion,
  instancesQuestion,
  type Question,
  shardsQuestion,
} from './questions.ts'

export interface ClusterViewOptions {
  /** Of the shards of this replica. */
  readonly local: View
  /** Which those are, whatever phase they are in. */
  readonly held: () => readonly number[]
  readonly owners: Owners
  readonly client: PeerClient
  /** `SHARDS` */
  readonly shards: number
  readonly clock: Clock
  readonly random: Random
  readonly log: Log
}

interface Asked<T> {
  readonly ownership: Ownership
  readonly answers: readonly { readonly by: Owner; readonly value: T }[]
  /** Those of whom nobody is asked included: without an owner, as of a replica `nobody` without an address. */
  readonly silent: readonly Silence[]
}

type SilentFound = { readonly kind: 'silent'; readonly silence: Silence }

const NOBODY = { name: 'nobody', url: '' }
const UNOWNED = 'no replica owns it now: it is being taken over, or too few replicas run'
const COMING = 'it is just taking it: try again'

export class ClusterView implements View {
  readonly #options: ClusterViewOptions
  readonly #watch: ClusterWatch

  constructor(options: ClusterViewOptions) {
    this.#options = options
    this.#watch = new ClusterWatch(options)
  }

  async instances(asked: InstancesAsked, signal: AbortSignal): Promise<InstancesFound> {
    const { local } = this.#options
    const [here, there] = await Promise.all([
      local.instances(asked, signal),
      this.#askOthers(instancesQuestion(asked), signal),
    ])
    const merged = mergeInstances([here, ...there.answers.map(({ value }) => value)], asked.size)
    return { ...merged, silent: [...merged.silent, ...there.silent] }
  }

  async instance(id: InstanceId, signal: AbortSignal): Promise<InstanceFound> {
    return await this.#instance(
      id,
      () => this.#options.local.instance(id, signal),
      () => instanceQuestion(id),
      signal,
    )
  }

  async instanceSince(id: InstanceId, mark: JournalMark, signal: AbortSignal) {
    const here = () => this.#options.local.instanceSince(id, mark, signal)
    return await this.#instance(id, here, () => instanceSinceQuestion(id, mark), signal)
  }

  async #instance<Seen>(
    id: InstanceId,
    here: () => Promise<InstanceFound<Seen>>,
    question: () => Question<Seen>,
    signal: AbortSignal,
  ): Promise<InstanceFound<Seen>> {
    return await this.#askOwner<InstanceFound<Seen>>(id, here, async owner => {
      const answer = await this.#options.client.ask(owner, question(), signal)
      if (answer.kind === 'silent') return this.#ofShard(id, answer.silence)
      return answer.kind === 'answered' ? { kind: 'found', instance: answer.value } : answer
    })
  }

  async dryRun(asked: DryRunAsked, signal: AbortSignal): Promise<DryRunFound> {
    return await this.#askOwner<DryRunFound>(
      asked.id,
      () => this.#options.local.dryRun(asked, signal),
      async owner => {
        const answer = await this.#options.client.ask(owner, dryRunQuestion(asked), signal)
        if (answer.kind === 'silent') return this.#ofShard(asked.id, answer.silence)
        return answer.kind === 'answered' ? { kind: 'ran', result: answer.value } : answer
      },
    )
  }

  async counts(signal: AbortSignal): Promise<Counts> {
    const { local } = this.#options
    const [here, there] = await Promise.all([local.counts(signal), this.#askOthers(countsQuestion(), signal)])
    const merged = mergeCounts([here, ...there.answers.map(({ value }) => value)])
    return { ...merged, silent: [...merged.silent, ...there.silent] }
  }

  /** Every shard of the installation once, by number. */
  async shards(signal: AbortSignal): Promise<Shards> {
    const { local, shards } = this.#options
    const [here, there] = await Promise.all([local.shards(signal), this.#askOthers(shardsQuestion(), signal)])
    const { ownership, answers } = there
    const told = [{ by: undefined, shards: here.shards }, ...answers.map(({ by, value }) => ({ by, ...value }))]
    const silent = [...here.silent, ...answers.flatMap(({ value }) => value.silent), ...there.silent]
    return { shards: mergeShards(told, silent, ownership, shards), silent }
  }

  watch(ids: readonly InstanceId[] | undefined, changed: (change: Change) => void): () => void {
    return this.#watch.watch(ids, changed)
  }

  /** Resolves when no question and no connection is left; what is asked from now on is answered by this replica alone. */
  async close(): Promise<void> {
    this.#options.client.close()
    await this.#watch.close()
  }

  async #askOthers<T>(question: Question<T>, signal: AbortSignal): Promise<Asked<T>> {
    const { owners, client } = this.#options
    const ownership = await owners.current()
    const others = ownership.owners.filter(({ reach }) => reach.kind !== 'self')
    const asked = await Promise.all(others.map(async by => ({ by, answer: await client.ask(by, question, signal) })))
    const silent = asked.flatMap(({ answer }) => (answer.kind === 'silent' ? [answer.silence] : []))
    return {
      ownership,
      answers: asked.flatMap(({ by, answer }) => (answer.kind === 'answered' ? [{ by, value: answer.value }] : [])),
      silent: [...silent, ...this.#untold(ownership)],
    }
  }

  /** The shards that no replica is asked for: nobody is known to own them, or we are, but do not hold them yet. */
  #untold(ownership: Ownership): readonly Silence[] {
    const { shards: count } = this.#options
    // Of what we hold, our own answer tells, whatever the group knows of it.
    const held = new Set(this.#options.held())
    const untold = Array.from({ length: count }, (_, shard) => shard).filter(shard => !held.has(shard))
    const unowned = untold.filter(shard => ownership.ownerOf(shard) === undefined)
    const self = ownership.owners.find(({ reach }) => reach.kind === 'self')
    const coming = untold.filter(shard => self?.shards.includes(shard))
    return [
      ...(unowned.length === 0 ? [] : [nobody(unowned, ownership)]),
      ...(self === undefined || coming.length === 0 ? [] : [{ replica: self.replica, shards: coming, reason: COMING }]),
    ]
  }

  /** The owner's answer; where it is silent and another owns the shard by now, that one's. */
  async #askOwner<T extends { readonly kind: string }>(
    id: InstanceId,
    here: () => Promise<T>,
    there: (owner: Owner) => Promise<T | SilentFound>,
  ): Promise<T | SilentFound> {
    const { owners, shards } = this.#options
    const shard = shardOfInstance(id, shards)
    const ask = async (ownership: Ownership): Promise<T | SilentFound> => {
      const owner = ownership.ownerOf(shard)
      if (owner?.reach.kind === 'self') return await here()
      if (owner !== undefined) return await there(owner)
      const found = await here()
      return found.kind === 'silent' ? { kind: 'silent', silence: nobody([shard], ownership) } : found
    }
    const ownership = await owners.current()
    const found = await ask(ownership)
    if (found.kind !== 'silent') return found
    const newer = await owners.newerThan(ownership)
    const [before, after] = [ownership.ownerOf(shard), newer.ownerOf(shard)]
    if (after === undefined || (before !== undefined && isSameReplica(before, after))) return found
    return await ask(newer)
  }

  /** Whoever asks for one instance misses one shard. */
  #ofShard(id: InstanceId, silence: Silence): SilentFound {
    return { kind: 'silent', silence: { ...silence, shards: [shardOfInstance(id, this.#options.shards)] } }
  }
}

function nobody(shards: readonly number[], { trouble }: Ownership): Silence {
  return { replica: NOBODY, shards: [...shards], reason: trouble ?? UNOWNED }
}
