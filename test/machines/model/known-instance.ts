/** What an instance's snapshot holds, in the oracle's words: ids without the machine's prefixes, timers by name. */
import { DATA_PREFIX, ITEM_PREFIX, KILL_PREFIX } from '../../../machines/context.ts'
import type { InstanceSnapshot } from '../../../src/actor/instance.ts'
import type { Knowledge } from './oracle-life.ts'
import { STATES } from './oracle-table.ts'

/** @throws Error for a state that only is passed through */
export function knowledgeOf({ value, context }: InstanceSnapshot): Knowledge {
  const { run, stage } = context
  const state = STATES.find(name => name === value)
  if (state === undefined) throw new Error(`an instance rests in ${value}`)
  const isPlayed = state === 'active' || state === 'cleared'
  return {
    state,
    stage: run.stageIndex,
    members: run.members.map(({ characterId }) => characterId),
    deadlines: { ...run.deadlines },
    played: isPlayed
      ? {
          attempts: stage.attempts,
          items: unprefixed(stage.items, ITEM_PREFIX),
          kills: unprefixed(stage.kills, KILL_PREFIX),
          data: unprefixed(stage.data, DATA_PREFIX),
        }
      : undefined,
  }
}

function unprefixed<Kept>(counts: Readonly<Record<string, Kept>>, prefix: string): Readonly<Record<string, Kept>> {
  return Object.fromEntries(Object.entries(counts).map(([id, count]) => [id.slice(prefix.length), count]))
}
