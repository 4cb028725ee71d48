/**
 * The chart of an instance in sentences, for those who do not see it. Says when timers are due, not how long still, so
 * that it changes only when the instance does. Pure.
 */
import type { Instance } from '../../../src/api/documents.ts'

export function descriptionOf(instance: Instance): string {
  const { questName, state, currentStageIndex, stages, timers, commands } = instance
  const stage = state === 'active' || state === 'cleared' ? `, stage ${currentStageIndex + 1} of ${stages}` : ''
  const running = timers.map(
    ({ name, dueAt, target }) =>
      `the ${name} timer is due at ${new Date(dueAt).toLocaleTimeString()} and leads to ${target}`,
  )
  const accepted = commands.filter(({ isAccepted }) => isAccepted).map(({ type }) => type)
  return [
    `Statechart of ${questName}. It is ${state}${stage}.`,
    running.length === 0 ? 'No timer runs.' : `${sentence(running.join('; '))}.`,
    accepted.length === 0 ? 'It takes no command.' : `It takes ${accepted.join(', ')}.`,
  ].join(' ')
}

const sentence = (text: string) => text.charAt(0).toUpperCase() + text.slice(1)
