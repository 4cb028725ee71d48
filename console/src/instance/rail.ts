/**
 * The way of an instance as steps: the lobby, each stage, the bonus; what is behind it with how long it took, where it
 * is, what is ahead. Pure. A journal that begins late knows fewer durations, never wrong ones.
 */
import type { Instance, Operation } from '../../../src/api/documents.ts'

export interface Step {
  readonly key: string
  readonly name: string
  /** Of a stage, from 1. */
  readonly number: number | null
  /** `left`: it ended before, or without it. */
  readonly kind: 'done' | 'current' | 'ahead' | 'left'
  /** Of one that is done; null: nobody knows. */
  readonly tookMs: number | null
  /** Epoch milliseconds since which it goes on; null: it does not. */
  readonly since: number | null
  /** How long it may take; null: for ever. */
  readonly limitSeconds: number | null
}

type Seen = Pick<
  Instance,
  | 'state'
  | 'journal'
  | 'registeredAt'
  | 'startedAt'
  | 'currentStageIndex'
  | 'stages'
  | 'stageStartedAt'
  | 'timers'
  | 'quest'
>

const OVER = ['completed', 'bonus', 'destroyed']

export function railOf(instance: Seen): readonly Step[] {
  const { state, startedAt, registeredAt, currentStageIndex, timers, journal } = instance
  const limitOf = (...names: readonly string[]) => timers.find(({ name }) => names.includes(name))?.seconds ?? null
  const isOver = OVER.includes(state)
  const hasFailed = state === 'destroyed' && journal.at(-1)?.messages.some(({ type }) => type === 'FAILED') === true
  const starts = stageStarts(instance)
  const endedAt = journal.find(({ from, to }) => from !== null && !OVER.includes(from) && OVER.includes(to))?.at ?? null

  const lobby: Step = {
    key: 'registering',
    name: 'registering',
    number: null,
    kind: startedAt !== null ? 'done' : state === 'registering' ? 'current' : 'left',
    tookMs: startedAt === null ? null : startedAt - registeredAt,
    since: state === 'registering' ? registeredAt : null,
    limitSeconds: limitOf('registration', 'lobby'),
  }
  const stages = stagesOf(instance).map(({ name, duration }, index): Step => {
    const isHere = startedAt !== null && index === currentStageIndex
    const isBehind = startedAt !== null && index < currentStageIndex
    const isLast = isHere && isOver
    const end = isBehind ? (starts.get(index + 1) ?? null) : isLast ? endedAt : null
    const start = starts.get(index) ?? null
    return {
      key: `stage ${index}`,
      name,
      number: index + 1,
      kind: isBehind || (isLast && !hasFailed) ? 'done' : isLast ? 'left' : isHere ? 'current' : 'ahead',
      tookMs: start === null || end === null ? null : end - start,
      since: isHere && !isOver ? instance.stageStartedAt : null,
      limitSeconds: duration > 0 ? duration : null,
    }
  })
  return [lobby, ...stages, ...bonusOf(instance, limitOf('bonus'))]
}

/** Epoch milliseconds at which each stage began, as far as the journal and the instance tell. */
function stageStarts({ startedAt, journal, currentStageIndex, stageStartedAt }: Seen): ReadonlyMap<number, number> {
  const starts = new Map<number, number>()
  if (startedAt === null) return starts
  starts.set(0, startedAt)
  journal.forEach((operation, place) => {
    const before: Operation | undefined = journal[place - 1]
    if (before !== undefined && operation.stageIndex > before.stageIndex) starts.set(operation.stageIndex, operation.at)
  })
  if (!starts.has(currentStageIndex)) starts.set(currentStageIndex, stageStartedAt)
  return starts
}

function bonusOf({ quest, state, journal }: Seen, limitSeconds: number | null): readonly Step[] {
  if (quest.bonus === undefined || quest.bonus === null) return []
  const entered = journal.find(({ from, to }) => from !== 'bonus' && to === 'bonus')?.at ?? null
  const left = journal.find(({ from, to }) => from === 'bonus' && to !== 'bonus')?.at ?? null
  const kind = state === 'bonus' ? 'current' : left !== null ? 'done' : state === 'destroyed' ? 'left' : 'ahead'
  return [
    {
      key: 'bonus',
      name: 'bonus',
      number: null,
      kind,
      tookMs: entered === null || left === null ? null : left - entered,
      since: kind === 'current' ? entered : null,
      limitSeconds,
    },
  ]
}

/** Of a definition as JSON: what is no stage gets its number for a name. */
function stagesOf({ quest, stages }: Seen): readonly { name: string; duration: number }[] {
  const given: readonly unknown[] = Array.isArray(quest.stages) ? quest.stages : []
  return Array.from({ length: Math.max(stages, given.length) }, (_, index) => {
    const stage = given[index]
    const fields: Readonly<Record<string, unknown>> = typeof stage === 'object' && stage !== null ? { ...stage } : {}
    return {
      name: typeof fields.name === 'string' && fields.name !== '' ? fields.name : `stage ${index + 1}`,
      duration: typeof fields.duration === 'number' ? fields.duration : 0,
    }
  })
}
