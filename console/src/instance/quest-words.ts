/**
 * A quest definition in words, read leniently: it came as JSON, perhaps of an older release. Pure.
 */
import type { Instance } from '../../../src/api/documents.ts'

export interface StageFacts {
  readonly name: string
  readonly mapIds: readonly number[]
  readonly type: string
  /** Seconds; 0: none. */
  readonly duration: number
  readonly onTimeout: string
  readonly conditions: readonly string[]
  readonly warpType: string
  /** A script of the game decides when it is cleared, whatever its conditions ask for beside. */
  readonly isScripted: boolean
}

export type ConditionFacts = Pick<
  Instance['conditions'][number],
  'type' | 'operator' | 'value' | 'referenceId' | 'referenceKey'
>

const SIGNS: Readonly<Record<string, string>> = { '>=': '≥', '<=': '≤', '=': '=', '>': '>', '<': '<' }

/** `item 4001022 ≥ 20`, `kills of 9300001 = 5`, `"gate" ≥ 1`. */
export function conditionWords({ type, operator, value, referenceId, referenceKey }: ConditionFacts): string {
  const rest = `${SIGNS[operator] ?? operator} ${value}`
  if (type === 'monster_kill') return `kills of ${referenceId} ${rest}`
  if (type === 'custom_data') return `"${referenceKey}" ${rest}`
  return `item ${referenceId} ${rest}`
}

export function stagesOf(quest: Readonly<Record<string, unknown>>): readonly StageFacts[] {
  return listOf(quest.stages).map((given, index) => {
    const stage = objectOf(given)
    return {
      name: textOf(stage.name) || `stage ${index + 1}`,
      mapIds: listOf(stage.mapIds).filter(id => typeof id === 'number'),
      type: textOf(stage.type).replaceAll('_', ' '),
      duration: numberOf(stage.duration),
      onTimeout: textOf(stage.onTimeout),
      conditions: listOf(stage.clearConditions).map(condition => conditionWords(conditionOf(condition))),
      warpType: textOf(stage.warpType),
      isScripted: objectOf(stage.properties).clearedBy === 'script',
    }
  })
}

export function stageAt(quest: Readonly<Record<string, unknown>>, index: number): StageFacts | undefined {
  return stagesOf(quest)[index]
}

/** `1 h 30 min`, `45 s`; 0 seconds is `–`. */
export function durationWords(seconds: number): string {
  const parts = [
    [Math.floor(seconds / 3600), 'h'],
    [Math.floor((seconds % 3600) / 60), 'min'],
    [seconds % 60, 's'],
  ] as const
  const shown = parts.filter(([count]) => count > 0)
  return shown.length === 0 ? '–' : shown.map(([count, unit]) => `${count} ${unit}`).join(' ')
}

function conditionOf(given: unknown): ConditionFacts {
  const { type, operator, value, referenceId, referenceKey } = objectOf(given)
  return {
    type: textOf(type),
    operator: textOf(operator),
    value: numberOf(value),
    referenceId: numberOf(referenceId),
    referenceKey: textOf(referenceKey),
  }
}

export function objectOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? { ...value } : {}
}

export function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : []
}

export const textOf = (value: unknown): string => (typeof value === 'string' ? value : '')
export const numberOf = (value: unknown): number => (typeof value === 'number' ? value : 0)
