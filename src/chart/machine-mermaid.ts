/**
 * The life of any quest as Mermaid text: the states of machines/party-quest.ts, with one edge for all that leads from
 * one to another. The README's picture.
 */
import { type MachineTransition, machineStates } from './machine-chart.ts'
import { mermaidText } from './quest-mermaid.ts'

/** One diagram, ending in a line feed. */
export function machineMermaid(): string {
  const states = machineStates()
  const [first] = states
  const edges = new Map<string, string[]>()
  for (const { name, transitions } of states) {
    for (const transition of transitions.filter(isShown)) {
      const edge = `${name} --> ${transition.target ?? name}`
      edges.set(edge, [...(edges.get(edge) ?? []), words(transition)])
    }
  }
  const lines = [
    'direction LR',
    `[*] --> ${first?.name}: REGISTER`,
    ...[...edges].map(([edge, labels]) => {
      const label = labels.filter(text => text !== '').join(', ')
      return label === '' ? edge : `${edge}: ${mermaidText(label)}`
    }),
    ...states.filter(({ isFinal }) => isFinal).map(({ name }) => `${name} --> [*]`),
  ]
  return `stateDiagram-v2\n${lines.map(line => `  ${line}\n`).join('')}`
}

/** What leads nowhere and changes nothing is no part of a picture. */
function isShown({ target, actions }: MachineTransition): boolean {
  return target !== undefined || actions.some(action => !action.startsWith('refuse'))
}

function words({ event, guard, isFallback }: MachineTransition): string {
  const [, timer] = event?.match(/^timer\.(\w+)$/) ?? []
  const what = timer === undefined ? (event ?? '') : `${timer} timer`
  const condition = guardWords(guard)
  const when = condition === '' && isFallback ? 'else' : condition
  return [what, when === '' ? '' : `[${when}]`].filter(part => part !== '').join(' ')
}

/** `conditionsHold` → `conditions hold`; that a timer is due goes without saying. */
function guardWords(guard = ''): string {
  return guard
    .replace(/^[a-z]+(?:Timer)?Due(?:And)?/, '')
    .replace(/(?<=[a-z])[A-Z]|^[A-Z]/g, (capital, at: number) => `${at === 0 ? '' : ' '}${capital.toLowerCase()}`)
}
