/**
 * A machine's state value, `"idle"` or `{ "work": { "part": "cut" } }`, as words and as the set of states that it
 * means. Bounded: values come from outside.
 */
import { cut, isRecord } from './frame-reader.ts'

/** Deeper than any machine that can be drawn. */
const DEPTH_MAX = 12
const STATES_MAX = 300
const TEXT_CHARS_MAX = 300

/** A state's place below the root, as one text; names may hold any other character. */
export function pathKey(path: readonly string[]): string {
  return path.join('\n')
}

/** `work.part.cut`; regions of a parallel state by comma in braces. */
export function valueText(value: unknown): string {
  return cut(textOf(value, 0), TEXT_CHARS_MAX)
}

function textOf(value: unknown, depth: number): string {
  if (typeof value === 'string') return value
  if (!isRecord(value) || depth > DEPTH_MAX) return '…'
  const parts = Object.entries(value)
    .slice(0, STATES_MAX)
    .map(([name, below]) => (isEmpty(below) ? name : `${name}.${textOf(below, depth + 1)}`))
  return parts.length === 1 ? (parts[0] ?? '') : `{${parts.join(', ')}}`
}

/** Keys of all states that are active: a leaf and everything around it. */
export function activeStates(value: unknown): ReadonlySet<string> {
  const active = new Set<string>()
  const visit = (below: unknown, path: readonly string[]) => {
    if (path.length > DEPTH_MAX || active.size >= STATES_MAX) return
    if (typeof below === 'string') active.add(pathKey([...path, below]))
    if (!isRecord(below)) return
    for (const [name, further] of Object.entries(below)) {
      if (active.size >= STATES_MAX) return
      active.add(pathKey([...path, name]))
      visit(further, [...path, name])
    }
  }
  visit(value, [])
  return active
}

function isEmpty(value: unknown): boolean {
  return isRecord(value) && Object.keys(value).length === 0
}
