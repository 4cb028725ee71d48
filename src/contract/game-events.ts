/**
 * What other services tell of characters and monsters, as far as it is ours: on the game's busiest topics, so all else
 * is told apart by a few bytes of the routing field (the first of its name, as Go writes it) and never decoded.
 * Malformed ones are the business of those who sent them: a value that says why, never a refusal.
 */
import { endOfString, findString, isString, NOT_SURE } from './field-scan.ts'
import { type CharacterId, type InstanceId, UINT8_MAX, UINT32_MAX } from './ids.ts'
import { describe, fieldsOf, fold, isObject, type JsonObject, parseObject } from './json.ts'
import { readInstanceId, readUint } from './plain-fields.ts'

/** A character logged out, or went to another channel. */
export interface CharacterGone {
  readonly kind: 'character-gone'
  readonly type: CharacterEventType
  /** uint8 */
  readonly worldId: number
  /** uint8: the channel that he left. */
  readonly channelId: number
  readonly characterId: CharacterId
}

/** Something happened to a monster in an instance whose id is of our version; it may be nobody's all the same. */
export interface MonsterEvent {
  readonly kind: 'monster'
  readonly type: MonsterEventType
  readonly mapId: number
  readonly instanceId: InstanceId
  readonly monsterId: number
  /** uint32: what a FRIENDLY_DROP says; else 0. */
  readonly itemCount: number
}

export type GameEvent = CharacterGone | MonsterEvent

/** Which of the two topics a record is of. */
export type GameTopic = 'character' | 'monster'

/**
 * Under which name a shard keeps how far it has applied a topic of events. Nobody asks us before such a topic is deleted
 * and made again, and offsets of the new one are others: so its id is a part of the name, where the log tells one.
 */
export function gameOriginTopic(topic: string, topicId: string): string {
  return topicId === '' ? topic : `${topic}.${topicId}`
}

/** The topic of events that a record of this origin was read from; `undefined`: it is none, but a command. */
export function gameOfOrigin(
  originTopic: string,
  topics: Readonly<Record<GameTopic, string | null>>,
): GameTopic | undefined {
  // The longer name first: of two topics one may be called as the other with a point and more behind it.
  const games = (['monster', 'character'] as const).toSorted(
    (one, other) => (topics[other]?.length ?? 0) - (topics[one]?.length ?? 0),
  )
  return games.find(game => {
    const topic = topics[game]
    return topic !== null && (originTopic === topic || originTopic.startsWith(`${topic}.`))
  })
}

export const CHARACTER_EVENT_TYPES = ['LOGOUT', 'CHANNEL_CHANGED'] as const
export type CharacterEventType = (typeof CHARACTER_EVENT_TYPES)[number]
export const MONSTER_EVENT_TYPES = ['DAMAGED', 'KILLED', 'FRIENDLY_DROP'] as const
export type MonsterEventType = (typeof MONSTER_EVENT_TYPES)[number]

export type ReadGameEvent =
  | { readonly kind: 'event'; readonly event: GameEvent }
  | { readonly kind: 'foreign' }
  | { readonly kind: 'malformed'; readonly reason: string }

const FOREIGN: ReadGameEvent = { kind: 'foreign' }

/**
 * Whether the value between `start` and `end` may be ours, by its routing field alone: all else is to be passed over.
 * What is not as Go writes it may be.
 */
export const MAY_BE_OURS: Readonly<Record<GameTopic, (bytes: Buffer, start: number, end: number) => boolean>> = {
  character: (bytes, start, end) => !isOtherType(bytes, start, end),
  monster: (bytes, start, end) => !isOtherInstance(bytes, start, end),
}

/** Never throws, whatever the bytes. */
export function readGameEvent(topic: GameTopic, value: Buffer | null): ReadGameEvent {
  if (value !== null && !MAY_BE_OURS[topic](value, 0, value.length)) return FOREIGN
  const parsed = parseObject(value)
  if ('problem' in parsed) return malformed(parsed.problem)
  return topic === 'monster' ? readMonster(parsed.object, parsed.text) : readCharacter(parsed.object, parsed.text)
}

const INSTANCE = Buffer.from('instance')
const TYPE = Buffer.from('type')
const CHARACTER_TYPES = CHARACTER_EVENT_TYPES.map(type => Buffer.from(type))
/** Of a UUID's 36 characters. */
const VERSION_AT = 14
const UUID_LENGTH = 36
const EIGHT = 0x38
const DASH = 0x2d
const QUOTE = 0x22

