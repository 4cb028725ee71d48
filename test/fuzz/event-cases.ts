/**
 * Records for the topics of the game's events, most of them almost right: an event by its grammar (grammar.ts), then
 * harm to its bytes, then headers of the same kind (case-headers.ts). Bytes are latin1 characters.
 */
import fc from 'fast-check'
import type { GameTopic } from '../../src/contract/game-events.ts'
import { bytesOf, harmed, nameText, numberText, stringText, textHarm, valueText } from './awkward.ts'
import { headers, key } from './case-headers.ts'
import type { RecordCase } from './case-records.ts'
import { instanceId, member, objectOf, small, uint8, uint32, weighted } from './grammar.ts'

export interface EventCase extends RecordCase {
  readonly game: GameTopic
}

/** Of the quest that all instances of the campaign play. */
export const STAGE_MAPS = [100, 101] as const
export const FRIENDLY = 9_300_061
export const FOE = 9_300_002
/** Those who may be told to be gone: few, so that most are there. */
export const CHARACTERS = [1, 2, 3] as const
export const CHANNELS = [0, 1] as const

const textsOf = (...texts: readonly string[]) => fc.constantFrom(...texts.map(text => JSON.stringify(text)))
const FOREIGN_TYPES = ['LOGIN', 'MAP_CHANGED', 'CREATED', 'logout', 'KILLED ', '__proto__', 'LOGOUT\0', 'constructor']
const foreignType = weighted([6, textsOf(...FOREIGN_TYPES)], [1, nameText], [1, stringText])
const typeText = (...ours: readonly string[]) =>
  weighted(
    [20, textsOf(...ours)],
    [3, foreignType],
    [1, fc.constantFrom('"LOG\\u004fUT"', '"\\u004bILLED"', '"KILLE', '""', '7')],
  )

/** That an event lies on a map of everybody is what most of them say. */
const instance = weighted(
  [8, instanceId],
  [2, fc.constant('"00000000-0000-0000-0000-000000000000"')],
  [1, fc.constantFrom('""', '"00000000-0000-0000-', '7', 'null')],
)
const mapId = weighted([8, small(...STAGE_MAPS, 99)], [1, uint32])
const channel = weighted([8, small(...CHANNELS)], [1, uint8])
const characterId = weighted([8, small(...CHARACTERS)], [1, uint32])

const gone = objectOf(
  member('worldId', weighted([8, small(0)], [1, uint8])),
  member('characterId', characterId),
  member('type', typeText('LOGOUT', 'CHANNEL_CHANGED')),
  member(
    'body',
    objectOf(
      member('channelId', channel),
      member('oldChannelId', channel),
      member('mapId', uint32),
      member('instance', instance),
    ),
  ),
)
const monsterEvent = objectOf(
  member('worldId', uint8),
  member('channelId', uint8),
  member('mapId', mapId),
  member('instance', instance),
  member('uniqueId', uint32),
  member('monsterId', weighted([8, small(FRIENDLY, FOE)], [1, uint32])),
  member('type', typeText('DAMAGED', 'KILLED', 'FRIENDLY_DROP')),
  member('body', objectOf(member('itemCount', weighted([6, small(0, 1, 3)], [1, numberText])))),
)

const bytesFor = (event: fc.Arbitrary<string>): fc.Arbitrary<string | null> =>
  weighted<string | null>(
    [60, fc.tuple(event.map(bytesOf), textHarm).map(([bytes, harm]) => harmed(bytes, harm))],
    [2, valueText.map(bytesOf)],
    [1, fc.uint8Array({ maxLength: 64 }).map(bytes => Buffer.from(bytes).toString('latin1'))],
    [1, fc.constantFrom(null, '')],
  )

const of = (game: GameTopic, event: fc.Arbitrary<string>): fc.Arbitrary<EventCase> =>
  fc.record({ game: fc.constant(game), key, value: bytesFor(event), headers }, { noNullPrototype: true })

export const eventCase: fc.Arbitrary<EventCase> = weighted([2, of('monster', monsterEvent)], [1, of('character', gone)])
