/**
 * What faults happen to: a Kafka of its own, three replicas of the service on it, and a client of the public topics.
 * Ends every process that it started and removes their data; the replicas' logs stay until it is told to drop them.
 */
import { copyFileSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type KafkaCluster, startCluster } from '../../scripts/kafka-broker/cluster.ts'
import { freePorts } from '../../scripts/kafka-broker/free-ports.ts'
import type { KafkaVersion } from '../../scripts/kafka-broker/jars.ts'
import { Watchdog } from '../../scripts/kafka-broker/watchdog.ts'
import type { OracleQuest } from '../support/oracle.ts'
import { type LaterTopics, type PublicTopics, QuestClient } from '../support/quest-client.ts'
import { Replica } from './replica.ts'

export const PREFIX = 'chaos'
export const PARTITIONS = 6
export const SHARDS = 6
export const SESSION_TIMEOUT_MS = 2000
export const TRANSACTION_TIMEOUT_MS = 3000
/** As pino writes it. */
const FATAL = /"level":60\b/

export const TOPICS: PublicTopics = {
  commands: `${PREFIX}-commands`,
  status: `${PREFIX}-status`,
  character: `${PREFIX}-character`,
  deadLetters: `${PREFIX}-dead-letters`,
}

export const LATER: LaterTopics = {
  reactor: `${PREFIX}-reactor`,
  systemMessage: `${PREFIX}-system-message`,
  map: `${PREFIX}-map`,
  characterStatus: `${PREFIX}-character-status`,
  monsterStatus: `${PREFIX}-monster-status`,
}

export interface StageOptions {
  readonly version: KafkaVersion
  readonly nodes: 1 | 3
  readonly replicas: number
  readonly quests: readonly OracleQuest[]
}

export class Stage {
  readonly cluster: KafkaCluster
  readonly replicas: readonly Replica[]
  readonly client: QuestClient
  /** Logs of replicas and brokers, and the definitions. */
  readonly dir: string
  /** What happened by itself and must not have. */
  readonly mishaps: string[]
  readonly #watchdog: Watchdog

  /** Starts all and waits until every replica is ready. */
  static async open(options: StageOptions): Promise<Stage> {
    const dir = await mkdtemp(join(tmpdir(), 'party-quests-chaos-'))
    const cluster = await startCluster({ version: options.version, nodes: options.nodes })
    const stage = new Stage(dir, cluster, await freePorts(options.replicas), options.quests)
    try {
      for (const replica of stage.replicas) replica.start()
      for (const replica of stage.replicas) await replica.untilReady()
      await stage.client.connect()
      return stage
    } catch (error) {
      await stage.close()
      throw new Error(`the stage could not be opened, see ${dir}`, { cause: error })
    }
  }

  private constructor(dir: string, cluster: KafkaCluster, ports: readonly number[], quests: readonly OracleQuest[]) {
    this.dir = dir
    this.cluster = cluster
    this.mishaps = []
    this.#watchdog = new Watchdog()
    this.client = new QuestClient({ bootstrap: cluster.bootstrap, topics: TOPICS, later: LATER, prefix: PREFIX })
    mkdirSync(this.definitionsDir)
    for (const quest of quests) writeFileSync(join(this.definitionsDir, `${quest.questId}.json`), JSON.stringify(quest))
    this.replicas = ports.map((port, index) => {
      const name = `replica-${index}`
      return new Replica({
        name,
        url: `http://127.0.0.1:${port}`,
        env: replicaEnv(cluster.bootstrap, name, port, this.definitionsDir),
        logFile: join(dir, `${name}.log`),
        watchdog: this.#watchdog,
        onUnexpectedEnd: how => this.mishaps.push(how),
      })
    })
  }

  get definitionsDir(): string {
    return join(this.dir, 'definitions')
  }

  replica(index: number): Replica {
    const replica = this.replicas[index]
    if (replica === undefined) throw new Error(`there is no replica ${index} of ${this.replicas.length}`)
    return replica
  }

  /** Lines of the replicas' logs that tell of a broken promise, the first few. */
  fatalLines(): readonly string[] {
    const logs = readdirSync(this.dir).filter(name => name.startsWith('replica-'))
    return logs.flatMap(name =>
      readFileSync(join(this.dir, name), 'utf8')
        .split('\n')
        .filter(line => FATAL.test(line))
        .slice(0, 3)
        .map(line => `${name}: ${line.slice(0, 2000)}`),
    )
  }

  /** Ends all processes; the folder with the logs is left, with those of the brokers beside them. */
  async close(): Promise<void> {
    await this.client.close().catch(() => {})
    for (const replica of this.replicas) await replica.kill()
    for (const { id, logFile } of this.cluster.nodes) copyFileSync(logFile, join(this.dir, `broker-${id}.log`))
    await this.#watchdog.finish()
    await this.cluster.close()
  }

  dropLogs(): Promise<void> {
    return rm(this.dir, { recursive: true })
  }
}

function replicaEnv(bootstrap: string, name: string, port: number, definitionsDir: string) {
  return {
    BOOTSTRAP_SERVERS: bootstrap,
    COMMAND_TOPIC_PARTY_QUEST: TOPICS.commands,
    EVENT_TOPIC_PARTY_QUEST_STATUS: TOPICS.status,
    COMMAND_TOPIC_CHARACTER: TOPICS.character,
    DEAD_LETTER_TOPIC_PARTY_QUEST: TOPICS.deadLetters,
    COMMAND_TOPIC_REACTOR: LATER.reactor,
    COMMAND_TOPIC_SYSTEM_MESSAGE: LATER.systemMessage,
    COMMAND_TOPIC_MAP: LATER.map,
    EVENT_TOPIC_CHARACTER_STATUS: LATER.characterStatus,
    EVENT_TOPIC_MONSTER_STATUS: LATER.monsterStatus,
    INTERNAL_TOPIC_PREFIX: PREFIX,
    CREATE_TOPICS: 'all',
    PUBLIC_PARTITIONS: String(PARTITIONS),
    SHARDS: String(SHARDS),
    REPLICA_NAME: name,
    REST_HOST: '127.0.0.1',
    REST_PORT: String(port),
    ADVERTISED_URL: `http://127.0.0.1:${port}`,
    DEFINITIONS_DIR: definitionsDir,
    // Soon over, so that many faults fit into a run; a machine that stalls for longer only has some more of them.
    SESSION_TIMEOUT_MS: String(SESSION_TIMEOUT_MS),
    REBALANCE_TIMEOUT_MS: '1000',
    TRANSACTION_TIMEOUT_MS: String(TRANSACTION_TIMEOUT_MS),
    // Longer than any stall of the machine: it must leave in order, not give up.
    SHUTDOWN_TIMEOUT_MS: '60000',
    // Nothing ends by its age but what is meant to.
    LOBBY_LIMIT_SECONDS: '0',
    BONUS_LIMIT_SECONDS: '0',
  }
}
