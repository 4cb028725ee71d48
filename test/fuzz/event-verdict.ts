/**
 * What a record on a topic of the game's events is, decided a second time (second-reading.ts): ours, somebody else's,
 * or malformed. Says nothing of what a quest makes of it.
 */
import type { GameTopic } from '../../src/contract/game-events.ts'
import type { Headers } from '../../src/contract/log-record.ts'
import { checkInteger, fieldsOf, hasTenant, jsonText, Malformed, NIL, stringIn, uuidIn } from './second-reading.ts'

export interface Gone {
  readonly game: 'character'
  /** `world/channel that he left/character` */
  readonly place: string
}

export interface MonsterHappening {
  readonly game: 'monster'
  readonly type: 'DAMAGED' | 'KILLED' | 'FRIENDLY_DROP'
  readonly mapId: number
  readonly instanceId: string
  readonly monsterId: number
  readonly itemCount: number
}

export type EventVerdict =
  | { readonly kind: 'foreign' | 'malformed' }
  | { readonly kind: 'ours'; readonly event: Gone | MonsterHappening }

const FOREIGN: EventVerdict = { kind: 'foreign' }

export function eventVerdictOn(game: GameTopic, value: Buffer | null, headers: Headers): EventVerdict {
  try {
    const outer = fieldsOf(jsonText(value))
    const type = stringIn(outer.get('type'))
    if (type === '') throw new Malformed('type')
    const verdict = game === 'character' ? goneIn(type, outer) : monsterIn(type, outer)
    if (verdict.kind === 'ours' && !hasTenant(headers)) throw new Malformed('no tenant')
    return verdict
  } catch (error) {
    if (error instanceof Malformed || error instanceof SyntaxError) return { kind: 'malformed' }
    throw error
  }
}

type Fields = ReadonlyMap<string, string>

function goneIn(type: string, outer: Fields): EventVerdict {
  if (type !== 'LOGOUT' && type !== 'CHANNEL_CHANGED') return FOREIGN
  const left = bodyOf(outer).get(type === 'LOGOUT' ? 'channelid' : 'oldchannelid')
  const place = [integer(outer.get('worldid'), 8), integer(left, 8), integer(outer.get('characterid'), 32)]
  return { kind: 'ours', event: { game: 'character', place: place.join('/') } }
}

function monsterIn(type: string, outer: Fields): EventVerdict {
  if (type !== 'DAMAGED' && type !== 'KILLED' && type !== 'FRIENDLY_DROP') return FOREIGN
  const instanceId = uuidIn(outer.get('instance'))
  if (instanceId === NIL || instanceId[14] !== '8') return FOREIGN
  const body = bodyOf(outer)
  const itemCount = type === 'FRIENDLY_DROP' ? integer(body.get('itemcount'), 32) : 0
  const [mapId, monsterId] = [integer(outer.get('mapid'), 32), integer(outer.get('monsterid'), 32)]
  return { kind: 'ours', event: { game: 'monster', type, mapId, instanceId, monsterId, itemCount } }
}

function bodyOf(outer: Fields): Fields {
  const body = outer.get('body') ?? 'null'
  return body === 'null' ? new Map() : fieldsOf(body)
}

function integer(text = 'null', bits: 8 | 32): number {
  checkInteger(text, bits)
  return text === 'null' ? 0 : Number(text)
}

/** Names in any case, values as they are; one with an escape in it could say anything. */
const SOMEBODY_ELSES = {
  character: /"[Tt][Yy][Pp][Ee]":"(?!(?:LOGOUT|CHANNEL_CHANGED)")[^"\\]+"/,
  monster: /"[Ii][Nn][Ss][Tt][Aa][Nn][Cc][Ee]":"[\s\S]{13}-(?!8)[\s\S]{22}"/,
} as const

/**
 * Whether the routing field, wherever it stands in the bytes and whatever is behind it, says that the record is
 * somebody else's: then it may be passed over without a closer look.
 */
export function looksForeign(game: GameTopic, value: Buffer | null): boolean {
  return value !== null && SOMEBODY_ELSES[game].test(value.toString('latin1'))
}
