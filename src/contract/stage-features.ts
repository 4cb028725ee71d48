/**
 * What a stage's `properties` mean to the service: a friendly monster, the weather on entering, kills that count.
 * The properties themselves stay as they came, so that a definition's bytes and its hash do not depend on what a
 * release reads in them. What cannot be read counts as not there: faults are told where a file is loaded.
 */
import { z } from 'zod'
import type { Properties, Stage } from './definition.ts'
import { UINT32_MAX } from './ids.ts'

/** A monster that the party must keep alive. Its hits and what it drops are counted as custom data. */
export interface FriendlyMonster {
  readonly monsterId: number
  /** Where it stands: 16-bit map coordinates, and the foothold under it. */
  readonly x: number
  readonly y: number
  readonly fh: number
  /** Told when its stage begins. */
  readonly spawnMessage?: string
  /** Told on each `hitInterval`-th hit; never where that is 0. */
  readonly onDamaged?: { readonly hitInterval: number; readonly message: string }
  /** Told of each drop, `{count}` being what it has dropped so far. */
  readonly onDrop?: { readonly messageTemplate: string }
  /** `fail`: the quest fails with it; any other action is none. */
  readonly onKilled?: { readonly action?: string; readonly message?: string }
}

export interface Weather {
  readonly itemId: number
  readonly message: string
  /** Seconds. */
  readonly duration: number
}

/** The custom data that a friendly monster counts. */
export const FRIENDLY_HIT_KEY = 'friendlyHitCount'
export const FRIENDLY_DROP_KEY = 'friendlyDropCount'

const whole = (min: number, max: number) => {
  const cure = `give a whole number from ${min} to ${max}`
  return z.int(cure).min(min, cure).max(max, cure)
}
const INT16_MAX = 32_767
const int16 = whole(-INT16_MAX - 1, INT16_MAX)
const text = z.string('give a text').min(1, 'give a text that is not empty')
const object = <Shape extends z.core.$ZodLooseShape>(shape: Shape) => z.object(shape, 'give an object')

const friendlyMonster = object({
  monsterId: whole(1, UINT32_MAX),
  x: int16.default(0),
  y: int16.default(0),
  fh: int16.default(0).describe('The foothold under it'),
  spawnMessage: z.exactOptional(text).describe('Told when its stage begins'),
  onDamaged: z
    .exactOptional(object({ hitInterval: whole(0, UINT32_MAX), message: text }))
    .describe('Told on each hitInterval-th hit; 0: never'),
  onDrop: z
    .exactOptional(object({ messageTemplate: text }))
    .describe('Told of each drop; {count} is what it has dropped so far'),
  onKilled: z
    .exactOptional(
      object({
        action: z
          .exactOptional(z.string('use fail, or leave it out'))
          .describe('fail: the quest fails with it; nothing follows from any other')
          .meta({ examples: ['fail'] }),
        message: z.exactOptional(text),
      }),
    )
    .describe('What comes of its death'),
}).describe('A monster that the party must keep alive') satisfies z.ZodType<FriendlyMonster>

const weather = object({
  itemId: whole(1, UINT32_MAX),
  message: z.string('give a text, which may be empty'),
  duration: whole(1, UINT32_MAX).describe('Seconds'),
}).describe('Shown to those who enter the stage, on its first map') satisfies z.ZodType<Weather>

const countKills = z
  .boolean('use true or false')
  .describe('Kills of any monster in the instance count, without a script')

const schemas = { friendlyMonster, weather, countKills } as const

export type StageFeature = keyof typeof schemas
export const STAGE_FEATURES = ['friendlyMonster', 'weather', 'countKills'] as const satisfies readonly StageFeature[]

/** For people and editors who write properties: what is read goes through `featureFaults` and the readers below. */
export const stageFeaturesSchema = z.object(schemas).partial()

export interface FeatureFault {
  /** Inside the properties: `['friendlyMonster', 'x']`. */
  readonly path: readonly PropertyKey[]
  /** What stands there; `undefined`: nothing. */
  readonly value: unknown
  readonly cure: string
}

/** All that is wrong with the features in a stage's properties. A `null` counts as left out. */
export function featureFaults(properties: object): readonly FeatureFault[] {
  return STAGE_FEATURES.flatMap(feature => {
    const value = given(properties, feature)
    if (value === undefined) return []
    const issues = schemas[feature].safeParse(value).error?.issues ?? []
    return issues.map(({ path, message }) => ({
      path: [feature, ...path],
      value: path.reduce<unknown>((outer, step) => own(outer, step), value),
      cure: message,
    }))
  })
}

interface Features {
  readonly friendlyMonster: FriendlyMonster | undefined
  readonly weather: Weather | undefined
  readonly countsKills: boolean
}

/** A definition's stages live as long as the definition, and are asked on each step of each of its instances. */
const known = new WeakMap<Stage, Features>()

function featuresOf(stage: Stage): Features {
  const before = known.get(stage)
  if (before !== undefined) return before
  const { properties } = stage
  const features = {
    friendlyMonster: friendlyMonster.safeParse(given(properties, 'friendlyMonster')).data,
    weather: weather.safeParse(given(properties, 'weather')).data,
    countsKills: given(properties, 'countKills') === true,
  }
  known.set(stage, features)
  return features
}

export function friendlyMonsterOf(stage: Stage): FriendlyMonster | undefined {
  return featuresOf(stage).friendlyMonster
}

/** Shown to those who enter the stage, on its first map. */
export function weatherOf(stage: Stage): Weather | undefined {
  return featuresOf(stage).weather
}

/** Whether a kill of any monster in the stage's maps counts without a script. */
export function countsKills(stage: Stage): boolean {
  return featuresOf(stage).countsKills
}

function given(properties: Properties | object, feature: StageFeature): unknown {
  return withoutNulls(own(properties, feature))
}

/** Also inside a feature, which is three levels deep at most: what is deeper is no part of one. */
function withoutNulls(value: unknown, levels = 3): unknown {
  if (value === null) return undefined
  if (typeof value !== 'object' || Array.isArray(value) || levels === 0) return value
  return Object.fromEntries(
    Object.entries(value).flatMap(([name, inner]) => (inner === null ? [] : [[name, withoutNulls(inner, levels - 1)]])),
  )
}

function own(value: unknown, name: PropertyKey): unknown {
  if (typeof value !== 'object' || value === null) return undefined
  return Object.getOwnPropertyDescriptor(value, name)?.value
}
