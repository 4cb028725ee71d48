/**
 * The commands that we take, decoded once: from a record's bytes to a value that the rest of the code trusts.
 * The source of their JSON Schema. Never looks at keys, and never at headers: tenant.ts does.
 */
import { z } from 'zod'
import { COMMAND_TYPES, type CommandType, foldBody, readEnvelope } from './command-envelope.ts'
import { type CharacterId, type InstanceId, NIL_INSTANCE, UINT8_MAX, UINT32_MAX } from './ids.ts'
import { cut, describe, type Fields, fieldsOf, isObject, wellFormed } from './json.ts'
import { readPlainCommand } from './plain-command.ts'
import { type Refusal, refuse } from './refusal.ts'
import { parseUuid, UUID_FORMS } from './uuid-text.ts'

export { COMMAND_TYPES, type CommandType }

interface Addressed {
  /** uint8 */
  readonly worldId: number
  readonly characterId: CharacterId
}

export interface RegisterCommand extends Addressed {
  readonly type: 'REGISTER'
  /** As it came: may name no quest, and be empty. */
  readonly questId: string
  /** uint32, 0 = no party */
  readonly partyId: number
  /** uint8 */
  readonly channelId: number
  /** uint32, 0 = not told */
  readonly mapId: number
}

/** It names neither channel nor instance: whoever has the character in an instance of this world acts. */
export interface LeaveCommand extends Addressed {
  readonly type: 'LEAVE'
}

export interface InstanceCommand extends Addressed {
  readonly type: 'START' | 'STAGE_CLEAR_ATTEMPT' | 'STAGE_ADVANCE' | 'FORFEIT' | 'ENTER_BONUS'
  /** As it came: may be of nobody, and nil. */
  readonly instanceId: InstanceId
}

export interface UpdateStageStateCommand extends Addressed {
  readonly type: 'UPDATE_STAGE_STATE'
  readonly instanceId: InstanceId
  /** uint32 by uint32: what to add, by item. */
  readonly itemCounts: ReadonlyMap<number, number>
  /** uint32 by uint32: what to add, by monster. */
  readonly monsterKills: ReadonlyMap<number, number>
}

export interface UpdateCustomDataCommand extends Addressed {
  readonly type: 'UPDATE_CUSTOM_DATA'
  readonly instanceId: InstanceId
  /** Text by key, both as they came and of any characters. */
  readonly updates: ReadonlyMap<string, string>
  /** Keys, behind the updates each 1 more; one that stands here twice is 2 more. */
  readonly increments: readonly string[]
}

export interface BroadcastMessageCommand extends Addressed {
  readonly type: 'BROADCAST_MESSAGE'
  readonly instanceId: InstanceId
  /** Both as they came. */
  readonly messageType: string
  readonly message: string
}

export type Command =
  | RegisterCommand
  | LeaveCommand
  | InstanceCommand
  | UpdateStageStateCommand
  | UpdateCustomDataCommand
  | BroadcastMessageCommand

/** JSON's numbers are doubles, so `1.0` and `1e1` are integers here; adding 0 makes -0 the 0 that it counts as. */
function uint(max: number) {
  const range = `must be an integer from 0 to ${max}`
  return z
    .int(range)
    .min(0, range)
    .max(max, range)
    .nullish()
    .transform(number => (number ?? 0) + 0)
}

const uint8 = uint(UINT8_MAX)
const uint32 = uint(UINT32_MAX)
const characterId = uint32.transform(id => id as CharacterId)

const text = z
  .string('must be a string')
  .nullish()
  .transform(text => wellFormed(text ?? ''))
const questId = text

/** Each character goes to everybody in the instance, in up to six bytes: what is sent must fit its topic. */
const shownText = (max: number) => text.refine(shown => shown.length <= max, `must have at most ${max} characters`)

const UUID_WANTED = 'must be a UUID: 36 characters with dashes, 32 hex digits, urn:uuid:… or {…}'
const instanceId = z
  .string(UUID_WANTED)
  .regex(UUID_FORMS, UUID_WANTED)
  .nullish()
  .transform(text => (typeof text === 'string' ? (parseUuid(text) as InstanceId) : NIL_INSTANCE))

const NO_COUNTS: ReadonlyMap<number, number> = new Map()
const COUNT_RANGE = `must be an integer from 0 to ${UINT32_MAX}`
const KEY_RANGE = `its key must be a decimal number from 0 to ${UINT32_MAX}`
const COUNT_KEY = /^[0-9]+$/

