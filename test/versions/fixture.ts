/**
 * State records as a release wrote them, byte for byte, in files that never change again. One folder for each
 * generation: when what is written changes, GENERATION grows, and the next folder is filled by
 * `UPDATE_FIXTURES=1 npx vitest run test/versions/fixtures.test.ts`, which adds files and never overwrites one.
 */
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { internalCommand } from '../../src/contract/shard-command.ts'
import { decodePosition } from '../../src/contract/state-record.ts'
import { createMemoryTransport } from '../../src/transport/memory/memory-transport.ts'
import { INTERNAL, type ShardHarness } from '../support/shard-harness.ts'
import { publishRegister } from './scenes.ts'

const FOLDER = fileURLToPath(new URL('fixtures/', import.meta.url))
/**
 * What this release writes; a change of it, with or without a new version: one more. Generation 0 was written before
 * definitions carried a version and positions the ids of their topics, generation 1 before custom data could be set.
 */
export const GENERATION = 2

export interface FixtureRecord {
  readonly key: string
  /** base64 */
  readonly value: string
  /** The same for people. */
  readonly reads: unknown
}

/** In the order of their keys. */
export type Fixture = readonly FixtureRecord[]

function generations(): readonly number[] {
  return readdirSync(FOLDER)
    .map(Number)
    .sort((a, b) => a - b)
}

/** Those that have the scene: what it shows came into being with the first of them. */
export function generationsOf(name: string): readonly number[] {
  return generations().filter(generation => existsSync(fileOf(generation, name)))
}

export function readFixture(generation: number, name: string): Fixture {
  return JSON.parse(readFileSync(fileOf(generation, name), 'utf8'))
}

/** Only where there is none: what a release wrote stays what it wrote. */
export function keepFixture(name: string, fixture: Fixture): void {
  const file = fileOf(GENERATION, name)
  if (process.env.UPDATE_FIXTURES === undefined || existsSync(file)) return
  mkdirSync(dirname(file), { recursive: true })
  writeFileSync(file, `${JSON.stringify(fixture, null, 2)}\n`)
}

const fileOf = (generation: number, name: string): string => join(FOLDER, String(generation), `${name}.json`)

/** What a restoring shard would find. */
export function fixtureOf(h: ShardHarness): Fixture {
  return [...h.state()]
    .sort(([one], [other]) => (one < other ? -1 : 1))
    .map(([key, text]) => ({ key, value: Buffer.from(text).toString('base64'), reads: JSON.parse(text) }))
}

/** Into a log without a replica: the records, and topics that reach as far as the position says. */
export async function plant(h: ShardHarness, fixture: Fixture): Promise<void> {
  for (const { key, value } of fixture) {
    const bytes = Buffer.from(value, 'base64')
    await h.plantState(key, key === 'position' ? await prepared(h, bytes) : bytes.toString())
  }
}

/** The position as it was, but for the ids of its topics, which are this log's. */
async function prepared(h: ShardHarness, bytes: Buffer): Promise<string> {
  const { next, watermarks, topicIds } = decodePosition(bytes)
  for (const [name, watermark] of watermarks) {
    const partition = Number(name.slice(name.lastIndexOf('/') + 1))
    for (let offset = 0; offset <= watermark; offset++) await publishRegister(h, partition, 1777, 'guild_pq')
  }
  const transport = createMemoryTransport(h.log, { name: 'past', advertisedUrl: '' })
  const past = internalCommand(0, INTERNAL.shardCommands, {})
  await transport.openAppender('past').append(Array.from({ length: next }, () => past))
  const found = await transport.admin.describeTopics([...topicIds.keys()])
  const ids = [...topicIds.keys()].map(topic => [topic, found.get(topic)?.id])
  const stored = JSON.parse(bytes.toString())
  return JSON.stringify(topicIds.size === 0 ? stored : { ...stored, topicIds: Object.fromEntries(ids) })
}