function isOtherInstance(value: Buffer, start: number, end: number): boolean {
  const at = findString(value, start, end, INSTANCE)
  if (at === NOT_SURE || at + UUID_LENGTH >= end) return false
  // Anything but 36 characters with dashes is looked at more closely.
  return value[at + UUID_LENGTH] === QUOTE && value[at + 13] === DASH && value[at + VERSION_AT] !== EIGHT
}

function isOtherType(value: Buffer, start: number, end: number): boolean {
  const at = findString(value, start, end, TYPE)
  if (at === NOT_SURE || value[at] === QUOTE || endOfString(value, at, end) === NOT_SURE) return false
  return !CHARACTER_TYPES.some(type => isString(value, at, type))
}

const CHARACTER_FIELDS = fieldsOf('worldId', 'characterId', 'type', 'body')
const CHANNEL_FIELDS = fieldsOf('channelId', 'oldChannelId')
const MONSTER_FIELDS = fieldsOf('mapId', 'instance', 'monsterId', 'type', 'body')
const DROP_FIELDS = fieldsOf('itemCount')
const BODY = ['body'] as const

function readCharacter(object: JsonObject, text: string): ReadGameEvent {
  const outer = fold(object, CHARACTER_FIELDS, text)
  const type = CHARACTER_EVENT_TYPES.find(known => known === outer.type)
  if (type === undefined) return typeless(outer.type)
  const body = bodyOf(outer.body)
  if (body === undefined) return malformed(`body is ${describe(outer.body)}: must be an object`)
  const { channelId, oldChannelId } = fold(body, CHANNEL_FIELDS, text, BODY)
  const left = type === 'LOGOUT' ? channelId : oldChannelId
  const world = readUint(outer.worldId, UINT8_MAX)
  const channel = readUint(left, UINT8_MAX)
  const character = readUint(outer.characterId, UINT32_MAX)
  if (world === undefined) return outside('worldId', outer.worldId, UINT8_MAX)
  if (channel === undefined) return outside(type === 'LOGOUT' ? 'channelId' : 'oldChannelId', left, UINT8_MAX)
  if (character === undefined) return outside('characterId', outer.characterId, UINT32_MAX)
  const characterId = character as CharacterId
  return { kind: 'event', event: { kind: 'character-gone', type, worldId: world, channelId: channel, characterId } }
}

function readMonster(object: JsonObject, text: string): ReadGameEvent {
  const outer = fold(object, MONSTER_FIELDS, text)
  const type = MONSTER_EVENT_TYPES.find(known => known === outer.type)
  if (type === undefined) return typeless(outer.type)
  const instanceId = readInstanceId(outer.instance)
  if (instanceId === undefined) return malformed(`instance is ${describe(outer.instance)}: must be a UUID`)
  if (instanceId[VERSION_AT] !== '8') return FOREIGN
  const body = bodyOf(outer.body)
  if (body === undefined) return malformed(`body is ${describe(outer.body)}: must be an object`)
  const dropped = type === 'FRIENDLY_DROP' ? fold(body, DROP_FIELDS, text, BODY).itemCount : 0
  const mapId = readUint(outer.mapId, UINT32_MAX)
  const monsterId = readUint(outer.monsterId, UINT32_MAX)
  const itemCount = readUint(dropped, UINT32_MAX)
  if (mapId === undefined) return outside('mapId', outer.mapId, UINT32_MAX)
  if (monsterId === undefined) return outside('monsterId', outer.monsterId, UINT32_MAX)
  if (itemCount === undefined) return outside('itemCount', dropped, UINT32_MAX)
  return { kind: 'event', event: { kind: 'monster', type, mapId, instanceId, monsterId, itemCount } }
}

/** A type that is a string is somebody's; the rest is nobody's. */
function typeless(type: unknown): ReadGameEvent {
  return typeof type === 'string' && type !== '' ? FOREIGN : malformed(`type is ${describe(type)}: must be a string`)
}

/** Missing and null are the object whose fields are all missing. */
function bodyOf(body: unknown): JsonObject | undefined {
  if (body === undefined || body === null) return {}
  return isObject(body) ? body : undefined
}

function outside(name: string, value: unknown, max: number): ReadGameEvent {
  return malformed(`${name} is ${describe(value)}: must be an integer from 0 to ${max}`)
}

function malformed(reason: string): ReadGameEvent {
  return { kind: 'malformed', reason }
}
