/**
 * What a quest definition says, in a few words each: durations, conditions, requirements, maps. Plain text for
 * pictures and terminals; whoever writes it into a format escapes it. Never judges a definition.
 */
import type { ClearCondition, Registration, Requirement, Stage } from '../contract/definition.ts'
import { wellFormed } from '../contract/json.ts'
import { unreachable } from '../errors.ts'

/** Whatever an author wrote, on one line and without what no text should hold. */
export function plainText(text: string): string {
  return wellFormed(text).replace(/[\p{Cc}\p{Cf}\p{Cn}\u2028\u2029]+/gu, '\uFFFD')
}

/** `1 h 30 min`, `45 s`; 0 seconds is `0 s`. */
export function durationWords(seconds: number): string {
  const parts = [
    [Math.floor(seconds / 3600), 'h'],
    [Math.floor((seconds % 3600) / 60), 'min'],
    [seconds % 60, 's'],
  ] as const
  const shown = parts.filter(([count]) => count > 0)
  return shown.length === 0 ? '0 s' : shown.map(([count, unit]) => `${count} ${unit}`).join(' ')
}

/** `item 4001022 ≥ 20`, `kills of 9300001 = 5`, `"gate" ≥ 1`. */
export function conditionWords({ type, operator, value, referenceId, referenceKey }: ClearCondition): string {
  const sign = { '>=': '≥', '<=': '≤', '=': '=', '>': '>', '<': '<' }[operator]
  switch (type) {
    case 'item':
    case 'item_count':
      return `item ${referenceId} ${sign} ${value}`
    case 'monster_kill':
      return `kills of ${referenceId} ${sign} ${value}`
    case 'custom_data':
      return `"${plainText(referenceKey)}" ${sign} ${value}`
    default:
      return unreachable(type)
  }
}

/** `party of ≥ 3`, `lowest level ≥ 55`, `highest level ≤ 100`. */
export function requirementWords({ type, operator, value }: Requirement): string {
  const sign = { eq: '=', gte: '≥', lte: '≤', gt: '>', lt: '<' }[operator]
  switch (type) {
    case 'party_size':
      return sign === '=' ? `party of ${value}` : `party of ${sign} ${value}`
    case 'level_min':
      return `lowest level ${sign} ${value}`
    case 'level_max':
      return `highest level ${sign} ${value}`
    default:
      return unreachable(type)
  }
}

export function registrationWords({ type, mode, mapId, affinity }: Registration): string {
  const who = type === 'party' ? 'a party registers' : 'individuals register'
  const where = type === 'individual' && mapId !== 0 ? [`on map ${mapId}`] : []
  const together = type === 'individual' && affinity !== 'none' ? [`of one ${affinity}`] : []
  return [who, ...together, ...where, mode === 'timed' ? 'until the timer' : 'to start at once'].join(', ')
}

/** `map 100`, `map 100 and 3 more`: the first is where characters are sent. */
export function mapWords({ mapIds: [first, ...others] }: Stage): string {
  return `map ${first}${others.length === 0 ? '' : ` and ${others.length} more`}`
}

/** `item_collection` → `item collection`. */
export function stageTypeWords({ type }: Stage): string {
  return type.replaceAll('_', ' ')
}
