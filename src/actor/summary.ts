/**
 * What a shard must know of an instance without having it at hand: who is in it, what it plays, when it is next due.
 * The same whether it is taken from a decoded instance (here) or from a packed one (instance-packing.ts).
 */
import type { TimerName } from '../../machines/deadlines.ts'
import type { RestingState } from '../../machines/party-quest.ts'
import type { CharacterId } from '../contract/ids.ts'
import type { InstanceIdentity } from '../contract/messages.ts'
import { contextOf, type Instance, nextTimer, stateOf } from './instance.ts'

/** Of the identity: a tenant is the same object for all passive instances of a shard. */
export interface Summary extends Omit<InstanceIdentity, 'instanceId'> {
  readonly state: RestingState
  readonly characters: readonly CharacterId[]
  /** Of the stage being played. */
  readonly stageIndex: number
  /** Epoch milliseconds. */
  readonly registeredAt: number
  /** Epoch milliseconds; 0 before START. */
  readonly startedAt: number
  /** Epoch milliseconds. */
  readonly stageStartedAt: number
  /** Epoch milliseconds of the next timer. */
  readonly deadline: number | undefined
  /** The next timer. */
  readonly timer: TimerName | undefined
  /** `questId@hash` */
  readonly definition: string
}

/** The same of an instance that was decoded. */
export function summaryOf(instance: Instance): Summary {
  const { identity, run, stage } = contextOf(instance)
  const next = nextTimer(instance)
  const { tenant, questId, worldId, channelId, partyId, affinity } = identity
  return {
    state: stateOf(instance),
    tenant,
    questId,
    worldId,
    channelId,
    partyId,
    affinity,
    characters: run.members.map(({ characterId }) => characterId),
    stageIndex: run.stageIndex,
    registeredAt: run.registeredAt,
    startedAt: run.startedAt,
    stageStartedAt: stage.startedAt,
    deadline: next?.at,
    timer: next?.timer,
    definition: instance.definition,
  }
}
