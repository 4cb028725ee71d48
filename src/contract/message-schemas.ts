/**
 * The messages that go out, as Zod schemas: for the JSON Schemas that other teams read, and for whoever decodes
 * our topics. Not on the hot path, and never what writes them: messages.ts does, to the byte.
 */
import { z } from 'zod'
import { UINT8_MAX, UINT32_MAX } from './ids.ts'
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
  statusEvent('INSTANCE_DESTROYED', {}),
])

/** Everything that we send to the topic of character commands. */
export const characterCommandSchema = z.strictObject({
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

export const messageSchema = z.discriminatedUnion('type', [statusEventSchema, characterCommandSchema])

export type StatusEvent = z.infer<typeof statusEventSchema>
export type CharacterCommand = z.infer<typeof characterCommandSchema>
