/**
 * What `party-quests check` says about definitions: everything that would stop a start, and what would be warned of.
 * Decides nothing itself: it reads exactly as the service does at start.
 */
import { stat } from 'node:fs/promises'
import { type DefinitionFilesReading, readDefinitionDirectory, readDefinitionFiles } from './loading.ts'

export interface DefinitionsCheck {
  /** How many definitions are without a fault. */
  readonly sound: number
  readonly faults: readonly string[]
  readonly warnings: readonly string[]
}

/**
 * One directory, or files; files are checked together, so an id that two of them define is a fault.
 * What is not there is a fault and never an exception.
 */
export async function checkDefinitions(target: string | readonly string[]): Promise<DefinitionsCheck> {
  const { catalogue, faults } = await read(typeof target === 'string' ? [target] : target)
  return { sound: catalogue.all().length, faults, warnings: catalogue.warnings }
}

async function read(targets: readonly string[]): Promise<DefinitionFilesReading> {
  const [only, ...others] = targets
  if (only !== undefined && others.length === 0 && (await isDirectory(only))) return readDefinitionDirectory(only)
  return readDefinitionFiles(targets)
}

/** What does not exist counts as a file, whose reading then says so. */
async function isDirectory(path: string): Promise<boolean> {
  return stat(path).then(
    found => found.isDirectory(),
    () => false,
  )
}
