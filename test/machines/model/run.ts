/**
 * A life, move by move, on something that runs instances and on the oracle beside it: says where the two first differ.
 * Time is the run's own: a timer is tried a millisecond early, then on its moment.
 */

import type { Life } from './lives.ts'
import { COMMAND_AFTER_MS, type CommandMove, moveLine, type Timer } from './move.ts'
import { type Effect, type Knowledge, OracleLife } from './oracle-life.ts'
import type { Row } from './oracle-table.ts'
import type { Told } from './oracle-voice.ts'
import type { Scene } from './scenes.ts'

/** What runs one instance. Messages carry `INSTANCE_ID` as their instance, whatever it was in truth. */
export interface Runner {
  /** What came of the command, which comes so many milliseconds after what was before. */
  command(move: CommandMove, afterMs: number): Promise<Effect>
  /** What came of so much time passing by, until a millisecond before the next timer. */
  early(ms: number): Promise<Effect>
  /** What came of the next millisecond, in which this timer runs out. */
  due(timer: Timer): Promise<Effect>
  /** The codes that it tells apart; for all others `INVALID_STATE` stands. `undefined`: it knows all. */
  readonly codes: readonly string[] | undefined
  /** Whether it keeps the order of all messages of an operation, or of each topic's, and shows the status first. */
  readonly order: 'of all' | 'of each topic'
  knowledge(): Knowledge
}

export interface RunOptions {
  readonly scene: Scene
  readonly life: Life
  readonly runner: Runner
  /** Epoch milliseconds at which the first REGISTER comes. */
  readonly startsAt: number
  readonly channelId: number
  readonly used: (row: Row) => void
}

export const INSTANCE_ID = '6f1b2a38-5a4e-8d1c-9b7f-00a1b2c3d4e5'
export const PARTY_ID = 88

/** The difference, for people, with the life up to it; `undefined`: there is none. */
export async function difference(options: RunOptions): Promise<string | undefined> {
  const { scene, life, runner, channelId, used } = options
  const place = { instanceId: INSTANCE_ID, worldId: 0, channelId, partyId: PARTY_ID }
  const oracle = new OracleLife(scene.quest, scene.deployment, place, used)
  let now = options.startsAt
  for (const [index, move] of life.entries()) {
    const told = (what: string, expected: unknown, found: unknown) => {
      const lived = life
        .slice(0, index + 1)
        .map(moveLine)
        .join(', ')
      return `${scene.quest.questId}: ${lived}\n${what}\nexpected ${text(expected)}\nfound    ${text(found)}`
    }
    if (move.type === 'wait') {
      const due = oracle.next()
      if (due?.timer !== move.timer) return told('the next timer', due?.timer, move.timer)
      const early = await runner.early(due.at - 1 - now)
      if (text(early) !== text(NOTHING)) return told('a millisecond before its time', NOTHING, early)
      const found = await runner.due(move.timer)
      now = due.at
      const expected = seenBy(runner, oracle.fire(move.timer, now))
      if (text(found) !== text(expected)) return told('what it does', expected, found)
    } else {
      const afterMs = index === 0 ? 0 : COMMAND_AFTER_MS
      now += afterMs
      const found = await runner.command(move, afterMs)
      const expected = seenBy(runner, oracle.take(move, now))
      if (text(found) !== text(expected)) return told('what it does', expected, found)
    }
    const knows = runner.knowledge()
    if (text(knows) !== text(oracle.knowledge)) return told('what it knows then', oracle.knowledge, knows)
  }
  return undefined
}

export const NOTHING: Effect = { told: [], refused: undefined }

function seenBy({ codes, order }: Runner, { told, refused }: Effect): Effect {
  const of = (topic: Told['topic']) => told.filter(message => message.topic === topic)
  const isKnown = codes === undefined || refused === undefined || codes.includes(refused)
  return {
    told:
      order === 'of all'
        ? told
        : [...of('status'), ...of('character'), ...of('reactor'), ...of('systemMessage'), ...of('map')],
    refused: isKnown ? refused : 'INVALID_STATE',
  }
}

/** Names in one order, so that equal is equal. */
function text(value: unknown): string {
  return JSON.stringify(value, (_, inner: unknown) =>
    typeof inner === 'object' && inner !== null && !Array.isArray(inner)
      ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1)))
      : inner,
  )
}
