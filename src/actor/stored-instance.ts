/**
 * What the state record of an instance must hold, and the first place where it does not: a record of the right version
 * can still be damaged. Looks at every field that is read, and at no other; copies nothing, because each instance that
 * is touched comes through here. Knows the newest layout only (contract/record-layout.ts).
 */
import type { Rules, Run, StageState } from '../../machines/context.ts'
import { TIMER_NAMES } from '../../machines/deadlines.ts'
import { RESTING_STATES, type RestingState } from '../../machines/party-quest.ts'
import { isObject, type JsonObject } from '../contract/json.ts'
import type { InstanceIdentity } from '../contract/messages.ts'
import type { ArmedBy } from './instance.ts'

export interface StoredInstance {
  readonly version: number
  readonly value: RestingState
  readonly context: {
    readonly identity: InstanceIdentity
    readonly advance: Rules['advance']
    readonly run: Run
    readonly stage: StageState
  }
  /** `questId@hash` */
  readonly definition: string
  readonly armedBy: ArmedBy
}

type Check = (value: unknown) => boolean
const isText: Check = value => typeof value === 'string'
/** Ids, counts and epoch milliseconds. */
const isNumber: Check = value => typeof value === 'number' && value >= 0
const oneOf =
  (names: readonly unknown[]): Check =>
  value =>
    names.includes(value)

type Fields = readonly { readonly name: string; readonly check: Check }[]
const fields = (check: Check, ...names: readonly string[]): Fields => names.map(name => ({ name, check }))

const INSTANCE: Fields = [...fields(oneOf(RESTING_STATES), 'value'), ...fields(isText, 'definition')]
const CONTEXT: Fields = fields(oneOf(['command', 'automatic']), 'advance')
const TENANT: Fields = [...fields(isText, 'id', 'region'), ...fields(isNumber, 'majorVersion', 'minorVersion')]
const IDENTITY: Fields = [
  ...fields(isText, 'instanceId', 'questId'),
  ...fields(isNumber, 'worldId', 'channelId', 'partyId', 'affinity'),
]
const RUN: Fields = fields(isNumber, 'stageIndex', 'registeredAt', 'startedAt')
const STAGE: Fields = fields(isNumber, 'startedAt', 'attempts')
const COUNTS = [...fields(isNumber, 'items', 'kills'), ...fields(isText, 'data')]

export type Checked = { readonly instance: StoredInstance } | { readonly damagedAt: string }

/** `damagedAt`: path of the first field that is missing or is not what it must be, `$.context.run.deadlines.quest`. */
export function checkInstance(stored: JsonObject): Checked {
  const damagedAt = firstDamage(stored)
  return damagedAt === undefined ? { instance: stored as unknown as StoredInstance } : { damagedAt }
}

function firstDamage(stored: JsonObject): string | undefined {
  const { context, armedBy } = stored
  if (!isObject(context)) return '$.context'
  const { identity, run, stage } = context
  return (
    damage(stored, '$', INSTANCE) ??
    damage(context, '$.context', CONTEXT) ??
    damage(identity, '$.context.identity', IDENTITY) ??
    damage(isObject(identity) ? identity.tenant : undefined, '$.context.identity.tenant', TENANT) ??
    damage(run, '$.context.run', RUN) ??
    (isObject(run) ? runDamage(run) : undefined) ??
    damage(stage, '$.context.stage', STAGE) ??
    (isObject(stage) ? countsDamage(stage) : undefined) ??
    timersDamage(armedBy, '$.armedBy', isText)
  )
}

function damage(value: unknown, path: string, fields: Fields): string | undefined {
  if (!isObject(value)) return path
  for (const { name, check } of fields) if (!check(value[name])) return `${path}.${name}`
  return undefined
}

function runDamage({ members, deadlines }: JsonObject): string | undefined {
  const path = '$.context.run.members'
  if (!Array.isArray(members)) return path
  const damaged = members.findIndex(member => !isMember(member))
  if (damaged >= 0) return `${path}[${damaged}]`
  return timersDamage(deadlines, '$.context.run.deadlines', isNumber)
}

function isMember(member: unknown): boolean {
  if (!isObject(member)) return false
  const { characterId, level } = member
  return isNumber(characterId) && (level === undefined || isNumber(level))
}

/** A timer that this release does not know is passed over. */
function timersDamage(value: unknown, path: string, check: Check): string | undefined {
  if (!isObject(value)) return path
  const damaged = TIMER_NAMES.find(timer => value[timer] !== undefined && !check(value[timer]))
  return damaged === undefined ? undefined : `${path}.${damaged}`
}

function countsDamage(stage: JsonObject): string | undefined {
  for (const { name, check } of COUNTS) {
    const counts = stage[name]
    if (!isObject(counts)) return `$.context.stage.${name}`
    for (const counted in counts) if (!check(counts[counted])) return `$.context.stage.${name}.${counted}`
  }
  return undefined
}
