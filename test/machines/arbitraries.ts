/**
 * Random quest definitions, as files hold them: every one is valid, whatever fields are left out, and small numbers are
 * common so that durations, counts and conditions meet. Says nothing about what such a quest does.
 */
import fc from 'fast-check'
import { UINT32_MAX } from '../../src/contract/ids.ts'
import { type CompiledDefinition, compileDefinition } from '../../src/definitions/catalogue.ts'

/** Items and monsters come from here, so that what is counted is what is asked for. */
export const COUNTED_IDS = [1, 2, 4001008, UINT32_MAX] as const

const small = fc.integer({ min: 1, max: 9 })
const edge = fc.constantFrom(0, UINT32_MAX - 1, UINT32_MAX)
const often = <Value>(common: fc.Arbitrary<Value>, rare: fc.Arbitrary<Value>) =>
  fc.oneof({ weight: 7, arbitrary: common }, { weight: 1, arbitrary: rare })

/** A count that a condition asks for, or that an update adds. */
export const aCount = often(fc.integer({ min: 0, max: 5 }), edge)
/** Seconds; 0 is common, because it means "none" everywhere. */
export const aLimit = fc.oneof(
  { weight: 3, arbitrary: small },
  { weight: 2, arbitrary: fc.constant(0) },
  { weight: 1, arbitrary: edge },
)
const aMap = often(fc.integer({ min: 100, max: 140 }), edge)
const aText = fc.string({ minLength: 1, maxLength: 6, unit: 'grapheme' })
const kept = fc.dictionary(fc.string({ maxLength: 4 }), fc.jsonValue({ maxDepth: 1 }), { maxKeys: 2 })

const aRequirement = fc.oneof(
  fc.record({
    type: fc.constant('party_size'),
    operator: fc.constantFrom('eq', 'gte', 'lte', 'gt', 'lt'),
    value: fc.integer({ min: 0, max: 4 }),
  }),
  fc.record({
    type: fc.constantFrom('level_min', 'level_max'),
    operator: fc.constantFrom('eq', 'gte', 'lte', 'gt', 'lt'),
    value: fc.constantFrom(0, 10, 30, 200),
  }),
)
const requirements = fc.array(aRequirement, { maxLength: 2 })

const operator = fc.constantFrom('>=', '>=', '<=', '=', '>', '<')
const aCondition = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({
      type: fc.constantFrom('item', 'item_count', 'monster_kill'),
      operator,
      value: aCount,
      referenceId: fc.constantFrom(...COUNTED_IDS),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      type: fc.constant('custom_data'),
      operator,
      value: aCount,
      referenceKey: fc.oneof(aText, fc.constantFrom('lever', 'friendlyHitCount', 'friendlyDropCount', '__proto__')),
    }),
  },
)

const someItems = fc.array(fc.record({ templateId: small, weight: small, quantity: small }), {
  minLength: 1,
  maxLength: 2,
})
const aReward = fc.oneof(
  fc.record({ type: fc.constant('experience'), amount: aCount }),
  fc.record({ type: fc.constantFrom('item', 'random_item'), amount: small, items: someItems }),
)
const rewards = fc.array(aReward, { maxLength: 1 })

const aFriendlyMonster = fc.record(
  {
    monsterId: fc.constantFrom(...COUNTED_IDS),
    x: fc.integer({ min: -500, max: 500 }),
    y: fc.integer({ min: -500, max: 500 }),
    fh: small,
    spawnMessage: aText,
    onDamaged: fc.record({ hitInterval: fc.integer({ min: 1, max: 3 }), message: aText }),
    onDrop: fc.record({ messageTemplate: fc.constantFrom('{count} of {count}', 'none') }),
    onKilled: fc.record({ action: fc.constant('fail'), message: aText }, { requiredKeys: [] }),
  },
  { requiredKeys: ['monsterId', 'x', 'y'] },
)
const features = fc.record(
  {
    friendlyMonster: aFriendlyMonster,
    weather: fc.record({ itemId: small, message: aText, duration: small }),
    countKills: fc.boolean(),
  },
  { requiredKeys: [] },
)

const aStage = fc.record(
  {
    name: aText,
    mapIds: fc.array(aMap, { minLength: 1, maxLength: 3 }),
    type: fc.constantFrom(
      ...['item_collection', 'monster_killing', 'combination_puzzle', 'reactor_trigger', 'warp_puzzle'],
      ...['sequence_memory_game', 'boss'],
    ),
    duration: aLimit,
    onTimeout: fc.constantFrom('advance', 'fail'),
    clearConditions: fc.array(aCondition, { maxLength: 3 }),
    clearActions: fc.array(fc.oneof(aText, fc.constant('destroy_monsters')), { maxLength: 1 }),
    rewards,
    warpType: fc.constantFrom('all', 'none'),
    properties: fc.oneof(kept, features),
  },
  { requiredKeys: ['mapIds', 'type'] },
)

/** In any order; each has its index. */
const stages = fc.tuple(fc.array(aStage, { minLength: 1, maxLength: 4 }), fc.boolean()).map(([list, isReversed]) => {
  const indexed = list.map((stage, index) => ({ ...stage, index }))
  return isReversed ? indexed.reverse() : indexed
})

const place = { mapId: aMap, affinity: fc.constantFrom('none', 'guild', 'party') }
const type = fc.constantFrom('party', 'individual')
const aRegistration = fc.oneof(
  { weight: 2, arbitrary: fc.record({ type, mode: fc.constant('instant'), ...place }) },
  { weight: 1, arbitrary: fc.record({ type, mode: fc.constant('timed'), duration: small, ...place }) },
)

const aBonus = fc.record(
  {
    mapId: aMap,
    duration: aLimit,
    entry: fc.constantFrom('auto', 'manual'),
    completionMapId: aMap,
    properties: kept,
  },
  { requiredKeys: ['mapId', 'entry'] },
)

/** A whole definition, as the value of its JSON text. Stages: one to four. */
export const aDefinition: fc.Arbitrary<object> = fc.record(
  {
    questId: aText,
    name: aText,
    fieldLock: fc.constantFrom('none', 'channel', 'instance'),
    duration: aLimit,
    registration: aRegistration,
    startRequirements: requirements,
    failRequirements: requirements,
    startEvents: fc.array(fc.jsonValue({ maxDepth: 1 }), { maxLength: 1 }),
    exit: aMap,
    bonus: aBonus,
    stages,
    rewards,
    advance: fc.constantFrom('command', 'automatic'),
  },
  { requiredKeys: ['questId', 'name', 'registration', 'exit', 'stages'] },
)

/** As the service reads it from its file. */
export function compiled(definition: object, changes: object = {}): CompiledDefinition {
  return compileDefinition(JSON.parse(JSON.stringify({ ...definition, ...changes })))
}
