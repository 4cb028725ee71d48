/**
 * From a parsed JSON value to a definition, or to every fault it has, each with its path.
 * Knows both forms that the ecosystem writes: the bare object and the JSON:API document. Never reads a file.
 */
import type { z } from 'zod'
import type { QuestDefinition } from '../contract/definition.ts'
import { wellFormed } from '../contract/json.ts'
import { featureFaults } from '../contract/stage-features.ts'
import { type FaultPath, faultAt, faultText, member } from './fault.ts'
import { NESTED_LEVELS_MAX } from './json-fault.ts'
import { definitionSchema } from './schema.ts'

export type DefinitionReading =
  | { readonly kind: 'definition'; readonly definition: QuestDefinition }
  | { readonly kind: 'faults'; readonly faults: readonly string[] }

/** Of the path to what is nested too deep. */
const SHOWN_STEPS_MAX = 8

/** Unknown kinds behind which faults are looked for: each costs as many readings as there are kinds. */
const LOOKED_BEHIND_MAX = 10

/**
 * Stages come out sorted by index. `stored`: an older release took the definition, and read nothing in properties;
 * what is wrong with their features must not keep its instances from being restored.
 */
export function readDefinition(json: unknown, origin: 'file' | 'stored' = 'file'): DefinitionReading {
  const deep = placeTooDeep(json)
  if (deep !== undefined) {
    return { kind: 'faults', faults: [faultAt(deep, `is nested deeper than ${NESTED_LEVELS_MAX} levels, flatten it`)] }
  }
  const { raw, path } = bareObject(json)
  const cleaned = withoutNulls(raw)
  const parsed = definitionSchema.safeParse(cleaned)
  const faults = new Set<string>()
  if (!parsed.success) {
    const { issues } = parsed.error
    const behind = issues.filter(isUnknownKind).slice(0, LOOKED_BEHIND_MAX)
    const all = issues.flatMap(issue => [issue, ...(behind.includes(issue) ? behindUnknownKind(issue, cleaned) : [])])
    for (const issue of all) faults.add(faultAt([...path, ...issue.path], issue.message))
  }
  for (const fault of stageOrderFaults(member(raw, 'stages'), path)) faults.add(fault)
  if (origin === 'file') for (const fault of stageFeatureFaults(member(raw, 'stages'), path)) faults.add(fault)
  if (!parsed.success || faults.size > 0) return { kind: 'faults', faults: [...faults] }
  const stages = parsed.data.stages.toSorted((a, b) => a.index - b.index)
  return { kind: 'definition', definition: { ...parsed.data, stages } }
}

/** The id that it claims, whatever else is wrong with it, and where it stands. */
export function questIdOf(json: unknown): { questId: string; path: FaultPath } | undefined {
  const { raw, path } = bareObject(json)
  const questId = member(raw, 'questId')
  return typeof questId === 'string' ? { questId: wellFormed(questId), path: [...path, 'questId'] } : undefined
}

/** The name that it claims; empty where it has none. */
export function questNameOf(json: unknown): string {
  const name = member(bareObject(json).raw, 'name')
  return typeof name === 'string' ? wellFormed(name) : ''
}

/** Where the parts of a definition stand in the file that it was read from. */
export interface DefinitionPlace {
  /** To the definition itself: empty, or through the JSON:API document. */
  readonly path: FaultPath
  /** The place in the list of each stage, by its index: files may list them in any order. */
  readonly stages: readonly number[]
}

/** Of a definition without a fault. */
export function placeOf(json: unknown): DefinitionPlace {
  const { raw, path } = bareObject(json)
  const listed = member(raw, 'stages')
  const places: number[] = []
  if (Array.isArray(listed)) {
    for (const [place, stage] of listed.entries()) {
      const index = member(stage, 'index')
      if (typeof index === 'number') places[index] = place
    }
  }
  return { path, stages: places }
}

/** What the ecosystem's API gives out is `{"data":{"attributes":{…}}}`; what has a `questId` is the object itself. */
function bareObject(json: unknown): { raw: unknown; path: FaultPath } {
  const data = member(json, 'data')
  return data === undefined || member(json, 'questId') !== undefined
    ? { raw: json, path: [] }
    : { raw: member(data, 'attributes'), path: ['data', 'attributes'] }
}

