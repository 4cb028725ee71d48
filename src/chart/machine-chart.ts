/**
 * The machine itself as data: machines/party-quest.ts walked and written down, as JSON for Stately's editor and as a
 * list of states and transitions for pictures. Whatever the machine becomes, this follows it; it never runs it.
 */
import { partyQuestMachine } from '../../machines/party-quest.ts'
import type { QuestDefinition } from '../contract/definition.ts'
import { isObject, type JsonObject } from '../contract/json.ts'
import { InvariantError } from '../errors.ts'

export interface MachineState {
  readonly name: string
  readonly isFinal: boolean
  readonly transitions: readonly MachineTransition[]
}

export interface MachineTransition {
  /** `undefined`: taken by itself, within the operation. */
  readonly event: string | undefined
  /** By name; `undefined`: always taken, unless one before it was. */
  readonly guard: string | undefined
  /** `undefined`: stays in the state. */
  readonly target: string | undefined
  /** By name, in order. */
  readonly actions: readonly string[]
  /** Whether another transition of the same event is tried before it. */
  readonly isFallback: boolean
}

/**
 * What `createMachine` takes, without a function: guards and actions by name. The machine is the same for every
 * quest, so of a quest it holds its name and, as context, the definition that the guards read.
 */
export function machineConfig(definition?: Pick<QuestDefinition, 'name'> & { readonly questId: string }): JsonObject {
  const config = readConfig()
  if (definition === undefined) return config
  const description = `${definition.name} (${definition.questId}). ${String(config.description)}`
  return { ...config, description, context: { rules: { definition } } }
}

/** In the order of the file. */
export function machineStates(): readonly MachineState[] {
  return Object.entries(objectAt(readConfig(), 'states')).map(([name, state]) => {
    if (!isObject(state)) throw unknownShape(name)
    const on = 'on' in state ? Object.entries(objectAt(state, 'on')) : []
    return {
      name,
      isFinal: state.type === 'final',
      transitions: [...on, [undefined, state.always] as const].flatMap(([event, branches]) =>
        transitionsOf(event, branches),
      ),
    }
  })
}

/** The machine's own configuration. Its one function makes the context of a new instance, which is no JSON. */
function readConfig(): JsonObject {
  const { context: _, ...config } = partyQuestMachine.config
  const copy: unknown = JSON.parse(
    JSON.stringify(config, (name, value: unknown) => {
      if (typeof value !== 'function') return value
      throw new InvariantError(`machines/party-quest.ts has an inline function at "${name}": name it in setup()`)
    }),
  )
  if (!isObject(copy)) throw unknownShape('the machine')
  return copy
}

function transitionsOf(event: string | undefined, branches: unknown): readonly MachineTransition[] {
  return listOf(branches).map((branch, place) => {
    if (!isObject(branch)) throw unknownShape(event ?? 'always')
    return {
      event,
      guard: typeof branch.guard === 'string' ? branch.guard : undefined,
      target: typeof branch.target === 'string' ? branch.target : undefined,
      actions: listOf(branch.actions).map(nameOf),
      isFallback: place > 0,
    }
  })
}

function nameOf(action: unknown): string {
  if (typeof action === 'string') return action
  if (isObject(action) && typeof action.type === 'string') return action.type
  throw unknownShape('an action')
}

function listOf(value: unknown): readonly unknown[] {
  if (value === undefined) return []
  return Array.isArray(value) ? value : [value]
}

function objectAt(object: JsonObject, name: string): JsonObject {
  const value = object[name]
  if (!isObject(value)) throw unknownShape(name)
  return value
}

/** XState knows more ways to write a machine than ours uses. */
function unknownShape(place: string): InvariantError {
  return new InvariantError(
    `machines/party-quest.ts writes ${place} in a way that machine-chart.ts cannot read: teach it`,
  )
}
