/**
 * The promises of the configuration: defaults, what is refused and how it is told. No broker, no real environment;
 * only certificate and password files are real.
 */
import { generateKeyPairSync } from 'node:crypto'
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { isAbsolute, join } from 'node:path'
import { rootCertificates } from 'node:tls'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Config, readConfig } from '../src/config.ts'
import { ConfigError } from '../src/errors.ts'

const HOST = { hostname: 'box' }

function read(env: Record<string, string | undefined> = {}): Config {
  return readConfig(env, HOST)
}

function faults(env: Record<string, string | undefined>): readonly string[] {
  try {
    read(env)
  } catch (error) {
    if (error instanceof ConfigError) return error.faults
    throw error
  }
  return []
}

let dir = ''
beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), 'config-'))
})
afterAll(() => rmSync(dir, { recursive: true, force: true }))

function file(name: string, content: string): string {
  const path = join(dir, name)
  writeFileSync(path, content)
  return path
}

describe('without a variable', () => {
  it('the service has the documented defaults on the embedded log', () => {
    expect(read()).toEqual({
      log: { kind: 'embedded' },
      topics: {
        commands: 'COMMAND_TOPIC_PARTY_QUEST',
        statusEvents: 'EVENT_TOPIC_PARTY_QUEST_STATUS',
        characterCommands: 'COMMAND_TOPIC_CHARACTER',
        deadLetters: 'DEAD_LETTER_TOPIC_PARTY_QUEST',
      },
      neighbours: {
        reactorCommands: 'COMMAND_TOPIC_REACTOR',
        systemMessages: 'COMMAND_TOPIC_SYSTEM_MESSAGE',
        mapCommands: 'COMMAND_TOPIC_MAP',
        characterEvents: 'EVENT_TOPIC_CHARACTER_STATUS',
        monsterEvents: 'EVENT_TOPIC_MONSTER_STATUS',
      },
      internalTopicPrefix: 'party-quest',
      shardCommandsTopic: 'party-quest.shard-commands',
      shardStateTopic: 'party-quest.shard-state',
      createTopics: 'internal',
      publicPartitions: 12,
      replicationFactor: undefined,
      shards: 12,
      sessionTimeoutMs: 6000,
      transactionTimeoutMs: 15_000,
      rebalanceTimeoutMs: 2000,
      replicaName: 'box',
      batchRecordsMax: 250,
      residentInstances: 100_000,
      definitionsDir: expect.stringMatching(/definitions$/),
      lookups: { partiesServiceUrl: undefined, guildsServiceUrl: undefined, timeoutMs: 3000 },
      effects: { monstersServiceUrl: undefined },
      rules: { requirements: 'enforce', lobbyLimitSeconds: 3600, bonusLimitSeconds: 1800, advance: 'command' },
      http: {
        port: 8080,
        portIsDefault: true,
        host: '127.0.0.1',
        advertisedUrl: 'http://box:8080',
        consoleWrites: true,
      },
      logLevel: 'info',
      shutdownTimeoutMs: 10_000,
      otlpEndpoint: undefined,
    })
  })

  it('the definitions are those that ship beside package.json, wherever it was started', () => {
    const { definitionsDir } = read()
    expect(isAbsolute(definitionsDir)).toBe(true)
    expect(existsSync(join(definitionsDir, '..', 'package.json'))).toBe(true)
  })

  it('a variable that is set to nothing counts as unset', () => {
    const empty = Object.fromEntries(
      ['BOOTSTRAP_SERVERS', 'SHARDS', 'KAFKA_SSL', 'PARTIES_SERVICE_URL', 'REPLICA_NAME', 'DEFINITIONS_DIR'].map(
        name => [name, ''],
      ),
    )
    expect(read(empty)).toEqual(read())
  })

  it('the replica is named after the machine, with what Kafka takes of it', () => {
    expect(readConfig({}, { hostname: "Ada's box.local" }).replicaName).toBe('Ada-s-box.local')
  })
})