// Not z.record, which passes over the key `__proto__` in silence where it must make the record malformed.
const counts = z
  .unknown()
  .meta({
    type: 'object',
    propertyNames: { pattern: COUNT_KEY.source, description: `a decimal number from 0 to ${UINT32_MAX}` },
    additionalProperties: { anyOf: [{ type: 'integer', minimum: 0, maximum: UINT32_MAX }, { type: 'null' }] },
  })
  .nullish()
  .transform((given, context): ReadonlyMap<number, number> => {
    if (given === null || given === undefined) return NO_COUNTS
    const fail = (message: string, ...path: string[]) => {
      context.addIssue({ code: 'custom', message, path })
      return z.NEVER
    }
    if (!isObject(given)) return fail('must be an object of counts')
    const byId = new Map<number, number>()
    for (const key of Object.keys(given)) {
      const id = COUNT_KEY.test(key) ? Number(key) : Number.NaN
      if (!(id <= UINT32_MAX)) return fail(KEY_RANGE, key)
      const count = given[key] ?? 0
      if (!isUint32(count)) return fail(COUNT_RANGE, key)
      byId.set(id, count + 0)
    }
    return byId
  })

const NO_TEXTS: ReadonlyMap<string, string> = new Map()

// By hand like counts: here the key `__proto__` is a key like any other.
const texts = z
  .unknown()
  .meta({ type: 'object', additionalProperties: { type: ['string', 'null'] } })
  .nullish()
  .transform((given, context): ReadonlyMap<string, string> => {
    if (given === null || given === undefined) return NO_TEXTS
    const fail = (message: string, ...path: string[]) => {
      context.addIssue({ code: 'custom', message, path })
      return z.NEVER
    }
    if (!isObject(given)) return fail('must be an object of strings')
    const byKey = new Map<string, string>()
    for (const [key, value] of Object.entries(given)) {
      if (value !== null && typeof value !== 'string') return fail('must be a string', key)
      byKey.set(wellFormed(key), wellFormed(value ?? ''))
    }
    return byKey
  })

const keys = z
  .array(text, 'must be a list of strings')
  .nullish()
  .transform(list => list ?? [])

function isUint32(value: unknown): value is number {
  return typeof value === 'number' && Number.isInteger(value) && value >= 0 && value <= UINT32_MAX
}

/** A missing body, or null, is the body whose fields are all missing. */
function body<Shape extends z.ZodRawShape>(shape: Shape) {
  const schema = z.object(shape, 'must be an object')
  const zero = schema.parse({})
  return schema.nullish().transform(given => given ?? zero)
}

const instanceBody = body({ instanceId })

function instanceCommand<Type extends InstanceCommand['type']>(type: Type) {
  return z
    .object({ worldId: uint8, characterId, type: z.literal(type), body: instanceBody })
    .transform(({ body, ...outer }): InstanceCommand => ({ ...outer, ...body }))
}

/** Longer than anything that a client shows. */
export const MESSAGE_CHARACTERS_MAX = 4096
export const MESSAGE_TYPE_CHARACTERS_MAX = 256

const schemas = {
  REGISTER: z
    .object({
      worldId: uint8,
      characterId,
      type: z.literal('REGISTER'),
      body: body({ questId, partyId: uint32, channelId: uint8, mapId: uint32 }),
    })
    .transform(({ body, ...outer }): RegisterCommand => ({ ...outer, ...body })),
  START: instanceCommand('START'),
  STAGE_CLEAR_ATTEMPT: instanceCommand('STAGE_CLEAR_ATTEMPT'),
  STAGE_ADVANCE: instanceCommand('STAGE_ADVANCE'),
  FORFEIT: instanceCommand('FORFEIT'),
  UPDATE_STAGE_STATE: z
    .object({
      worldId: uint8,
      characterId,
      type: z.literal('UPDATE_STAGE_STATE'),
      body: body({ instanceId, itemCounts: counts, monsterKills: counts }),
    })
    .transform(({ body, ...outer }): UpdateStageStateCommand => ({ ...outer, ...body })),
  LEAVE: z
    .object({ worldId: uint8, characterId, type: z.literal('LEAVE'), body: body({}) })
    .transform(({ body: _, ...outer }): LeaveCommand => outer),
  ENTER_BONUS: instanceCommand('ENTER_BONUS'),
  UPDATE_CUSTOM_DATA: z
    .object({
      worldId: uint8,
      characterId,
      type: z.literal('UPDATE_CUSTOM_DATA'),
      body: body({ instanceId, updates: texts, increments: keys }),
    })
    .transform(({ body, ...outer }): UpdateCustomDataCommand => ({ ...outer, ...body })),
  BROADCAST_MESSAGE: z
    .object({
      worldId: uint8,
      characterId,
      type: z.literal('BROADCAST_MESSAGE'),
      body: body({
        instanceId,
        messageType: shownText(MESSAGE_TYPE_CHARACTERS_MAX),
        message: shownText(MESSAGE_CHARACTERS_MAX),
      }),
    })
    .transform(({ body, ...outer }): BroadcastMessageCommand => ({ ...outer, ...body })),
} satisfies Record<CommandType, z.ZodType<Command>>

