/**
 * The configuration: every environment variable, its default and its bounds, read once and checked together.
 * Opens the files that variables name, and nothing else; what needs the broker or the definitions is checked there.
 */
import { fileURLToPath } from 'node:url'
import { Environment, type EnvironmentVariables } from './config/environment.ts'
import { type LogConfig, readLog } from './config/log-source.ts'
import * as variable from './config/variable.ts'

export type { KafkaConfig, LogConfig, SaslConfig, SslConfig } from './config/log-source.ts'

export interface Config {
  readonly log: LogConfig
  readonly topics: {
    readonly commands: string
    readonly statusEvents: string
    readonly characterCommands: string
    readonly deadLetters: string
  }
  /** Topics of other services that may be missing: nothing rests on them. `null`: not written, not read. */
  readonly neighbours: {
    readonly reactorCommands: string | null
    readonly systemMessages: string | null
    readonly mapCommands: string | null
    readonly characterEvents: string | null
    readonly monsterEvents: string | null
  }
  /** Also the prefix of consumer groups and transactional ids. */
  readonly internalTopicPrefix: string
  readonly shardCommandsTopic: string
  readonly shardStateTopic: string
  readonly createTopics: 'internal' | 'all' | 'none'
  readonly publicPartitions: number
  /** `undefined`: three, or as many as there are brokers. */
  readonly replicationFactor?: number | undefined
  readonly shards: number
  readonly sessionTimeoutMs: number
  readonly transactionTimeoutMs: number
  readonly rebalanceTimeoutMs: number
  readonly replicaName: string
  readonly batchRecordsMax: number
  readonly residentInstances: number
  /** As it was given, relative to the working directory; by default the absolute path of what ships. */
  readonly definitionsDir: string
  readonly lookups: {
    /** Ends in a slash. `undefined`: no look-ups. */
    readonly partiesServiceUrl?: string | undefined
    readonly guildsServiceUrl?: string | undefined
    /** All attempts of one look-up together. */
    readonly timeoutMs: number
  }
  readonly effects: {
    /** Ends in a slash. `undefined`: no monsters are spawned or removed. */
    readonly monstersServiceUrl?: string | undefined
  }
  readonly rules: {
    readonly requirements: 'enforce' | 'warn'
    /** 0 = never */
    readonly lobbyLimitSeconds: number
    /** 0 = never */
    readonly bonusLimitSeconds: number
    readonly advance: 'command' | 'automatic'
  }
  readonly http: {
    /** 0 = no HTTP */
    readonly port: number
    /** Nobody named a port: where this one is taken, another will do. */
    readonly portIsDefault: boolean
    readonly host: string
    /** Without a slash at the end; empty where there is no HTTP and none was given. */
    readonly advertisedUrl: string
    readonly consoleWrites: boolean
    /** `undefined`: everybody may come in. */
    readonly consoleToken?: string | undefined
  }
  readonly logLevel: LogLevel
  readonly shutdownTimeoutMs: number
  /** Base address of an OTLP collector, without a slash at the end. */
  readonly otlpEndpoint?: string | undefined
}

export type LogLevel = (typeof LOG_LEVELS)[number]

const LOG_LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'] as const
const YEAR_SECONDS = 31_536_000
const DEFAULT_PORT = 8080
/** A topic's id and a dot, kept with what was read of the topic (ingress/game-events-ingress.ts). */
const TOPIC_ID_LENGTH = 23

/**
 * @param host what the machine says of itself: its name is the default of REPLICA_NAME and ADVERTISED_URL
 * @throws ConfigError with every fault: variable, value (never a secret's), what is allowed
 */