describe('on Kafka', () => {
  const kafka = { BOOTSTRAP_SERVERS: 'k1:9092, k2:9093,[::1]:9092' }

  it('HTTP listens on every address and takes no command, unless asked to', () => {
    expect(read(kafka).http).toMatchObject({ host: '0.0.0.0', consoleWrites: false })
    expect(read({ ...kafka, REST_HOST: '::1', CONSOLE_WRITES: 'True' }).http).toMatchObject({
      host: '::1',
      consoleWrites: true,
    })
  })

  it('the servers are a list', () => {
    expect(read(kafka).log).toMatchObject({ kind: 'kafka', bootstrapServers: ['k1:9092', 'k2:9093', '[::1]:9092'] })
  })

  it.each([
    'k1',
    'k1:',
    ':9092',
    'k1:0',
    'k1:65536',
    'k1:9092,',
    'kafka://k1:9092',
    'k1:9092;k2:9092',
    '[::g]:1',
  ])('refuses %j as a list of servers', servers => {
    expect(faults({ BOOTSTRAP_SERVERS: servers })).toEqual([
      expect.stringMatching(/^BOOTSTRAP_SERVERS=".*": must be host:port, comma-separated/),
    ])
  })
})

describe('numbers', () => {
  it.each([
    '1e3',
    '0x10',
    '1.0',
    '+5',
    '-1',
    ' 5',
    '007',
    '0',
    '1001',
    'twelve',
    '9'.repeat(30),
  ])('SHARDS=%j is refused, with the bounds, once', text => {
    expect(faults({ SHARDS: text })).toEqual([
      `SHARDS=${JSON.stringify(text)}: must be a whole number from 1 to 1000, in decimal digits`,
    ])
  })

  it('are taken up to their bounds', () => {
    expect(read({ SHARDS: '1000', REST_PORT: '0', LOBBY_LIMIT_SECONDS: '0' })).toMatchObject({
      shards: 1000,
      http: { port: 0, advertisedUrl: '' },
      rules: { lobbyLimitSeconds: 0 },
    })
  })
})

describe('words', () => {
  it('are taken in any case', () => {
    expect(read({ LOG_LEVEL: 'DEBUG', ADVANCE: 'Automatic', CREATE_TOPICS: 'ALL' })).toMatchObject({
      logLevel: 'debug',
      rules: { advance: 'automatic' },
      createTopics: 'all',
    })
  })

  it('that are unknown are refused with the list of the known', () => {
    expect(faults({ REQUIREMENTS: 'maybe', CONSOLE_WRITES: 'yes please' })).toEqual([
      'REQUIREMENTS="maybe": must be one of enforce, warn',
      'CONSOLE_WRITES="yes please": must be true or false',
    ])
  })
})

describe('addresses', () => {
  it('of services end in a slash, and the message says what to add', () => {
    expect(read({ PARTIES_SERVICE_URL: 'http://parties/api/' }).lookups.partiesServiceUrl).toBe('http://parties/api/')
    expect(read({ MONSTERS_SERVICE_URL: 'http://m/api/' }).effects.monstersServiceUrl).toBe('http://m/api/')
    expect(faults({ PARTIES_SERVICE_URL: 'http://parties/api' })).toEqual([
      'PARTIES_SERVICE_URL="http://parties/api": must end in a slash: add / at the end, or what follows the last slash is dropped',
    ])
  })

  it.each([
    'parties/api/',
    'ftp://parties/',
    'http:///',
    'http://parties/?a=1/',
    'http://a b/',
  ])('refuses %j as the address of a service', url => {
    expect(faults({ GUILDS_SERVICE_URL: url })).toHaveLength(1)
  })

  it('of this replica and of the collector are taken with a slash at the end or without', () => {
    for (const slash of ['', '/']) {
      const config = read({
        ADVERTISED_URL: `https://quests.example/a${slash}`,
        OTEL_EXPORTER_OTLP_ENDPOINT: `http://otel:4318${slash}`,
      })
      expect(config.http.advertisedUrl).toBe('https://quests.example/a')
      expect(config.otlpEndpoint).toBe('http://otel:4318')
    }
  })

  it('to listen on are an address or a name, without scheme or port', () => {
    expect(read({ REST_HOST: 'localhost' }).http.host).toBe('localhost')
    expect(faults({ REST_HOST: 'localhost:8080' })).toHaveLength(1)
  })
})

