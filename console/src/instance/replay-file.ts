/**
 * An instance as a test fixture: all that is needed to play it again on the plain machine, and what must come of it.
 * The format is described in docs/console.md, and test/console-unit/replay.ts plays it. Pure.
 */
import type { Instance, Operation } from '../../../src/api/documents.ts'

export interface ReplayFile {
  readonly format: 'party-quests/replay@1'
  /** Whether it begins with the registration; else the journal is of a later owner, and cannot be played again. */
  readonly isWhole: boolean
  readonly identity: {
    readonly instanceId: string
    readonly tenant: Instance['tenant']
    readonly questId: string
    readonly worldId: number
    readonly channelId: number
    readonly partyId: number
  }
  /** `questId@hash` */
  readonly definitionRef: string
  readonly definition: Instance['quest']
  readonly rules: Instance['rules']
  /** Who was in it when it was made, in order. */
  readonly members: Instance['characters']
  /** All that were ever in it: who joins later has his level from here. */
  readonly characters: Instance['characters']
  /** Epoch milliseconds. */
  readonly registeredAt: number
  /** Oldest first; the first makes the instance. */
  readonly operations: readonly ReplayOperation[]
}

/** What came in, and what must come of it. */
export type ReplayOperation = Pick<Operation, 'at' | 'event' | 'from' | 'to' | 'stageIndex' | 'messages' | 'deadlines'>

export function replayFile(instanceId: string, instance: Instance): ReplayFile {
  const { journal, tenant, questId, worldId, channelId, partyId, definition, quest, rules, registeredAt } = instance
  return {
    format: 'party-quests/replay@1',
    isWhole: journal[0]?.from === null,
    identity: { instanceId, tenant, questId, worldId, channelId, partyId },
    definitionRef: definition,
    definition: quest,
    rules,
    members: foundersOf(instance),
    characters: instance.characters,
    registeredAt,
    operations: journal.map(({ at, event, from, to, stageIndex, messages, deadlines }) => ({
      at,
      event,
      from,
      to,
      stageIndex,
      messages,
      deadlines,
    })),
  }
}

/** All that are in it now, but those whose later REGISTER is in the journal. */
function foundersOf({ characters, journal }: Instance): Instance['characters'] {
  const joined = new Set(
    journal.flatMap(({ from, messages }) =>
      from === null
        ? []
        : messages.flatMap(message => (message.type === 'CHARACTER_REGISTERED' ? [message.characterId] : [])),
    ),
  )
  return characters.filter(({ characterId }) => !joined.has(characterId))
}
