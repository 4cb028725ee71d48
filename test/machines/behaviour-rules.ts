/**
 * What the laws of properties.test.ts need to know of docs/behaviour.md, told a second time: which timers a state has,
 * how counts are added, when conditions and requirements hold. Uses nothing of the machine but its types.
 */
import type { Counts } from '../../machines/context.ts'
import type { TimerName } from '../../machines/deadlines.ts'
import type { PartyQuestEvent } from '../../machines/party-quest.ts'
import type { InstanceSnapshot } from '../../src/actor/instance.ts'
import type { ClearCondition, Requirement } from '../../src/contract/definition.ts'
import { UINT32_MAX } from '../../src/contract/ids.ts'
import { T0 } from '../support/playthrough.ts'

export function isDue(timer: string, { status, context }: InstanceSnapshot, { now }: PartyQuestEvent): boolean {
  const at = new Map<string, number>(Object.entries(context.run.deadlines)).get(timer)
  return status === 'active' && at !== undefined && at <= now
}

export function timerOf({ type }: PartyQuestEvent): string {
  return type.slice('timer.'.length)
}

export function timersOf(
  { value, context }: InstanceSnapshot,
  entered: { readonly quest: number; readonly stage: number; readonly state: number },
): Partial<Record<TimerName, number>> {
  const { rules, run } = context
  const { registration, duration, stages, bonus } = rules.definition
  const from = (timer: TimerName, moment: number, seconds: number) =>
    seconds === 0 ? {} : { [timer]: moment + seconds * 1000 }
  switch (value) {
    case 'registering':
      return registration.mode === 'timed'
        ? from('registration', T0, registration.duration)
        : from('lobby', T0, rules.lobbyLimitSeconds)
    case 'active':
      return {
        ...from('quest', entered.quest, duration),
        ...from('stage', entered.stage, stages[run.stageIndex]?.duration ?? 0),
      }
    case 'cleared':
      return from('quest', entered.quest, duration)
    case 'completed':
      return from('completion', entered.state, 120)
    default:
      return from('bonus', entered.state, bonus?.duration || rules.bonusLimitSeconds)
  }
}

export function sum(counts: Counts, prefix: string, more: ReadonlyMap<number, number>): Counts {
  const added = [...more].map(([id, count]) => [prefix + id, Math.min((counts[prefix + id] ?? 0) + count, UINT32_MAX)])
  return { ...counts, ...Object.fromEntries(added) }
}

const COMPARED = {
  ...{ '>=': (a: number, b: number) => a >= b, '<=': (a: number, b: number) => a <= b },
  ...{ '>': (a: number, b: number) => a > b, '<': (a: number, b: number) => a < b },
  '=': (a: number, b: number) => a === b,
}
const AS_CONDITION = { gte: '>=', lte: '<=', gt: '>', lt: '<', eq: '=' } as const

export function conditionHolds(
  { type, operator, value, referenceId, referenceKey }: ClearCondition,
  stage: { readonly items: Counts; readonly kills: Counts; readonly data: Readonly<Record<string, string>> },
): boolean {
  const counted =
    type === 'custom_data'
      ? Number(stage.data[`d${referenceKey}`] ?? 0)
      : type === 'monster_kill'
        ? stage.kills[`m${referenceId}`]
        : stage.items[`i${referenceId}`]
  return COMPARED[operator](counted ?? 0, value)
}

export function requirementHolds(
  { type, operator, value }: Requirement,
  members: readonly { readonly level?: number }[],
): boolean {
  const levels = members.flatMap(({ level }) => level ?? []).sort((a, b) => a - b)
  const measured = type === 'party_size' ? members.length : levels.at(type === 'level_min' ? 0 : -1)
  return measured === undefined || COMPARED[AS_CONDITION[operator]](measured, value)
}