describe('topics', () => {
  it.each(['.', '..', 'a b', 'a/b', 'ä', 'x'.repeat(250)])('%j is no topic', topic => {
    expect(faults({ COMMAND_TOPIC_CHARACTER: topic })).toEqual([expect.stringContaining('1 to 249 of the characters')])
  })

  it('of neighbours may be none, written -, and nothing else that is no name', () => {
    const none = { COMMAND_TOPIC_MAP: '-', EVENT_TOPIC_MONSTER_STATUS: '-' }
    expect(read(none).neighbours).toMatchObject({ mapCommands: null, monsterEvents: null })
    expect(faults({ COMMAND_TOPIC_MAP: 'a b' })).toEqual([
      'COMMAND_TOPIC_MAP="a b": must be 1 to 249 of the characters a-z A-Z 0-9 . _ - and neither "." nor ".."; or - for none',
    ])
  })

  it('of neighbours must differ from all others too', () => {
    expect(faults({ EVENT_TOPIC_CHARACTER_STATUS: 'COMMAND_TOPIC_CHARACTER' })).toEqual([
      expect.stringContaining('EVENT_TOPIC_CHARACTER_STATUS: "COMMAND_TOPIC_CHARACTER" is the topic of'),
    ])
  })

  it('must all differ, the internal ones included', () => {
    expect(
      faults({
        COMMAND_TOPIC_PARTY_QUEST: 'same',
        DEAD_LETTER_TOPIC_PARTY_QUEST: 'same',
        COMMAND_TOPIC_CHARACTER: 'pq_shard-state',
        INTERNAL_TOPIC_PREFIX: 'pq',
      }),
    ).toEqual([
      'COMMAND_TOPIC_CHARACTER: "pq_shard-state" is the topic of INTERNAL_TOPIC_PREFIX too (. and _ count as one)',
      'DEAD_LETTER_TOPIC_PARTY_QUEST: "same" is the topic of COMMAND_TOPIC_PARTY_QUEST too (. and _ count as one)',
    ])
  })

  it('internal ones carry the prefix', () => {
    expect(read({ INTERNAL_TOPIC_PREFIX: 'eu' })).toMatchObject({
      shardCommandsTopic: 'eu.shard-commands',
      shardStateTopic: 'eu.shard-state',
    })
  })
})

describe('SASL', () => {
  const login = { BOOTSTRAP_SERVERS: 'k:9092', KAFKA_SASL_MECHANISM: 'SCRAM-SHA-512', KAFKA_SASL_USERNAME: 'ada' }

  it('takes the password from a file, without the line break at its end', () => {
    const path = file('password', ' pass word \n')
    expect(read({ ...login, KAFKA_SASL_PASSWORD_FILE: path }).log).toMatchObject({
      sasl: { mechanism: 'scram-sha-512', username: 'ada', password: ' pass word ' },
    })
  })

  it('names the variable and the path of a file that is not there', () => {
    const path = join(dir, 'nowhere')
    expect(faults({ ...login, KAFKA_SASL_PASSWORD_FILE: path })).toEqual([
      `KAFKA_SASL_PASSWORD_FILE: ${JSON.stringify(path)}: the file cannot be read (ENOENT): it must be the path of a file that can be read`,
    ])
  })

  it('needs mechanism, user name and password together', () => {
    expect(faults(login)).toEqual([expect.stringMatching(/^KAFKA_SASL_PASSWORD: must be set/)])
    expect(faults({ KAFKA_SASL_PASSWORD: 'x' })).toEqual([
      'KAFKA_SASL_MECHANISM: must be one of plain, scram-sha-256, scram-sha-512 where a user name or password is set',
    ])
  })

  it('refuses a password that is given twice', () => {
    const env = { ...login, KAFKA_SASL_PASSWORD: 'x', KAFKA_SASL_PASSWORD_FILE: file('twice', 'y') }
    expect(faults(env)).toEqual([expect.stringContaining('KAFKA_SASL_PASSWORD_FILE is set as well')])
  })
})

