/** An instance that was known before, brought up to what was told since: not all of it is told each time. */
import type { Instance, InstanceSince } from '../../../src/api/documents.ts'

/** As many as a replica keeps of one. */
const OPERATIONS_MAX = 50

/** `undefined`: it was not known, and is not told whole. */
export function continued(known: Instance | undefined, told: Instance | InstanceSince): Instance | undefined {
  if (told.isWhole) return told
  if (known === undefined) return undefined
  const journal = [...known.journal, ...told.journal].slice(-OPERATIONS_MAX)
  return { ...told, isWhole: true, journal, quest: known.quest }
}
