/** A journal's entry as people read it (api/documents.ts): made when somebody reads, of references, changing nothing. */
import type { Operation } from '../api/documents.ts'
import type { Entry } from '../journal/entry.ts'
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

export function eventType({ trigger }: Entry): string {
  return trigger.kind === 'timer' ? `timer.${trigger.timer}` : trigger.command.type
}

export function causeOf({ trigger }: Entry): Cause {
  if (trigger.kind === 'timer') return { kind: 'timer', dueAt: trigger.dueAt }
  const { topic, partition, offset } = trigger.origin
  return { kind: trigger.isAnswer ? 'lookup' : 'command', topic, partition, offset }
}

/** What the machine was sent, without its `now`; of a birth: who was in it. */
function eventOf(entry: Entry): OperationEvent {
  const { trigger } = entry
  if (trigger.kind === 'timer') return { type: eventType(entry) }
  const { command } = trigger
  switch (command.type) {
    case 'REGISTER':
      return entry.from === undefined
        ? { type: command.type, members: entry.born.map(member => ({ ...member })) }
        : { type: command.type, member: { characterId: command.characterId } }
    case 'UPDATE_STAGE_STATE':
      return {
        type: command.type,
        itemCounts: Object.fromEntries(command.itemCounts),
        monsterKills: Object.fromEntries(command.monsterKills),
      }
    default:
      return { type: command.type }
  }
}