export function readConfig(env: EnvironmentVariables, host: { readonly hostname: string }): Config {
  const environment = new Environment(env)
  const log = readLog(environment)
  const config: Config = {
    log,
    ...readTopics(environment),
    createTopics: environment.read('CREATE_TOPICS', variable.oneOf('internal', 'all', 'none'), 'internal'),
    publicPartitions: environment.read('PUBLIC_PARTITIONS', variable.integer(1, 1000), 12),
    replicationFactor: environment.optional('REPLICATION_FACTOR', variable.integer(1, 15)),
    shards: environment.read('SHARDS', variable.integer(1, 1000), 12),
    // The bounds are Kafka's own: group.max.session.timeout.ms and transaction.max.timeout.ms as they ship.
    sessionTimeoutMs: environment.read('SESSION_TIMEOUT_MS', variable.integer(1000, 1_800_000), 6000),
    transactionTimeoutMs: environment.read('TRANSACTION_TIMEOUT_MS', variable.integer(1000, 900_000), 15_000),
    rebalanceTimeoutMs: environment.read('REBALANCE_TIMEOUT_MS', variable.integer(1000, 300_000), 2000),
    replicaName: environment.read('REPLICA_NAME', variable.replicaName, defaultReplicaName(host.hostname)),
    batchRecordsMax: environment.read('BATCH_RECORDS_MAX', variable.integer(1, 10_000), 250),
    residentInstances: environment.read('RESIDENT_INSTANCES', variable.integer(1, 10_000_000), 100_000),
    definitionsDir: environment.optional('DEFINITIONS_DIR', variable.path) ?? shippedDefinitions(),
    lookups: {
      partiesServiceUrl: environment.optional('PARTIES_SERVICE_URL', variable.serviceUrl),
      guildsServiceUrl: environment.optional('GUILDS_SERVICE_URL', variable.serviceUrl),
      timeoutMs: environment.read('LOOKUP_TIMEOUT_MS', variable.integer(100, 600_000), 3000),
    },
    effects: { monstersServiceUrl: environment.optional('MONSTERS_SERVICE_URL', variable.serviceUrl) },
    rules: readRules(environment),
    http: readHttp(environment, log.kind, host.hostname),
    logLevel: environment.read('LOG_LEVEL', variable.oneOf(...LOG_LEVELS), 'info'),
    shutdownTimeoutMs: environment.read('SHUTDOWN_TIMEOUT_MS', variable.integer(1, 600_000), 10_000),
    otlpEndpoint: environment.optional('OTEL_EXPORTER_OTLP_ENDPOINT', variable.baseUrl),
  }
  environment.close()
  return config
}

/** What instances play by; a check of definitions reads nothing else. */
export function readRules(environment: Environment): Config['rules'] {
  return {
    requirements: environment.read('REQUIREMENTS', variable.oneOf('enforce', 'warn'), 'enforce'),
    lobbyLimitSeconds: environment.read('LOBBY_LIMIT_SECONDS', variable.integer(0, YEAR_SECONDS), 3600),
    bonusLimitSeconds: environment.read('BONUS_LIMIT_SECONDS', variable.integer(0, YEAR_SECONDS), 1800),
    advance: environment.read('ADVANCE', variable.oneOf('command', 'automatic'), 'command'),
  }
}

