/** Where the machine would take an instance, by its own word: asks the statechart and its guards, and steps nothing. */
import type { TimerName } from '../../machines/deadlines.ts'
import { partyQuestMachine } from '../../machines/party-quest.ts'
import { type Instance, stateOf } from './instance.ts'

/** The state that a running timer leads to when it is due, also one that is only passed through; `undefined`: to none. */
export function timerTarget({ snapshot }: Instance, timer: TimerName): string | undefined {
  const now = snapshot.context.run.deadlines[timer]
  if (now === undefined) return undefined
  const [taken] = partyQuestMachine.getTransitionData(snapshot, { type: `timer.${timer}`, now })
  return taken?.target?.[0]?.key
}

/** Whether the state of the instance lists the command; it may still refuse it. */
export function listsCommand(instance: Instance, type: string): boolean {
  const events: readonly string[] = partyQuestMachine.states[stateOf(instance)]?.ownEvents ?? []
  return events.includes(type)
}
