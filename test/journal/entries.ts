/** Entries as a shard tells them to a journal, with nothing in them but what a test says. Plays no quest. */
import type { InstanceId } from '../../src/contract/ids.ts'
import type { Entry } from '../../src/journal/entry.ts'

export function idOf(number: number): InstanceId {
  return `00000000-0000-8000-8000-${number.toString(16).padStart(12, '0')}` as InstanceId
}

/** A STAGE_CLEAR_ATTEMPT of an active instance that it changes nothing of. */
export function entryOf(number: number, overrides: Partial<Entry> = {}): Entry {
  return {
    id: idOf(number),
    at: 1_000_000,
    durationMs: 0.5,
    kind: 'command',
    name: 'STAGE_CLEAR_ATTEMPT',
    topic: 'commands',
    partition: 0,
    offset: 7,
    dueAt: 0,
    characterId: 1001,
    counts: [],
    texts: [],
    from: 'active',
    to: 'active',
    stageIndex: 0,
    messages: [],
    deadlines: {},
    born: [],
    last: undefined,
    ...overrides,
  }
}
