/**
 * A machine's config, as the adapters send it (JSON, functions by name), as a tree of states with their transitions.
 * Knows every way in which XState 5 lets a target be written. Bounded: the text comes from outside, and a machine that
 * is too large to be looked at is not read. Runs nothing of it.
 */
import { cut, isRecord } from './frame-reader.ts'
import { pathKey } from './state-value.ts'

export const STATES_MAX = 300
export const TRANSITIONS_MAX = 2_000
const DEPTH_MAX = 12
const WORD_CHARS_MAX = 80

export interface StateNode {
  /** pathKey of its place below the root; empty: the root. */
  readonly key: string
  readonly name: string
  readonly kind: 'atomic' | 'compound' | 'parallel' | 'final' | 'history'
  readonly children: readonly StateNode[]
  /** Key of the child that it begins in. */
  readonly initial: string | undefined
  readonly transitions: readonly Transition[]
}

export interface Transition {
  /** As people read it: `SEND`, `after 500 ms`, `always`, `done`. */
  readonly event: string
  readonly guard: string | undefined
  /** Keys; none: it stays. */
  readonly targets: readonly string[]
}

export type MachineRead = { readonly root: StateNode } | { readonly problem: string }

type Config = Readonly<Record<string, unknown>>

export function readMachine(definition: string | undefined): MachineRead {
  if (definition === undefined) return { problem: 'this actor is no machine, or its app did not send the definition' }
  let config: unknown
  try {
    config = JSON.parse(definition)
  } catch {
    return { problem: 'the definition of this actor is no JSON' }
  }
  if (!isRecord(config) || !isRecord(config.states)) return { problem: 'this actor is no machine: it has no states' }
  const ids = new Map<string, readonly string[]>()
  const count = collectIds(config, [], idOf(config) ?? '(machine)', ids, 0)
  if (count > STATES_MAX) return { problem: `a machine of more than ${STATES_MAX} states, or deeper than ${DEPTH_MAX}` }
  const reader = new MachineReader(ids)
  const root = reader.node(config, [])
  return reader.transitions > TRANSITIONS_MAX
    ? { problem: `a machine of ${reader.transitions} transitions: at most ${TRANSITIONS_MAX} are drawn` }
    : { root }
}

/** Gives back how many states there are; more than STATES_MAX where it stopped counting. */
function collectIds(
  config: Config,
  path: readonly string[],
  id: string,
  ids: Map<string, readonly string[]>,
  before: number,
): number {
  let count = before + 1
  if (path.length > DEPTH_MAX) return STATES_MAX + 1
  ids.set(id, path)
  for (const [name, child] of childrenOf(config)) {
    count = collectIds(child, [...path, name], idOf(child) ?? `${id}.${name}`, ids, count)
    if (count > STATES_MAX) return count
  }
  return count
}

class MachineReader {
  readonly #ids: ReadonlyMap<string, readonly string[]>
  /** Read so far. */
  transitions = 0

  constructor(ids: ReadonlyMap<string, readonly string[]>) {
    this.#ids = ids
  }

  node(config: Config, path: readonly string[]): StateNode {
    const children = childrenOf(config).map(([name, child]) => this.node(child, [...path, name]))
    const initial = initialOf(config.initial)
    return {
      key: pathKey(path),
      name: cut(path.at(-1) ?? idOf(config) ?? 'machine', WORD_CHARS_MAX),
      kind: kindOf(config, children.length),
      children,
      initial: initial === undefined ? children[0]?.key : pathKey([...path, ...initial.split('.').slice(0, 1)]),
      transitions: this.#transitionsOf(config, path),
    }
  }

  #transitionsOf(config: Config, path: readonly string[]): readonly Transition[] {
    const { on, after, always, onDone, invoke } = config
    const named = isRecord(on) ? Object.entries(on) : []
    const delayed = isRecord(after) ? Object.entries(after) : []
    const invoked = listOf(invoke).filter(isRecord)
    return [
      ...named.flatMap(([event, branches]) => this.#branches(event === '' ? 'always' : event, branches, path)),
      ...delayed.flatMap(([delay, branches]) => this.#branches(delayWords(delay), branches, path)),
      ...this.#branches('always', always, path),
      ...this.#branches('done', onDone, path),
      ...invoked.flatMap(call => {
        const source = typeof call.src === 'string' ? call.src : (typeOf(call.src) ?? 'invoke')
        return [
          ...this.#branches(`done: ${source}`, call.onDone, path),
          ...this.#branches(`error: ${source}`, call.onError, path),
        ]
      }),
    ]
  }

  #branches(event: string, branches: unknown, path: readonly string[]): readonly Transition[] {
    const list = listOf(branches)
    this.transitions += list.length
    if (this.transitions > TRANSITIONS_MAX) return []
    return list.map(branch => ({
      event: cut(event, WORD_CHARS_MAX),
      guard: isRecord(branch) ? guardWords(branch.guard) : undefined,
      targets: listOf(isRecord(branch) ? branch.target : branch).flatMap(target => this.#resolve(target, path)),
    }))
  }

  /** `#id`, `#id.below`, `.child`, `sibling`, `sibling.below`; nothing where there is no such state. */
  #resolve(target: unknown, from: readonly string[]): readonly string[] {
    if (typeof target !== 'string') return []
    if (target.startsWith('#')) {
      const id = target.slice(1)
      const exact = this.#ids.get(id)
      if (exact !== undefined) return [pathKey(exact)]
      const parts = id.split('.')
      for (let length = parts.length - 1; length > 0; length--) {
        const base = this.#ids.get(parts.slice(0, length).join('.'))
        if (base !== undefined) return [pathKey([...base, ...parts.slice(length)])]
      }
      return []
    }
    const parts = target.replace(/^\./, '').split('.')
    return [pathKey([...(target.startsWith('.') ? from : from.slice(0, -1)), ...parts])]
  }
}

function kindOf(config: Config, children: number): StateNode['kind'] {
  switch (config.type) {
    case 'final':
    case 'history':
      return config.type
    case 'parallel':
      return 'parallel'
    default:
      return children === 0 ? 'atomic' : 'compound'
  }
}

function childrenOf({ states }: Config): readonly (readonly [string, Config])[] {
  if (!isRecord(states)) return []
  return Object.entries(states).map(([name, child]) => [name, isRecord(child) ? child : {}] as const)
}

/** `initial` may be a name, or a transition. */
function initialOf(initial: unknown): string | undefined {
  if (typeof initial === 'string') return initial.replace(/^\./, '')
  return isRecord(initial) ? initialOf(initial.target) : undefined
}

function idOf({ id }: Config): string | undefined {
  return typeof id === 'string' && id !== '' ? id : undefined
}

function typeOf(value: unknown): string | undefined {
  return isRecord(value) && typeof value.type === 'string' && value.type !== '' ? value.type : undefined
}

function guardWords(guard: unknown): string | undefined {
  if (guard === undefined || guard === null) return undefined
  return cut(typeof guard === 'string' ? guard : (typeOf(guard) ?? 'guard'), WORD_CHARS_MAX)
}

function delayWords(delay: string): string {
  return /^\d+$/.test(delay) ? `after ${delay} ms` : `after ${delay}`
}

function listOf(value: unknown): readonly unknown[] {
  if (value === undefined || value === null) return []
  return Array.isArray(value) ? value : [value]
}
