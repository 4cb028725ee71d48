/**
 * Apache Kafka's jars, fetched once by Maven into a cache folder of the user and used from there without a network.
 * A folder under its final name is whole: it is filled under another name and renamed.
 */
import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, rename, rm, writeFile } from 'node:fs/promises'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { findMaven } from './java.ts'

const run = promisify(execFile)

/** The versions that the service is tested on, the main one first. */
export const KAFKA_VERSIONS = ['4.2.0', '3.9.1'] as const
export type KafkaVersion = (typeof KAFKA_VERSIONS)[number]

export const DEFAULT_KAFKA_VERSION: KafkaVersion = KAFKA_VERSIONS[0]

/** @throws Error for a version that is not one of ours. */
export function kafkaVersion(text: string): KafkaVersion {
  const version = KAFKA_VERSIONS.find(known => known === text)
  if (version === undefined)
    throw new Error(`the Kafka version must be one of ${KAFKA_VERSIONS.join(', ')}, and is "${text}"`)
  return version
}

/** `party-quests` in the cache folder of the user; not made here. */
export function cacheDir(): string {
  const base = process.env.XDG_CACHE_HOME
  return join(base === undefined || base === '' ? join(homedir(), '.cache') : base, 'party-quests')
}

/**
 * The class path (`<folder>/*`) of a Kafka version: broker, clients and tools.
 * @throws ToolMissingError the jars are not here yet and there is no Maven. Error: Maven could not fetch them.
 */
export async function kafkaJars(version: KafkaVersion): Promise<string> {
  const dir = await cached(`kafka-${version}`, async into => {
    const maven = await findMaven()
    const pom = join(into, 'pom.xml')
    await writeFile(pom, pomOf(version))
    const arguments_ = ['-q', '-B', '-f', pom, 'dependency:copy-dependencies', '-DincludeScope=runtime']
    try {
      await run(maven, [...arguments_, `-DoutputDirectory=${join(into, 'libs')}`])
    } catch (cause) {
      throw new Error(
        `Maven could not fetch Kafka ${version}: check the network and ~/.m2/settings.xml. ${firstError(cause)}`,
        { cause },
      )
    }
  })
  return join(dir, 'libs', '*')
}

/** Whether `kafkaJars` needs neither Maven nor a network. */
export function jarsAreHere(version: KafkaVersion): boolean {
  return existsSync(join(cacheDir(), `kafka-${version}`))
}

/**
 * The folder `name` of the cache; where it is missing, `fill` makes its content in another folder first. Of several
 * processes that fill it at the same time one wins, and the others use what that one made.
 */
export async function cached(name: string, fill: (into: string) => Promise<void>): Promise<string> {
  const dir = join(cacheDir(), name)
  if (existsSync(dir)) return dir
  await mkdir(cacheDir(), { recursive: true })
  const into = await mkdtemp(join(cacheDir(), `.${name}-`))
  try {
    await fill(into)
    await rename(into, dir)
  } catch (error) {
    await rm(into, { recursive: true, force: true })
    if (!existsSync(dir)) throw error
  }
  return dir
}

function pomOf(version: KafkaVersion): string {
  const dependency = (group: string, artifact: string, itsVersion: string) =>
    `<dependency><groupId>${group}</groupId><artifactId>${artifact}</artifactId><version>${itsVersion}</version></dependency>`
  return `<project xmlns="http://maven.apache.org/POM/4.0.0"><modelVersion>4.0.0</modelVersion>
<groupId>party-quests</groupId><artifactId>kafka</artifactId><version>1</version><packaging>pom</packaging>
<dependencies>
${dependency('org.apache.kafka', 'kafka_2.13', version)}
${dependency('org.slf4j', 'slf4j-simple', '1.7.36')}
</dependencies></project>
`
}

function firstError(cause: unknown): string {
  const output = cause instanceof Error && 'stdout' in cause ? String(cause.stdout) : String(cause)
  return output.split('\n').find(line => line.includes('ERROR')) ?? ''
}
