/**
 * What an instance tells the world, and its exact bytes: fields, their order and escaping are those of the Go
 * services, so each is written by hand. Never reads a message back: message-schemas.ts describes them.
 */
import { type CharacterId, type InstanceId, NIL_INSTANCE, type QuestId } from './ids.ts'
import { goString } from './json.ts'
import { characterKey, instanceKey, mapKey } from './keys.ts'
import type { Tenant } from './tenant.ts'

export type FailReason =
  | 'forfeit'
  | 'time_expired'
  | 'stage_time_expired'
  | 'requirements_not_met'
  | 'registration_expired'
  | 'friendly_monster_killed'

/** `disconnect`: he left the channel or logged out, and the map service has moved him already. */
export type LeaveReason = 'voluntary' | 'disconnect'

/** What an operation sends, without what is the same for all messages of its instance. Numbers are integers. */
export type Message =
  | { readonly type: 'INSTANCE_CREATED'; readonly partyId: number }
  /** `duration` in seconds */
  | { readonly type: 'REGISTRATION_OPENED'; readonly duration: number }
  | { readonly type: 'STARTED'; readonly stageIndex: number; readonly mapIds: readonly number[] }
  | { readonly type: 'STAGE_CLEARED'; readonly stageIndex: number; readonly mapIds: readonly number[] }
  | { readonly type: 'STAGE_ADVANCED'; readonly stageIndex: number; readonly mapIds: readonly number[] }
  | { readonly type: 'COMPLETED' }
  | { readonly type: 'FAILED'; readonly reason: FailReason }
  | { readonly type: 'CHARACTER_REGISTERED'; readonly characterId: CharacterId }
  | { readonly type: 'CHARACTER_LEFT'; readonly characterId: CharacterId; readonly reason: LeaveReason }
  /** `mapId` is 0 where the bonus has no map of its own. */
  | { readonly type: 'BONUS_ENTERED'; readonly mapId: number }
  | { readonly type: 'INSTANCE_DESTROYED' }
  /** `instance` is nil on the way out. */
  | {
      readonly type: 'CHANGE_MAP'
      readonly characterId: CharacterId
      readonly mapId: number
      readonly instance: InstanceId
    }
  | { readonly type: 'AWARD_EXPERIENCE'; readonly characterId: CharacterId; readonly amount: number }
  /** Every reactor on this map of the instance is to go. */
  | { readonly type: 'DESTROY_IN_FIELD'; readonly mapId: number }
  | {
      readonly type: 'SEND_MESSAGE'
      readonly characterId: CharacterId
      /** `PINK_TEXT`, `BLUE_TEXT`, or whatever a sender of BROADCAST_MESSAGE says. */
      readonly messageType: string
      readonly message: string
    }
  /** `durationMs` in milliseconds */
  | {
      readonly type: 'WEATHER_START'
      readonly mapId: number
      readonly itemId: number
      readonly message: string
      readonly durationMs: number
    }

export type MessageType = Message['type']

/** What goes to a topic of commands: each has a shape of its own. All others are status events. */
type OutgoingCommand = Extract<
  Message,
  { readonly type: 'CHANGE_MAP' | 'AWARD_EXPERIENCE' | 'DESTROY_IN_FIELD' | 'SEND_MESSAGE' | 'WEATHER_START' }
>
type StatusEvent = Exclude<Message, OutgoingCommand>

/** What an instance is for as long as it lives. */
export interface InstanceIdentity {
  readonly instanceId: InstanceId
  readonly tenant: Tenant
  readonly questId: QuestId
  /** uint8 */
  readonly worldId: number
  /** uint8 */
  readonly channelId: number
  /** uint32, 0 = none */
  readonly partyId: number
  /** uint32: the guild or party that an individual registration is held together by; 0 = none */
  readonly affinity: number
}

/** Status events, or commands to a neighbour: the topic's name is the operator's choice. */
export type Destination = 'status' | 'character' | 'reactor' | 'systemMessage' | 'map'

export interface EncodedMessage {
  readonly destination: Destination
  readonly key: Buffer
  readonly value: Buffer
}

/** The portal that everybody arrives at: the map's first. */
const PORTAL_ID = 0

