/**
 * The real Kafka of a test file: one broker shared by all files of a run (each with topics of its own prefix), told by
 * global-setup.ts. Where the machine has none, the tests are skipped, and global-setup.ts says so once.
 */
import { randomBytes } from 'node:crypto'
import { beforeAll, describe, inject } from 'vitest'
import { KAFKA_VERSIONS, type KafkaVersion } from '../../scripts/kafka-broker/jars.ts'

/** The first one may have to fetch 43 MB of jars. */
const START_LIMIT_MS = 300_000

export interface KafkaUnderTest {
  /** `host:port`, comma-separated. Known in hooks and tests, not while they are collected. */
  readonly bootstrap: string
  /** The same, one by one. */
  readonly brokers: readonly string[]
  /** Of the broker, if it is one that we started. */
  readonly version: KafkaVersion
  /** Begins every topic, group and transactional id of this test file; the same at each call, another in each file. */
  topicPrefix(): string
}

const prefix = `test-${randomBytes(4).toString('hex')}`

/** Begins every topic, group and transactional id of this test file. */
export function topicPrefix(): string {
  return prefix
}

/** `describe` with the shared broker, of the version under test. */
export function describeWithKafka(name: string, suite: (kafka: KafkaUnderTest) => void): void {
  const { missing, version } = inject('kafka')
  describeOn(name, version, missing, suite)
}

/** `describe` with a shared broker of that version, whatever version is under test. */
export function describeWithKafkaVersion(
  version: KafkaVersion,
  name: string,
  suite: (kafka: KafkaUnderTest) => void,
): void {
  const { missing, javaMissing, version: main } = inject('kafka')
  describeOn(name, version, version === main ? missing : javaMissing, suite)
}

/** `describe` with the shared broker, for tests that also read or write by Java's own client. */
export function describeWithKafkaAndJava(name: string, suite: (kafka: KafkaUnderTest) => void): void {
  const { missing, javaMissing, version } = inject('kafka')
  describeOn(name, version, missing ?? javaMissing, suite)
}

/** `describe` once for each version that we support, for the promises that must hold on all of them. */
export function describeWithEachKafka(name: string, suite: (kafka: KafkaUnderTest) => void): void {
  for (const version of KAFKA_VERSIONS) {
    if (version === inject('kafka').version) describeWithKafkaAndJava(`${name} (Kafka ${version})`, suite)
    else describeWithKafkaVersion(version, `${name} (Kafka ${version})`, suite)
  }
}

/** `describe` where there is Java but no shared broker, for tests that start clusters of their own. */
export function describeWithJava(name: string, suite: () => void): void {
  describe.skipIf(inject('kafka').javaMissing !== null)(name, suite)
}

function describeOn(
  name: string,
  version: KafkaVersion,
  missing: string | null,
  suite: (kafka: KafkaUnderTest) => void,
): void {
  describe.skipIf(missing !== null)(name, () => {
    let bootstrap: string | undefined
    beforeAll(async () => {
      bootstrap = await sharedBroker(version)
    }, START_LIMIT_MS)
    const known = () => {
      if (bootstrap === undefined) throw new Error('bootstrap is known in hooks and tests only: read it there')
      return bootstrap
    }
    suite({
      version,
      get bootstrap() {
        return known()
      },
      get brokers() {
        return known().split(',')
      },
      topicPrefix,
    })
  })
}

/** The bootstrap servers of the run's broker of that version; started by the first who asks. */
async function sharedBroker(version: KafkaVersion): Promise<string> {
  const response = await fetch(`${inject('kafka').url}/${version}`)
  const body = await response.text()
  if (!response.ok) throw new Error(body)
  return body
}
