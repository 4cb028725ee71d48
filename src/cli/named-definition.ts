/**
 * The one definition that an argument names: a file, or a questId of the definitions that this deployment has.
 * Reads it as the service does at start; never looks for anything else.
 */
import { stat } from 'node:fs/promises'
import { hostname } from 'node:os'
import type { EnvironmentVariables } from '../config/environment.ts'
import { type Config, readConfig } from '../config.ts'
import type { CompiledDefinition } from '../definitions/catalogue.ts'
import { type DefinitionFilesReading, loadDefinitions, readDefinitionFiles } from '../definitions/loading.ts'
import { ConfigError } from '../errors.ts'
import { UsageError } from './usage-error.ts'

export interface NamedDefinition {
  readonly config: Config
  readonly compiled: CompiledDefinition
}

/**
 * What looks like a file is one, also where it does not exist.
 * @throws ConfigError faults of the variables or the definition. UsageError no quest of that id.
 */
export async function findDefinition(name: string, env: EnvironmentVariables): Promise<NamedDefinition> {
  const config = readConfig(env, { hostname: hostname() })
  if (name.endsWith('.json') || (await isFile(name))) {
    const [compiled] = sound(await readDefinitionFiles([name]))
    if (compiled !== undefined) return { config, compiled }
  }
  const catalogue = await loadDefinitions(config.definitionsDir)
  const compiled = catalogue.get(name)
  if (compiled !== undefined) return { config, compiled }
  const known = catalogue.all().map(({ definition }) => definition.questId)
  throw new UsageError(
    `${name}: is neither a file nor a quest of ${config.definitionsDir}; it has ${known.join(', ') || 'none'}`,
  )
}

function sound({ catalogue, faults }: DefinitionFilesReading): readonly CompiledDefinition[] {
  if (faults.length > 0) throw new ConfigError(faults)
  return catalogue.all()
}

function isFile(path: string): Promise<boolean> {
  return stat(path).then(
    found => found.isFile(),
    () => false,
  )
}
