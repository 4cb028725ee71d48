/** The running timers of an instance as people read them: when, how long in all, and where the machine will go then. */
import { COMPLETION_LIMIT_SECONDS, TIMER_NAMES, type TimerName } from '../../machines/deadlines.ts'
import { bonusSeconds } from '../../machines/party-quest.ts'
import { contextOf, type Instance, nextTimer } from '../actor/instance.ts'
import { timerTarget } from '../actor/transition-target.ts'
import { type Timer, timer as timerSchema } from '../api/documents.ts'
import { unreachable } from '../errors.ts'

/** The one that is due next; null: none runs. */
export function nextTimerDocument(instance: Instance): Timer | null {
  const next = nextTimer(instance)
  return (next && timerDocument(instance, next.timer, next.at)) ?? null
}

/** In the order of TIMER_NAMES. */
export function timerDocuments(instance: Instance): Timer[] {
  const { deadlines } = contextOf(instance).run
  return TIMER_NAMES.flatMap(name => {
    const dueAt = deadlines[name]
    const timer = dueAt === undefined ? undefined : timerDocument(instance, name, dueAt)
    return timer === undefined ? [] : [timer]
  })
}

/** `undefined` where the machine would not be moved by it. */
function timerDocument(instance: Instance, name: TimerName, dueAt: number): Timer | undefined {
  const target = timerSchema.shape.target.safeParse(timerTarget(instance, name)).data
  return target && { name, dueAt, seconds: secondsOf(instance, name, dueAt), target }
}

/** From when it was armed, where the instance remembers that; else as the rules say today. */
function secondsOf(instance: Instance, name: TimerName, dueAt: number): number | null {
  const context = contextOf(instance)
  switch (name) {
    case 'registration':
    case 'lobby':
      return wholeSeconds(dueAt - context.run.registeredAt)
    case 'quest':
      return wholeSeconds(dueAt - context.run.startedAt)
    case 'stage':
      return wholeSeconds(dueAt - context.stage.startedAt)
    case 'bonus':
      return bonusSeconds(context) || null
    case 'completion':
      return COMPLETION_LIMIT_SECONDS
    default:
      return unreachable(name)
  }
}

function wholeSeconds(milliseconds: number): number | null {
  return milliseconds < 0 ? null : Math.round(milliseconds / 1000)
}
