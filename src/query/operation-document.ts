/** A journal's entry as people read it (api/documents.ts): made when somebody reads, of references, changing nothing. */
import type { Operation } from '../api/documents.ts'
import { countedIn, type Entry, saidIn } from '../journal/entry.ts'
import type { Recorded } from '../journal/journal.ts'

type OperationEvent = Operation['event']
type Cause = Operation['cause']

export function operationDocument({ sequence, entry }: Recorded): Operation {
  const { at, durationMs, from, to, stageIndex, messages, deadlines } = entry
  return {
    sequence,
    at,
    durationMs,
    cause: causeOf(entry),
    event: eventOf(entry),
    from: from ?? null,
    to: to ?? 'destroyed',
    stageIndex,
    messages: messages.map(message => ({ ...message })),
    deadlines: { ...deadlines },
  }
}

export function eventType({ kind, name }: Entry): string {
  return kind === 'timer' ? `timer.${name}` : name
}

export function causeOf({ kind, topic, partition, offset, dueAt }: Entry): Cause {
  return kind === 'timer' ? { kind, dueAt } : { kind, topic, partition, offset }
}

/** What the machine was sent, without its `now`; of a birth: who was in it. */
function eventOf(entry: Entry): OperationEvent {
  const type = eventType(entry)
  if (entry.name === 'UPDATE_STAGE_STATE') {
    const { items, monsters } = countedIn(entry)
    return { type, itemCounts: items, monsterKills: monsters }
  }
  if (entry.kind === 'event' && entry.name !== 'LEAVE') {
    const [mapId, monsterId, itemCount] = entry.counts
    return { type, mapId, monsterId, itemCount }
  }
  if (entry.name === 'LEAVE') return { type, characterId: entry.characterId, ...saidIn(entry) }
  if (entry.name !== 'REGISTER') return { type, ...saidIn(entry) }
  return entry.from === undefined
    ? { type, members: entry.born.map(member => ({ ...member })) }
    : { type, member: { characterId: entry.characterId } }
}