/** Where a value goes beyond the bound: the first few steps, which are enough to find it. Never calls itself. */
function placeTooDeep(json: unknown): FaultPath | undefined {
  let level: { value: unknown; path: FaultPath }[] = [{ value: json, path: [] }]
  for (let levels = 0; level.length > 0; levels++) {
    if (levels > NESTED_LEVELS_MAX) return level[0]?.path
    level = level.flatMap(({ value, path }) => {
      if (typeof value !== 'object' || value === null) return []
      const steps: [PropertyKey, unknown][] = Array.isArray(value) ? [...value.entries()] : Object.entries(value)
      return steps.flatMap(([step, inner]) =>
        typeof inner === 'object'
          ? [{ value: inner, path: path.length < SHOWN_STEPS_MAX ? [...path, step] : path }]
          : [],
      )
    })
  }
  return undefined
}

/** A field that is `null` counts as left out, as for Go's decoder; what is kept for others is not looked into. */
function withoutNulls(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutNulls)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value).flatMap(([name, inner]) => {
      if (inner === null) return []
      return [[name, name === 'properties' || name === 'startEvents' ? inner : withoutNulls(inner)]]
    }),
  )
}

function isUnknownKind(issue: z.core.$ZodIssue): boolean {
  return issue.code === 'invalid_union' && issue.inclusive !== false
}

/**
 * Where a kind is not known, Zod looks no further into the object that should have it. What is wrong there under
 * every kind is a fault whatever the kind becomes, and is told with it.
 */
function behindUnknownKind(issue: z.core.$ZodIssue, value: unknown): readonly z.core.$ZodIssue[] {
  if (issue.code !== 'invalid_union' || issue.inclusive === false) return []
  const object = issue.path.slice(0, -1)
  const [first = [], ...others] = (issue.options ?? []).map(kind => {
    const { error } = definitionSchema.safeParse(replaced(value, issue.path, kind))
    return (error?.issues ?? []).filter(({ path }) => isWithin(path, object))
  })
  return first.filter(({ path }) => others.every(issues => issues.some(other => isSamePath(other.path, path))))
}

/** A copy with another value at that place. */
function replaced(value: unknown, [step, ...rest]: FaultPath, by: unknown): unknown {
  if (step === undefined) return by
  if (Array.isArray(value)) return value.map((inner, place) => (place === step ? replaced(inner, rest, by) : inner))
  return { ...Object(value), [step]: replaced(member(value, String(step)), rest, by) }
}

function isWithin(path: FaultPath, outer: FaultPath): boolean {
  return outer.every((step, place) => path[place] === step)
}

function isSamePath(one: FaultPath, other: FaultPath): boolean {
  return one.length === other.length && isWithin(one, other)
}

/** Indexes are 0 to n-1, each once, in any order. What is no index at all is the schema's fault to find. */
function stageOrderFaults(stages: unknown, path: FaultPath): string[] {
  if (!Array.isArray(stages)) return []
  const cure = `number the ${stages.length} stage(s) from 0 to ${stages.length - 1}, each once`
  const taken = new Set<number>()
  return stages.flatMap((stage, place) => {
    const index = member(stage, 'index')
    if (typeof index !== 'number' || !Number.isInteger(index) || index < 0) return []
    const wrong = taken.has(index) ? 'is used twice' : index >= stages.length ? 'is beyond the last stage' : undefined
    taken.add(index)
    if (wrong === undefined) return []
    return [faultAt([...path, 'stages', place, 'index'], faultText(wrong, index, cure))]
  })
}

/** What the service reads in the properties of stages; properties that are no object are the schema's fault to find. */
function stageFeatureFaults(stages: unknown, path: FaultPath): string[] {
  if (!Array.isArray(stages)) return []
  return stages.flatMap((stage, place) => {
    const properties = member(stage, 'properties')
    if (typeof properties !== 'object' || properties === null) return []
    return featureFaults(properties).map(({ path: inner, value, cure }) =>
      faultAt([...path, 'stages', place, 'properties', ...inner], faultText('cannot be used', value, cure)),
    )
  })
}
