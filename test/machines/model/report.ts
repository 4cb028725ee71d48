/** The report of a run as one table: each state and each transition of the machine with how often it was taken. */
import { endsOf, MACHINE_STATES, type Tally, transitionNames } from './machine-transitions.ts'

export interface Column {
  readonly title: string
  /** By name of the transition. */
  readonly taken: Tally
  /** Lives: each begins in the machine's first state. */
  readonly lives: number
}

/** How often the state was entered, the beginning of a life counted. */
export function entries(state: string, { taken, lives }: Column): number {
  const entering = transitionNames().filter(name => endsOf(name).to === state)
  return entering.reduce((sum, name) => sum + taken.of(name), state === MACHINE_STATES[0] ? lives : 0)
}

export function reportLines(columns: readonly Column[]): readonly string[] {
  const rows = MACHINE_STATES.flatMap(state => [
    { text: state, counts: columns.map(column => entries(state, column)) },
    ...transitionNames()
      .filter(name => endsOf(name).from === state)
      .map(name => ({
        text: `  ${name.slice(state.length + 1)}`,
        counts: columns.map(({ taken }) => taken.of(name)),
      })),
  ])
  const width = Math.max(...rows.map(({ text }) => text.length))
  const line = (text: string, cells: readonly (string | number)[]) =>
    text.padEnd(width) + cells.map(cell => String(cell).padStart(12)).join('')
  return [
    line(
      'state entered, transition taken',
      columns.map(({ title }) => title),
    ),
    ...rows.map(({ text, counts }) => line(text, counts)),
  ]
}