/** All of them, names spelled as messages are written. For the JSON Schema: decoding picks one by its type. */
export const commandSchema = z.discriminatedUnion('type', [
  schemas.REGISTER,
  schemas.START,
  schemas.STAGE_CLEAR_ATTEMPT,
  schemas.STAGE_ADVANCE,
  schemas.FORFEIT,
  schemas.UPDATE_STAGE_STATE,
  schemas.LEAVE,
  schemas.ENTER_BONUS,
  schemas.UPDATE_CUSTOM_DATA,
  schemas.BROADCAST_MESSAGE,
])

const INSTANCE_FIELDS = fieldsOf('instanceId')
const bodyFields: Readonly<Record<CommandType, Fields<string>>> = {
  REGISTER: fieldsOf('questId', 'partyId', 'channelId', 'mapId'),
  START: INSTANCE_FIELDS,
  STAGE_CLEAR_ATTEMPT: INSTANCE_FIELDS,
  STAGE_ADVANCE: INSTANCE_FIELDS,
  FORFEIT: INSTANCE_FIELDS,
  UPDATE_STAGE_STATE: fieldsOf('instanceId', 'itemCounts', 'monsterKills'),
  LEAVE: fieldsOf(),
  ENTER_BONUS: INSTANCE_FIELDS,
  UPDATE_CUSTOM_DATA: fieldsOf('instanceId', 'updates', 'increments'),
  BROADCAST_MESSAGE: fieldsOf('instanceId', 'messageType', 'message'),
}

export type DecodedCommand =
  | { readonly kind: 'command'; readonly command: Command }
  /** A type that is not ours: to be skipped and counted. */
  | { readonly kind: 'foreign'; readonly type: string }
  | { readonly kind: 'malformed'; readonly refusal: Refusal }

/** Never throws, whatever the bytes. */
export function decodeCommand(value: Buffer | null): DecodedCommand {
  const command = value === null ? undefined : readPlainCommand(value)
  return command === undefined ? decodeAnyCommand(value) : { kind: 'command', command }
}

/** The same, whatever the layout: what every command is judged by. For `decodeCommand`, and for tests. */
export function decodeAnyCommand(value: Buffer | null): DecodedCommand {
  const envelope = readEnvelope(value)
  if (envelope.kind !== 'command') return envelope
  const { type, outer } = envelope
  const given = {
    worldId: outer.worldId,
    characterId: outer.characterId,
    type,
    body: foldBody(envelope, bodyFields[type]),
  }
  const parsed = schemas[type].safeParse(given)
  if (parsed.success) return { kind: 'command', command: parsed.data }
  return { kind: 'malformed', refusal: refuse('MALFORMED', reasonOf(parsed.error, given)) }
}

function memberOf(value: unknown, step: PropertyKey): unknown {
  if (Array.isArray(value)) return value[Number(step)]
  return isObject(value) ? value[String(step)] : undefined
}

/** `body.channelId is 256: must be …`: the first fault; one is enough to find the sender. */
function reasonOf(error: z.ZodError, given: unknown): string {
  const [issue] = error.issues
  if (issue === undefined) return 'not a command'
  let value = given
  for (const step of issue.path) value = memberOf(value, step)
  const name = issue.path.map(step => cut(String(step))).join('.')
  return `${name} is ${describe(value)}: ${issue.message}`
}
