/**
 * The rules of a quest definition, one Zod schema: what a file may hold, what is filled in, how a fault reads.
 * Lenient on fields it does not know and on lists and numbers that are left out, strict on all that has a meaning.
 * Its key order is the canonical one: definitions are stored and hashed in it, so reordering changes every hash.
 */
import { z } from 'zod'
import type {
  Bonus,
  ClearCondition,
  QuestDefinition,
  Registration,
  Requirement,
  Reward,
  RewardItem,
  Stage,
} from '../contract/definition.ts'
import { type QuestId, UINT32_MAX } from '../contract/ids.ts'
import { wellFormed } from '../contract/json.ts'
import { faultText, member } from './fault.ts'

type Issue = { readonly code?: string | undefined; readonly input: unknown }

const fault = (wrong: string, cure: string) => ({
  error: (issue: Issue) => faultText(wrong, issue.input, cure),
})

/** For a union that is told apart by one field: without it the fault is that field's, else the object's. */
const kindFault = (field: string, wrong: string, kinds: readonly string[]) => ({
  error: (issue: Issue) =>
    issue.code === 'invalid_union'
      ? faultText(wrong, member(issue.input, field), `use one of ${kinds.join(', ')}`)
      : faultText('is not an object', issue.input, `give an object with a ${field}`),
})

function uint32(what: string, min = 0) {
  const rule = fault(`is not ${what}`, `give a whole number from ${min} to ${UINT32_MAX}`)
  return z.int(rule).min(min, rule).max(UINT32_MAX, rule)
}

/** Deadlines are epoch milliseconds: now and 2^32 s are 6 · 10^12, far inside the safe integers. */
const seconds = (what: string) => uint32(`${what} in seconds`)

function text(what: string) {
  const rule = fault(`is not ${what}`, 'give a string that is not empty')
  return z.string(rule).min(1, rule)
}

function oneOf<const Values extends readonly [string, ...string[]]>(what: string, values: Values) {
  return z.enum(values, fault(`is not ${what}`, `use one of ${values.join(', ')}`))
}

const list = <Element extends z.ZodType>(element: Element) =>
  z.array(element, fault('is not a list', 'give a list')).default([])

const object = <Shape extends z.core.$ZodLooseShape>(shape: Shape) =>
  z.object(shape, fault('is not an object', 'give an object'))

const properties = () => z.record(z.string(), z.unknown(), fault('is not an object', 'give an object')).default({})

/** Kept as they came; what some of them mean: contract/stage-features.ts. */
export const stageProperties = properties()

const requirement = object({
  type: oneOf('a known requirement', ['party_size', 'level_min', 'level_max']),
  operator: oneOf('an operator of requirements', ['eq', 'gte', 'lte', 'gt', 'lt']),
  value: uint32('a number to compare with'),
}) satisfies z.ZodType<Requirement>

const registrationCommon = {
  type: oneOf('a known registration', ['party', 'individual']),
}
const registrationPlace = {
  mapId: uint32('a map (0 = any)').default(0),
  affinity: oneOf('a known affinity', ['none', 'guild', 'party']).default('none'),
}
const registration = z.discriminatedUnion(
  'mode',
  [
    object({
      ...registrationCommon,
      mode: z.literal('instant'),
      duration: seconds('a duration').default(0),
      ...registrationPlace,
    }),
    object({
      ...registrationCommon,
      mode: z.literal('timed'),
      duration: uint32('how long a timed registration stays open, in seconds', 1),
      ...registrationPlace,
    }),
  ],
  kindFault('mode', 'is not a known mode of registration', ['instant', 'timed']),
) satisfies z.ZodType<Registration>

const bonus = object({
  mapId: uint32('a map'),
  duration: seconds('a duration').default(0),
  entry: oneOf('a known way into a bonus', ['auto', 'manual']),
  completionMapId: z.exactOptional(uint32('a map')),
  properties: properties(),
}) satisfies z.ZodType<Bonus>

