/**
 * What an instance tells the world, and its exact bytes: fields, their order and escaping are those of the Go
 * services, so each is written by hand. Never reads a message back: message-schemas.ts describes them.
 */
import type { CharacterId, InstanceId, QuestId } from './ids.ts'
import { goString } from './json.ts'
import { characterKey, instanceKey } from './keys.ts'
import type { Tenant } from './tenant.ts'

export type FailReason =
  | 'forfeit'
  | 'time_expired'
  | 'stage_time_expired'
  | 'requirements_not_met'
  | 'registration_expired'

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
  | { readonly type: 'INSTANCE_DESTROYED' }
  /** `instance` is nil on the way out. */
  | {
      readonly type: 'CHANGE_MAP'
      readonly characterId: CharacterId
      readonly mapId: number
      readonly instance: InstanceId
    }

export type MessageType = Message['type']

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

/** Status events or character commands: the topic's name is the operator's choice. */
export type Destination = 'status' | 'character'

export interface EncodedMessage {
  readonly destination: Destination
  readonly key: Buffer
  readonly value: Buffer
}

/** The portal that everybody arrives at: the map's first. */
const PORTAL_ID = 0

export function encodeMessage(message: Message, identity: InstanceIdentity): EncodedMessage {
  const { worldId, channelId, instanceId } = identity
  if (message.type === 'CHANGE_MAP') {
    const { characterId, mapId, instance } = message
    return {
      destination: 'character',
      key: characterKey(characterId),
      value: Buffer.from(
        `{"worldId":${worldId},"characterId":${characterId},"type":"CHANGE_MAP","body":{"channelId":${channelId},` +
          `"mapId":${mapId},"instance":"${instance}","portalId":${PORTAL_ID}}}`,
      ),
    }
  }
  return {
    destination: 'status',
    key: instanceKey(instanceId),
    value: Buffer.from(
      `{"worldId":${worldId},"instanceId":"${instanceId}","questId":${goString(identity.questId)},` +
        `"type":"${message.type}","body":${statusBody(message, identity)}}`,
    ),
  }
}

function statusBody(message: Exclude<Message, { type: 'CHANGE_MAP' }>, identity: InstanceIdentity): string {
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
    case 'COMPLETED':
    case 'INSTANCE_DESTROYED':
      return '{}'
  }
}
