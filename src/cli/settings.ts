/**
 * What a running service is told from outside, read together: the environment and the definitions that it names, so
 * that whoever starts it hears of every fault at once.
 */
import { hostname } from 'node:os'
import type { EnvironmentVariables } from '../config/environment.ts'
import { type Config, readConfig } from '../config.ts'
import type { Catalogue } from '../definitions/catalogue.ts'
import { loadDefinitions, readDefinitionDirectory } from '../definitions/loading.ts'
import { ConfigError } from '../errors.ts'

export interface Settings {
  readonly config: Config
  readonly catalogue: Catalogue
}

/** @throws ConfigError every fault of the variables, then every fault of the definitions. */
export async function readSettings(env: EnvironmentVariables): Promise<Settings> {
  let config: Config
  try {
    config = readConfig(env, { hostname: hostname() })
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error
    throw new ConfigError([...error.faults, ...(await definitionFaults(env.DEFINITIONS_DIR))])
  }
  return { config: withOwnTopics(config), catalogue: await loadDefinitions(config.definitionsDir) }
}

/** Where the variables are at fault already; those that ship have none. */
async function definitionFaults(dir: string | undefined): Promise<readonly string[]> {
  return dir ? (await readDefinitionDirectory(dir)).faults : []
}

/** Nobody else can make topics on a log in this process. */
function withOwnTopics(config: Config): Config {
  return config.log.kind === 'embedded' ? { ...config, createTopics: 'all' } : config
}
