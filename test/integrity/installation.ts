/**
 * One installation of the service on the shared broker: topics, groups and definitions of its own, replicas that are
 * started, killed and started again, and a client of its topics. Everything of it ends with the test file.
 */
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll } from 'vitest'
import { freePort } from '../../scripts/kafka-broker/free-ports.ts'
import { type LaterTopics, type PublicTopics, QuestClient } from '../support/quest-client.ts'
import { type ServiceProcess, serviceProcesses } from '../support/service-process.ts'

export const PARTITIONS = 4
export const SHARDS = 4

export interface InstallationOptions {
  readonly bootstrap: string
  /** Unlike any other of the same broker. */
  readonly prefix: string
  /** Default: those that ship. */
  readonly definitions?: readonly { readonly questId: string }[]
  /** For every replica, over what is set here. */
  readonly env?: Readonly<Record<string, string>>
}

export interface Installation {
  readonly topics: PublicTopics
  readonly later: LaterTopics
  readonly internalTopics: { readonly commands: string; readonly state: string }
  readonly client: QuestClient
  /** Starts the replica of that name, or starts it again on its port; it is not ready yet. */
  start(replica: string): Promise<ServiceProcess>
}

/** To be called in a suite, which it cleans up after; returns what makes installations in its hooks and tests. */
export function installations(): (options: InstallationOptions) => Promise<Installation> {
  const startService = serviceProcesses()
  const endings: (() => Promise<unknown>)[] = []
  afterAll(async () => {
    for (const end of endings) await end()
  })
  return async ({ bootstrap, prefix, definitions, env = {} }) => {
    const topics = publicTopics(prefix)
    const later = laterTopics(prefix)
    const client = new QuestClient({ bootstrap, topics, later, prefix })
    await client.connect()
    endings.push(() => client.close())
    const dir = definitions && (await definitionsDir(definitions))
    if (dir !== undefined) endings.push(() => rm(dir, { recursive: true }))
    const ports = new Map<string, number>()
    return {
      topics,
      later,
      internalTopics: { commands: `${prefix}.shard-commands`, state: `${prefix}.shard-state` },
      client,
      start: async replica => {
        const port = ports.get(replica) ?? (await freePort())
        ports.set(replica, port)
        return startService({
          name: replica,
          env: {
            ...serviceEnv(bootstrap, prefix, replica, port),
            ...(dir === undefined ? {} : { DEFINITIONS_DIR: dir }),
            ...env,
          },
        })
      },
    }
  }
}

export function publicTopics(prefix: string): PublicTopics {
  return {
    commands: `${prefix}-commands`,
    status: `${prefix}-status`,
    character: `${prefix}-character`,
    deadLetters: `${prefix}-dead-letters`,
  }
}

export function laterTopics(prefix: string): LaterTopics {
  return {
    reactor: `${prefix}-reactor`,
    systemMessage: `${prefix}-system-message`,
    map: `${prefix}-map`,
    characterStatus: `${prefix}-character-status`,
    monsterStatus: `${prefix}-monster-status`,
  }
}

/** What every replica of a test is started with. */
export function serviceEnv(bootstrap: string, prefix: string, replica: string, port: number) {
  const topics = publicTopics(prefix)
  const later = laterTopics(prefix)
  return {
    BOOTSTRAP_SERVERS: bootstrap,
    COMMAND_TOPIC_PARTY_QUEST: topics.commands,
    EVENT_TOPIC_PARTY_QUEST_STATUS: topics.status,
    COMMAND_TOPIC_CHARACTER: topics.character,
    DEAD_LETTER_TOPIC_PARTY_QUEST: topics.deadLetters,
    COMMAND_TOPIC_REACTOR: later.reactor,
    COMMAND_TOPIC_SYSTEM_MESSAGE: later.systemMessage,
    COMMAND_TOPIC_MAP: later.map,
    EVENT_TOPIC_CHARACTER_STATUS: later.characterStatus,
    EVENT_TOPIC_MONSTER_STATUS: later.monsterStatus,
    INTERNAL_TOPIC_PREFIX: prefix,
    CREATE_TOPICS: 'all',
    PUBLIC_PARTITIONS: String(PARTITIONS),
    SHARDS: String(SHARDS),
    REPLICA_NAME: replica,
    REST_HOST: '127.0.0.1',
    REST_PORT: String(port),
    ADVERTISED_URL: `http://127.0.0.1:${port}`,
    // Short, so that a test which kills is soon done; long enough for a machine that does much else.
    SESSION_TIMEOUT_MS: '3000',
    REBALANCE_TIMEOUT_MS: '1500',
    TRANSACTION_TIMEOUT_MS: '5000',
  } as const
}

async function definitionsDir(definitions: readonly { readonly questId: string }[]): Promise<string> {
  const dir = await mkdtemp(join(tmpdir(), 'party-quests-definitions-'))
  for (const definition of definitions) {
    await writeFile(join(dir, `${definition.questId}.json`), JSON.stringify(definition))
  }
  return dir
}
