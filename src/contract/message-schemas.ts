/**
 * The messages that go out, as Zod schemas: for the JSON Schemas that other teams read, and for whoever decodes
 * our topics. Not on the hot path, and never what writes them: messages.ts does, to the byte.
 */
import { z } from 'zod'
import { NIL_INSTANCE, UINT8_MAX, UINT32_MAX } from './ids.ts'
import { UUID_OUT } from './uuid-text.ts'

const uint8 = z.int().min(0).max(UINT8_MAX)
const uint32 = z.int().min(0).max(UINT32_MAX)
const uuid = z.string().regex(UUID_OUT)
const mapIds = z.array(uint32)

const failReason = z.enum([
  'forfeit',
  'time_expired',
  'stage_time_expired',
  'requirements_not_met',
  'registration_expired',
  'friendly_monster_killed',
])

function statusEvent<Type extends string, Shape extends z.ZodRawShape>(type: Type, body: Shape) {
  return z.strictObject({
    worldId: uint8,
    instanceId: uuid,
    questId: z.string().min(1),
    type: z.literal(type),
    body: z.strictObject(body),
  })
}

/** Everything on the topic of status events. */
export const statusEventSchema = z.discriminatedUnion('type', [
  statusEvent('INSTANCE_CREATED', { partyId: uint32, channelId: uint8 }),
  statusEvent('REGISTRATION_OPENED', { duration: z.int().describe('seconds') }),
  statusEvent('STARTED', { stageIndex: uint32, mapIds }),
  statusEvent('STAGE_CLEARED', {
    stageIndex: uint32,
    channelId: uint8,
    mapIds,
    fieldInstances: z.array(uuid).length(1).describe('the instanceId, however many maps'),
  }),
  statusEvent('STAGE_ADVANCED', { stageIndex: uint32, mapIds }),
  statusEvent('COMPLETED', {}),
  statusEvent('FAILED', { reason: failReason }),
  statusEvent('CHARACTER_REGISTERED', { characterId: uint32 }),
  statusEvent('CHARACTER_LEFT', {
    characterId: uint32,
    channelId: uint8,
    reason: z.enum(['voluntary', 'disconnect']),
  }),
  statusEvent('BONUS_ENTERED', { mapId: uint32.describe('0: the bonus has no map of its own') }),
  statusEvent('INSTANCE_DESTROYED', {}),
])

const changeMapSchema = z.strictObject({
  worldId: uint8,
  characterId: uint32,
  type: z.literal('CHANGE_MAP'),
  body: z.strictObject({
    channelId: uint8,
    mapId: uint32,
    instance: uuid.describe('the instanceId, or the nil UUID on the way out'),
    portalId: uint32,
  }),
})

const awardExperienceSchema = z.strictObject({
  worldId: uint8,
  characterId: uint32,
  type: z.literal('AWARD_EXPERIENCE'),
  body: z.strictObject({
    channelId: uint8,
    distributions: z
      .array(z.strictObject({ experienceType: z.literal('CHAT'), amount: uint32, attr1: z.literal(0) }))
      .length(1),
  }),
})

/** Everything that we send to the topic of character commands. */
export const characterCommandSchema = z.discriminatedUnion('type', [changeMapSchema, awardExperienceSchema])

const transactionId = z.literal(NIL_INSTANCE)
const fieldShape = { worldId: uint8, channelId: uint8, mapId: uint32, instance: uuid.describe('the instanceId') }

/** Everything that we send to the topic of reactor commands. */
export const reactorCommandSchema = z.strictObject({
  ...fieldShape,
  type: z.literal('DESTROY_IN_FIELD'),
  body: z.strictObject({}),
})

/** Everything that we send to the topic of system messages. */
export const systemMessageSchema = z.strictObject({
  transactionId,
  worldId: uint8,
  channelId: uint8,
  characterId: uint32,
  type: z.literal('SEND_MESSAGE'),
  body: z.strictObject({ messageType: z.string(), message: z.string() }),
})

/** Everything that we send to the topic of map commands. */
export const mapCommandSchema = z.strictObject({
  transactionId,
  ...fieldShape,
  type: z.literal('WEATHER_START'),
  body: z.strictObject({ itemId: uint32, message: z.string(), durationMs: z.int().min(0) }),
})

export const messageSchema = z.discriminatedUnion('type', [
  statusEventSchema,
  characterCommandSchema,
  reactorCommandSchema,
  systemMessageSchema,
  mapCommandSchema,
])

export type StatusEvent = z.infer<typeof statusEventSchema>
export type CharacterCommand = z.infer<typeof characterCommandSchema>
