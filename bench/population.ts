/**
 * Instances as a shard makes them, without a log: parties of so many in the first stages of the bench quest, with the
 * counts of a stage half played. Deterministic: the same index is the same instance in every run.
 */
import type { PartyQuestEvent, PartyQuestInput } from '../machines/party-quest.ts'
import type { Instance } from '../src/actor/instance.ts'
import type { Stepper } from '../src/actor/stepper.ts'
import type { CharacterId } from '../src/contract/ids.ts'
import type { InstanceIdentity } from '../src/contract/messages.ts'
import { newInstanceId, shardKeyHash } from '../src/contract/shard-key.ts'
import { type CompiledDefinition, makeCatalogue } from '../src/definitions/catalogue.ts'
import type { Outcome } from '../src/shard/outcome.ts'
import { RuleBook } from '../src/shard/rule-book.ts'
import { ITEM_IDS, MONSTER_IDS, TENANT } from './quest.ts'

const CHANNELS = 20
const WORLDS = 100
/** Not 0, so that times are as long in JSON as those of today. */
const BORN_AT = 1_790_000_000_000

export interface PopulationOptions {
  readonly compiled: CompiledDefinition
  readonly stepper: Stepper
  /** Characters in an instance. */
  readonly partySize: number
}

/** The rules that a deployment with default settings has. */
export function ruleBookOf(compiled: CompiledDefinition): RuleBook {
  return new RuleBook(makeCatalogue([compiled]), {
    advance: 'command',
    requirements: 'enforce',
    lobbyLimitSeconds: 3600,
    bonusLimitSeconds: 1800,
  })
}

/** Channels are taken in turn: 2,000 of them, so that any number of shards has its fair share. */
export function placeOf(index: number): { readonly worldId: number; readonly channelId: number } {
  return { worldId: index % WORLDS, channelId: Math.floor(index / WORLDS) % CHANNELS }
}

export function characterIdOf(index: number, partySize: number, at: number): number {
  return 1_000_000 + index * partySize + at
}

/** A `traceparent` as operations have them: no two are alike, so no two instances can share one. */
function armedIn(index: number, operation: number): string {
  const span = Buffer.alloc(24)
  for (let at = 0; at < span.length; at += 4)
    span.writeInt32LE(Math.imul(index * 2 + operation + 1, 0x9e3779b1 + at), at)
  const hex = span.toString('hex')
  return Buffer.from(`00-${hex.slice(0, 32)}-${hex.slice(32)}-01`).toString('latin1')
}

export class Population {
  readonly #options: PopulationOptions
  readonly #ruleBook: RuleBook

  constructor(options: PopulationOptions) {
    this.#options = options
    this.#ruleBook = ruleBookOf(options.compiled)
  }

  get stepper(): Stepper {
    return this.#options.stepper
  }

  get ruleBook(): RuleBook {
    return this.#ruleBook
  }

  identity(index: number): InstanceIdentity {
    const { worldId, channelId } = placeOf(index)
    const origin = { topic: 'commands', partition: index % 12, offset: index, timestamp: BORN_AT }
    const instanceId = newInstanceId('bench', origin, shardKeyHash(TENANT.id, worldId, channelId))
    const { questId } = this.#options.compiled.definition
    return { instanceId, tenant: TENANT, questId, worldId, channelId, partyId: index + 1, affinity: 0 }
  }

  /** What the `index`-th instance is born with. */
  input(index: number): PartyQuestInput {
    const { compiled, partySize } = this.#options
    const members = Array.from({ length: partySize }, (_, at) => ({
      characterId: characterIdOf(index, partySize, at) as CharacterId,
    }))
    return { identity: this.identity(index), rules: this.#ruleBook.rulesOf(compiled), members, now: BORN_AT }
  }

  /** The command after which it is half played. */
  counts(index: number): PartyQuestEvent {
    return {
      type: 'UPDATE_STAGE_STATE',
      itemCounts: new Map(ITEM_IDS.map(id => [id, 1 + (index % 9)])),
      monsterKills: new Map(MONSTER_IDS.map(id => [id, 1 + (index % 7)])),
      now: BORN_AT,
    }
  }

  /** As it starts: no counts, and only the timer of its first stage. */
  newborn(index: number): Instance {
    const { compiled, stepper } = this.#options
    const { snapshot } = stepper.spawn(this.input(index))
    return { snapshot, definition: compiled.ref, armedBy: { stage: armedIn(index, 0) } }
  }

  /** In stage 0, with counts under all the bench's items and monsters. */
  halfPlayed(index: number): Instance {
    const { compiled, stepper } = this.#options
    const { snapshot: newborn } = stepper.spawn(this.input(index))
    const { snapshot } = stepper.deliver(newborn, this.counts(index))
    return { snapshot, definition: compiled.ref, armedBy: { quest: armedIn(index, 0), stage: armedIn(index, 1) } }
  }

  /** What a shard keeps of `instance` when its birth is committed. */
  birth(instance: Instance): Extract<Outcome, { kind: 'changed' }> {
    const { identity } = instance.snapshot.context
    return { kind: 'changed', identity, before: undefined, after: instance, messages: [], effects: [] }
  }
}
