/**
 * Runs once for the whole of `vitest run`, outside of the test files: decides where their Kafka comes from, and starts
 * it when the first test asks for it over HTTP; and finds their browser. A run without Kafka tests thus starts none.
 * Makes no topics.
 *
 *   TEST_BOOTSTRAP_SERVERS  a running cluster, used as it is
 *   TEST_KAFKA_VERSION      of the broker that is started otherwise; default the main version
 *   CHROMIUM                the browser; by default the one that Debian's package installs
 *   CI=true                 a machine without one of them fails instead of skipping
 */
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { TestProject } from 'vitest/node'
import { startCluster } from '../../scripts/kafka-broker/cluster.ts'
import { dockerAnswers, startDockerBroker } from '../../scripts/kafka-broker/docker-broker.ts'
import {
  DEFAULT_KAFKA_VERSION,
  jarsAreHere,
  KAFKA_VERSIONS,
  type KafkaVersion,
  kafkaVersion,
} from '../../scripts/kafka-broker/jars.ts'
import { findJava, findMaven, ToolMissingError } from '../../scripts/kafka-broker/java.ts'
import { findChromium } from './browser.ts'

/** What the test files are told; see brokers.ts. */
export interface KafkaForTests {
  /** Answers GET /<version> with the bootstrap servers of a broker, which it starts where it must. */
  readonly url: string
  readonly version: KafkaVersion
  /** Why there is no shared Kafka; null when there is. */
  readonly missing: string | null
  /** Why tests that need Java (own clusters, other versions, Java's own client) cannot run; null when they can. */
  readonly javaMissing: string | null
}

declare module 'vitest' {
  export interface ProvidedContext {
    kafka: KafkaForTests
  }
}

interface Broker {
  readonly bootstrap: string
  close(): Promise<void>
}

export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const version = kafkaVersion(process.env.TEST_KAFKA_VERSION || DEFAULT_KAFKA_VERSION)
  const given = process.env.TEST_BOOTSTRAP_SERVERS
  const javaMissing = await whyNoJava()
  const start = javaMissing === null ? startCluster : startDockerBroker
  const missing = given || javaMissing === null || (await dockerAnswers()) ? null : javaMissing
  report(missing, javaMissing)
  const executable = findChromium() ?? null
  if (executable === null) reportNoBrowser()
  project.provide('browser', { executable })

  const brokers = new Map<KafkaVersion, Promise<Broker>>()
  if (given) brokers.set(version, Promise.resolve({ bootstrap: given, close: async () => {} }))
  const broker = (wanted: KafkaVersion): Promise<Broker> => {
    const started = brokers.get(wanted) ?? start({ version: wanted })
    brokers.set(wanted, started)
    return started
  }
  const server = await serve(async path => (await broker(kafkaVersion(path.slice(1)))).bootstrap)
  project.provide('kafka', { url: urlOf(server), version, missing, javaMissing })

  return async () => {
    server.close()
    for (const started of await Promise.allSettled(brokers.values()))
      if (started.status === 'fulfilled') await started.value.close()
  }
}

async function whyNoJava(): Promise<string | null> {
  try {
    await findJava()
    // The Java client is of the main version, whatever broker is under test.
    if (!KAFKA_VERSIONS.every(jarsAreHere)) await findMaven()
    return null
  } catch (error) {
    if (error instanceof ToolMissingError) return error.message
    throw error
  }
}

/** @throws Error with CI=true, where something would be skipped. */
function report(missing: string | null, javaMissing: string | null): void {
  if (javaMissing === null) return
  const skipped = missing === null ? 'Some tests on a real Kafka' : 'All tests on a real Kafka'
  const cure = missing === null ? '' : '; or start Docker, or set TEST_BOOTSTRAP_SERVERS'
  if (process.env.CI === 'true')
    throw new Error(`${skipped} would be skipped, and with CI=true none may. ${javaMissing}${cure}`)
  process.stdout.write(`${skipped} are skipped: ${javaMissing}${cure}\n`)
}

/** @throws Error with CI=true. */
function reportNoBrowser(): void {
  const skipped = 'the tests in a browser'
  const cure = 'no Chromium was found: install it (Debian: apt-get install chromium), or set CHROMIUM to its path'
  if (process.env.CI === 'true') throw new Error(`With CI=true ${skipped} may not be skipped: ${cure}`)
  process.stdout.write(`Skipped are ${skipped}: ${cure}\n`)
}

function serve(answer: (path: string) => Promise<string>): Promise<Server> {
  const server = createServer((request, response) => {
    answer(request.url ?? '').then(
      body => response.end(body),
      (error: unknown) => {
        response.statusCode = 500
        response.end(String(error))
      },
    )
  })
  server.unref()
  return new Promise(resolve => server.listen(0, '127.0.0.1', () => resolve(server)))
}

function urlOf(server: Server): string {
  const address = server.address() as AddressInfo
  return `http://127.0.0.1:${address.port}`
}