/** What the system message and map services ask for; nobody of ours follows it. */
const NO_TRANSACTION = NIL_INSTANCE

export function encodeMessage(message: Message, identity: InstanceIdentity): EncodedMessage {
  const { worldId, channelId, instanceId } = identity
  switch (message.type) {
    case 'CHANGE_MAP':
      return characterCommand(
        message,
        worldId,
        `"channelId":${channelId},"mapId":${message.mapId},"instance":"${message.instance}","portalId":${PORTAL_ID}`,
      )
    case 'AWARD_EXPERIENCE':
      return characterCommand(
        message,
        worldId,
        `"channelId":${channelId},"distributions":[{"experienceType":"CHAT","amount":${message.amount},"attr1":0}]`,
      )
    case 'DESTROY_IN_FIELD':
      return {
        destination: 'reactor',
        key: mapKey(message.mapId),
        value: Buffer.from(`{${field(message.mapId, identity)},"type":"DESTROY_IN_FIELD","body":{}}`),
      }
    case 'SEND_MESSAGE':
      return {
        destination: 'systemMessage',
        key: characterKey(message.characterId),
        value: Buffer.from(
          `{"transactionId":"${NO_TRANSACTION}","worldId":${worldId},"channelId":${channelId},` +
            `"characterId":${message.characterId},"type":"SEND_MESSAGE","body":{` +
            `"messageType":${goString(message.messageType)},"message":${goString(message.message)}}}`,
        ),
      }
    case 'WEATHER_START':
      return {
        destination: 'map',
        key: mapKey(message.mapId),
        value: Buffer.from(
          `{"transactionId":"${NO_TRANSACTION}",${field(message.mapId, identity)},"type":"WEATHER_START","body":{` +
            `"itemId":${message.itemId},"message":${goString(message.message)},"durationMs":${message.durationMs}}}`,
        ),
      }
    default:
      return {
        destination: 'status',
        key: instanceKey(instanceId),
        value: Buffer.from(
          `{"worldId":${worldId},"instanceId":"${instanceId}","questId":${goString(identity.questId)},` +
            `"type":"${message.type}","body":${statusBody(message, identity)}}`,
        ),
      }
  }
}

function characterCommand(
  { type, characterId }: Extract<OutgoingCommand, { readonly type: 'CHANGE_MAP' | 'AWARD_EXPERIENCE' }>,
  worldId: number,
  body: string,
): EncodedMessage {
  return {
    destination: 'character',
    key: characterKey(characterId),
    value: Buffer.from(`{"worldId":${worldId},"characterId":${characterId},"type":"${type}","body":{${body}}}`),
  }
}

/** One map of the instance, as the services that own maps are told of it. */
function field(mapId: number, { worldId, channelId, instanceId }: InstanceIdentity): string {
  return `"worldId":${worldId},"channelId":${channelId},"mapId":${mapId},"instance":"${instanceId}"`
}

function statusBody(message: StatusEvent, identity: InstanceIdentity): string {
  switch (message.type) {
    case 'INSTANCE_CREATED':
      return `{"partyId":${message.partyId},"channelId":${identity.channelId}}`
    case 'REGISTRATION_OPENED':
      return `{"duration":${message.duration}}`
    case 'STARTED':
    case 'STAGE_ADVANCED':
      return `{"stageIndex":${message.stageIndex},"mapIds":[${message.mapIds.join(',')}]}`
    case 'STAGE_CLEARED':
      // Always this one field instance, however many maps: all maps of an instance share its id.
      return (
        `{"stageIndex":${message.stageIndex},"channelId":${identity.channelId},` +
        `"mapIds":[${message.mapIds.join(',')}],"fieldInstances":["${identity.instanceId}"]}`
      )
    case 'FAILED':
      return `{"reason":${goString(message.reason)}}`
    case 'CHARACTER_REGISTERED':
      return `{"characterId":${message.characterId}}`
    case 'CHARACTER_LEFT':
      return `{"characterId":${message.characterId},"channelId":${identity.channelId},"reason":"${message.reason}"}`
    case 'BONUS_ENTERED':
      return `{"mapId":${message.mapId}}`
    case 'COMPLETED':
    case 'INSTANCE_DESTROYED':
      return '{}'
  }
}
