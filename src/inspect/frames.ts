/**
 * An instance and its journal as the frames of Stately's inspector protocol, as @statelyai/inspect writes them: JSON
 * texts that a viewer of any XState 5 machine can draw. The instance is the root actor of its own system:
 * `sessionId` = `rootId` = its id. Pure; never decides what is sent to whom.
 */
import type { Instance, Operation, State } from '../api/documents.ts'
import { machineConfig } from '../chart/machine-chart.ts'
import { isObject, type JsonObject } from '../contract/json.ts'

/** Of the package whose frames these are (test/inspect/conformance.test.ts holds it to the installed one). */
export const PROTOCOL_VERSION = '0.7.2'

/** What XState calls a persisted snapshot of a machine without children or history. */
export interface MachineSnapshot {
  readonly status: 'active' | 'done'
  readonly value: State
  readonly context: JsonObject
  readonly historyValue: Readonly<Record<string, never>>
  readonly tags: readonly string[]
  readonly children: Readonly<Record<string, never>>
}

/** Shows the actor, and how it is now. `at` in epoch milliseconds. */
export function actorFrame(id: string, instance: Instance, at: number): string {
  const { quest } = instance
  return JSON.stringify({
    type: '@xstate.actor',
    ...frameOf(id, at),
    name: instance.questName,
    definition: JSON.stringify(machineConfig(quest)),
    snapshot: presentSnapshot(id, instance),
  })
}

/** What the machine was sent. */
export function eventFrame(id: string, { at, event }: Operation): string {
  return JSON.stringify({ type: '@xstate.event', ...frameOf(id, at), event })
}

/** How the instance was after it. An event of type '' is the adapters' own way to say that none is known. */
export function snapshotFrame(
  id: string,
  at: number,
  snapshot: MachineSnapshot,
  event: Operation['event'] = { type: '' },
): string {
  return JSON.stringify({ type: '@xstate.snapshot', ...frameOf(id, at), event, snapshot })
}

/** Everything that is known, in the groups of the machine's own context; of its definition the name. */
export function presentSnapshot(id: string, instance: Instance): MachineSnapshot {
  const { stageState, rules } = instance
  const { itemCounts, monsterKills, customData, attempts } = stageState
  return snapshotAt(instance.state, {
    identity: {
      instanceId: id,
      tenant: instance.tenant,
      questId: instance.questId,
      worldId: instance.worldId,
      channelId: instance.channelId,
      partyId: instance.partyId,
    },
    rules: { ...rules, definition: instance.definition },
    run: {
      members: instance.characters,
      stageIndex: instance.currentStageIndex,
      registeredAt: instance.registeredAt,
      startedAt: instance.startedAt ?? 0,
      deadlines: Object.fromEntries(instance.timers.map(({ name, dueAt }) => [name, dueAt])),
    },
    stage: {
      startedAt: instance.stageStartedAt,
      attempts,
      items: itemCounts,
      kills: monsterKills,
      data: customData,
    },
  })
}

/** How it was after an operation of the past, as far as the journal knows: the state, the stage, the deadlines. */
export function pastSnapshot({ to, stageIndex, deadlines }: Operation): MachineSnapshot {
  return snapshotAt(to, { run: { stageIndex, deadlines } })
}

/** Of an instance that is gone, from the last that was known of it. */
export function finalSnapshot({ context }: MachineSnapshot): MachineSnapshot {
  return snapshotAt('destroyed', context)
}

function snapshotAt(value: State, context: JsonObject): MachineSnapshot {
  const status = value === 'destroyed' ? 'done' : 'active'
  return { status, value, context, historyValue: {}, tags: TAGS.get(value) ?? [], children: {} }
}

function frameOf(id: string, at: number) {
  return { _version: PROTOCOL_VERSION, createdAt: String(at), id: null, rootId: id, sessionId: id }
}

/** By state, as the machine has them. */
const TAGS = readTags()

function readTags(): ReadonlyMap<string, readonly string[]> {
  const { states } = machineConfig()
  if (!isObject(states)) return new Map()
  return new Map(
    Object.entries(states).map(([name, state]) => {
      const tags = isObject(state) && Array.isArray(state.tags) ? state.tags : []
      return [name, tags.filter(tag => typeof tag === 'string')]
    }),
  )
}