describe('TLS', () => {
  const tls = { BOOTSTRAP_SERVERS: 'k:9093', KAFKA_SSL: 'true' }
  const authority = rootCertificates[0] ?? ''

  it('is off by default, and on without files', () => {
    expect(read({ BOOTSTRAP_SERVERS: 'k:9093' }).log).toMatchObject({ ssl: undefined })
    expect(read(tls).log).toMatchObject({ ssl: {} })
  })

  it('takes the content of the files', () => {
    expect(read({ ...tls, KAFKA_SSL_CA: file('ca.pem', authority) }).log).toMatchObject({ ssl: { ca: authority } })
  })

  it('is not silently off where a certificate was named', () => {
    expect(faults({ BOOTSTRAP_SERVERS: 'k:9092', KAFKA_SSL_CA: file('ca.pem', authority) })).toEqual([
      'KAFKA_SSL: must be true where KAFKA_SSL_CA is set',
    ])
  })

  it('refuses what is no PEM, a certificate without key, a key of another certificate, and half a key', () => {
    const cert = file('cert.pem', authority)
    const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
    const key = file('key.pem', String(privateKey.export({ type: 'pkcs8', format: 'pem' })))
    expect(faults({ ...tls, KAFKA_SSL_CA: file('ca.der', 'abc') })).toEqual([
      expect.stringMatching(/^KAFKA_SSL_CA: .*PEM/),
    ])
    expect(faults({ ...tls, KAFKA_SSL_CERT: cert })).toEqual([expect.stringMatching(/^KAFKA_SSL_KEY: must be set/)])
    expect(faults({ ...tls, KAFKA_SSL_CERT: cert, KAFKA_SSL_KEY: key })).toEqual([
      expect.stringMatching(/^KAFKA_SSL_KEY: is not the key of KAFKA_SSL_CERT/),
    ])
    expect(
      faults({ ...tls, KAFKA_SSL_CERT: cert, KAFKA_SSL_KEY: file('half.pem', '-----BEGIN PRIVATE KEY-----') }),
    ).toEqual([expect.stringMatching(/^KAFKA_SSL_KEY: TLS does not take it/)])
  })
})

describe('faults', () => {
  it('of all variables come together', () => {
    const env = { SHARDS: '0', LOG_LEVEL: 'loud', REST_PORT: '99999', KAFKA_SASL_USERNAME: 'ada', REPLICA_NAME: 'a b' }
    expect(faults(env).map(fault => fault.split(/[:=]/)[0])).toEqual([
      'KAFKA_SASL_MECHANISM',
      'SHARDS',
      'REPLICA_NAME',
      'REST_PORT',
      'LOG_LEVEL',
    ])
  })

  it('never hold a secret, wherever it was put', () => {
    const secret = 'hunter2'
    const told = faults({
      BOOTSTRAP_SERVERS: `SASL_SSL://ada:${secret}@k:9092`,
      KAFKA_SASL_PASSWORD: secret,
      KAFKA_SASL_USERNAME_FILE: secret,
      KAFKA_SSL_KEY: `-----BEGIN PRIVATE KEY-----\n${secret}`,
      PARTIES_SERVICE_URL: `http://ada:${secret}@parties/`,
      OTEL_EXPORTER_OTLP_ENDPOINT: `http://ada:/${secret}@otel`,
    }).join('\n')
    expect(told.split('\n').length).toBeGreaterThanOrEqual(5)
    expect(told).not.toContain(secret)
  })
})

describe('CONSOLE_TOKEN', () => {
  it('is taken from the variable, or from the file that is named', () => {
    expect(read({ CONSOLE_TOKEN: 'sixteen-or-more!' }).http.consoleToken).toBe('sixteen-or-more!')
    expect(read({ CONSOLE_TOKEN_FILE: file('token', 'from-a-file-of-its-own\n') }).http.consoleToken).toBe(
      'from-a-file-of-its-own',
    )
    expect(read().http.consoleToken).toBeUndefined()
  })

  it.each([
    ['is short', { CONSOLE_TOKEN: 'fifteen-letters' }, 'fifteen-letters'],
    ['has a space', { CONSOLE_TOKEN: 'sixteen or more letters' }, 'sixteen or'],
    ['is no ASCII', { CONSOLE_TOKEN: 'sechzehn-müssen-es-sein' }, 'sechzehn'],
    ['is there twice', { CONSOLE_TOKEN: 'sixteen-or-more!', CONSOLE_TOKEN_FILE: '/nowhere' }, 'sixteen-or'],
  ])('that %s is a fault which does not show it', (_, env, secret) => {
    const found = faults(env)
    expect(found).toEqual([expect.stringMatching(/^CONSOLE_TOKEN: /)])
    expect(found.join()).not.toContain(secret)
  })

  it('in a file is told by the name of that variable', () => {
    expect(faults({ CONSOLE_TOKEN_FILE: file('short', 'short') })).toEqual([
      expect.stringMatching(/^CONSOLE_TOKEN_FILE: must hold 16 to 1000 characters/),
    ])
  })
})