const comparison = {
  operator: oneOf('an operator of conditions', ['>=', '<=', '=', '>', '<']),
  value: uint32('a count to compare with'),
}
const clearCondition = z.discriminatedUnion(
  'type',
  [
    object({
      type: z.enum(['item', 'item_count', 'monster_kill']),
      ...comparison,
      referenceId: uint32('the item or monster to count', 1),
      referenceKey: z.string(fault('is not a string', 'give a string or leave it out')).default(''),
    }),
    object({
      type: z.literal('custom_data'),
      ...comparison,
      referenceId: uint32('an id (of no meaning here)').default(0),
      referenceKey: text('the key of the number to read'),
    }),
  ],
  kindFault('type', 'is not a known condition', ['item', 'item_count', 'monster_kill', 'custom_data']),
) satisfies z.ZodType<ClearCondition>

const rewardItem = object({
  templateId: uint32('an item', 1),
  weight: uint32('a weight').default(0),
  quantity: uint32('a quantity', 1),
}) satisfies z.ZodType<RewardItem>

const rewardItems = z
  .array(rewardItem, fault('is not a list', 'list the items to choose from'))
  .min(1, fault('names no item', 'list at least one'))

const reward = z.discriminatedUnion(
  'type',
  [
    object({
      type: z.literal('experience'),
      amount: uint32('an amount of experience').default(0),
      items: list(rewardItem),
    }),
    object({
      type: z.literal('item'),
      amount: uint32('how often the items are given', 1),
      items: rewardItems,
    }),
    object({
      type: z.literal('random_item'),
      amount: uint32('how many items are drawn', 1),
      items: rewardItems.refine(
        items => items.some(({ weight }) => weight > 0),
        fault('has no item that can be drawn', 'give at least one a weight above 0'),
      ),
    }),
  ],
  kindFault('type', 'is not a known reward', ['experience', 'item', 'random_item']),
) satisfies z.ZodType<Reward>

const mapId = uint32('a map')
const mapIdsCure = 'list at least one: a stage is played somewhere'
const mapIds = z
  .array(mapId, fault('is not a list of maps', mapIdsCure))
  .min(1, fault('names no map', mapIdsCure))
  .transform(maps => maps as [number, ...number[]])

/** Others are their scripts' business. */
const clearAction = z
  .string(fault('is not a string', 'give the name of an action'))
  .meta({ examples: ['destroy_monsters'] })

const stage = object({
  index: uint32('the place of a stage'),
  name: z.string(fault('is not a string', 'give a string')).default(''),
  mapIds,
  type: oneOf('a known stage type', [
    'item_collection',
    'monster_killing',
    'combination_puzzle',
    'reactor_trigger',
    'warp_puzzle',
    'sequence_memory_game',
    'boss',
  ]),
  duration: seconds('a duration').default(0),
  onTimeout: oneOf('a known end of a stage timer', ['advance', 'fail']).default('advance'),
  clearConditions: list(clearCondition),
  clearActions: list(clearAction),
  rewards: list(reward),
  warpType: oneOf('a known warp type', ['all', 'none']).default('all'),
  properties: stageProperties,
}) satisfies z.ZodType<Stage>

/** One definition as a file holds it, without the JSON:API document around it. */
export const definitionSchema = object({
  // As commands are read: a lone surrogate is U+FFFD, or nobody could ever register for the quest.
  questId: text('the name of the quest').transform(name => wellFormed(name) as QuestId),
  name: text('what players call the quest'),
  fieldLock: oneOf('a known field lock', ['none', 'channel', 'instance']).default('none'),
  duration: seconds('a duration').default(0),
  registration,
  startRequirements: list(requirement),
  failRequirements: list(requirement),
  startEvents: list(z.unknown()),
  exit: uint32('the map for everybody who leaves'),
  bonus: z.exactOptional(bonus),
  stages: list(stage),
  rewards: list(reward),
  advance: z.exactOptional(oneOf('a known way to advance', ['command', 'automatic'])),
}) satisfies z.ZodType<QuestDefinition>