function readTopics(environment: Environment) {
  const own = (name: string) => environment.read(name, variable.topicName(), name)
  const prefix = environment.read('INTERNAL_TOPIC_PREFIX', variable.topicName('.shard-commands'.length), 'party-quest')
  const names = {
    COMMAND_TOPIC_PARTY_QUEST: own('COMMAND_TOPIC_PARTY_QUEST'),
    EVENT_TOPIC_PARTY_QUEST_STATUS: own('EVENT_TOPIC_PARTY_QUEST_STATUS'),
    COMMAND_TOPIC_CHARACTER: own('COMMAND_TOPIC_CHARACTER'),
    DEAD_LETTER_TOPIC_PARTY_QUEST: own('DEAD_LETTER_TOPIC_PARTY_QUEST'),
  }
  const neighbour = (name: string, suffixLength = 0): string | null => {
    const read = environment.optional(name, variable.optionalTopicName(suffixLength))
    return read === undefined ? name : read
  }
  const neighbourNames = {
    COMMAND_TOPIC_REACTOR: neighbour('COMMAND_TOPIC_REACTOR'),
    COMMAND_TOPIC_SYSTEM_MESSAGE: neighbour('COMMAND_TOPIC_SYSTEM_MESSAGE'),
    COMMAND_TOPIC_MAP: neighbour('COMMAND_TOPIC_MAP'),
    EVENT_TOPIC_CHARACTER_STATUS: neighbour('EVENT_TOPIC_CHARACTER_STATUS', TOPIC_ID_LENGTH),
    EVENT_TOPIC_MONSTER_STATUS: neighbour('EVENT_TOPIC_MONSTER_STATUS', TOPIC_ID_LENGTH),
  }
  const shardCommandsTopic = `${prefix}.shard-commands`
  const shardStateTopic = `${prefix}.shard-state`
  // Kafka refuses two topics that differ in . and _ only: its metrics could not tell them apart.
  const taken = new Map<string, string>([
    [shardCommandsTopic.replaceAll('.', '_'), 'INTERNAL_TOPIC_PREFIX'],
    [shardStateTopic.replaceAll('.', '_'), 'INTERNAL_TOPIC_PREFIX'],
  ])
  for (const [variableName, topic] of Object.entries({ ...names, ...neighbourNames })) {
    if (topic === null) continue
    const plain = topic.replaceAll('.', '_')
    const other = taken.get(plain)
    taken.set(plain, other ?? variableName)
    if (other === undefined || !environment.sound(variableName, other)) continue
    environment.fault(variableName, `${JSON.stringify(topic)} is the topic of ${other} too (. and _ count as one)`)
  }
  return {
    topics: {
      commands: names.COMMAND_TOPIC_PARTY_QUEST,
      statusEvents: names.EVENT_TOPIC_PARTY_QUEST_STATUS,
      characterCommands: names.COMMAND_TOPIC_CHARACTER,
      deadLetters: names.DEAD_LETTER_TOPIC_PARTY_QUEST,
    },
    neighbours: {
      reactorCommands: neighbourNames.COMMAND_TOPIC_REACTOR,
      systemMessages: neighbourNames.COMMAND_TOPIC_SYSTEM_MESSAGE,
      mapCommands: neighbourNames.COMMAND_TOPIC_MAP,
      characterEvents: neighbourNames.EVENT_TOPIC_CHARACTER_STATUS,
      monsterEvents: neighbourNames.EVENT_TOPIC_MONSTER_STATUS,
    },
    internalTopicPrefix: prefix,
    shardCommandsTopic,
    shardStateTopic,
  }
}

function readHttp(environment: Environment, log: LogConfig['kind'], hostname: string): Config['http'] {
  const given = environment.optional('REST_PORT', variable.integer(0, 65_535))
  const port = given ?? DEFAULT_PORT
  const advertised = port === 0 ? '' : `http://${hostname}:${port}`
  return {
    port,
    portIsDefault: given === undefined,
    // Nothing that takes commands from anybody listens on the network unless somebody asked for it.
    host: environment.read('REST_HOST', variable.listenHost, log === 'embedded' ? '127.0.0.1' : '0.0.0.0'),
    advertisedUrl: environment.read('ADVERTISED_URL', variable.baseUrl, advertised),
    consoleWrites: environment.read('CONSOLE_WRITES', variable.flag, log === 'embedded'),
    consoleToken: readConsoleToken(environment),
  }
}

/** It travels in a header, where little else than ASCII survives. */
function readConsoleToken(environment: Environment): string | undefined {
  const token = environment.secret('CONSOLE_TOKEN')
  if (token === undefined || /^[\x21-\x7e]{16,1000}$/.test(token)) return token
  const name = environment.text('CONSOLE_TOKEN') === undefined ? 'CONSOLE_TOKEN_FILE' : 'CONSOLE_TOKEN'
  environment.fault(name, 'must hold 16 to 1000 characters of printable ASCII without spaces (`openssl rand -hex 24`)')
  return undefined
}

/** A machine may be called what Kafka would not take in a client id. */
function defaultReplicaName(hostname: string): string {
  return hostname.replace(/[^a-zA-Z0-9._-]/g, '-').slice(0, 200) || 'replica'
}

/** Beside package.json: this file runs as src/config.ts and as dist/src/config.js. */
function shippedDefinitions(): string {
  const root = import.meta.url.endsWith('.ts') ? '..' : '../..'
  return fileURLToPath(new URL(`${root}/definitions`, import.meta.url))
}
