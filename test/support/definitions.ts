/** Quests for tests, compiled as the service compiles its files. Each test says only what matters to it. */
import { type CompiledDefinition, compileDefinition } from '../../src/definitions/catalogue.ts'

type Json = Readonly<Record<string, unknown>>

/**
 * `mill_pq`: a party of at least two starts at once, plays two stages on the maps 100 and 110 without any limit, and
 * leaves to map 900.
 */
export function quest(overrides: Json = {}): CompiledDefinition {
  return compileDefinition({
    questId: 'mill_pq',
    name: 'The Old Mill',
    registration: { type: 'party', mode: 'instant' },
    startRequirements: [{ type: 'party_size', operator: 'gte', value: 2 }],
    exit: 900,
    stages: [stage(0), stage(1)],
    ...overrides,
  })
}

/** Stage `index` on map 100, 110, … without conditions. */
export function stage(index: number, overrides: Json = {}): Json {
  return { index, name: `Floor ${index}`, mapIds: [100 + 10 * index], type: 'item_collection', ...overrides }
}

export const TIMED = { type: 'party', mode: 'timed', duration: 60 } as const
/** Four of item 4001008. */
export const FOUR_PASSES = { type: 'item', operator: '>=', value: 4, referenceId: 4001008 } as const
