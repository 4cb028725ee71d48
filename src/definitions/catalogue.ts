/**
 * The definitions a process knows, and one definition as it is kept: parsed, frozen, as bytes, and named by them.
 * An instance holds on to the exact definition it was created with, so the bytes are what is stored and hashed.
 * Never reads a file (loading.ts) and never forgets or replaces an entry.
 */
import { createHash } from 'node:crypto'
import type { QuestDefinition } from '../contract/definition.ts'
import { LAYOUTS, type RecordLayout, readVersioned } from '../contract/record-layout.ts'
import { ConfigError, InvariantError, UnrestorableError } from '../errors.ts'
import { readDefinition } from './definition-reader.ts'

export interface Catalogue {
  get(questId: string): CompiledDefinition | undefined
  /** In the order of the file names. */
  all(): readonly CompiledDefinition[]
  readonly warnings: readonly string[]
}

export interface CompiledDefinition {
  /** `questId@hash`; the hash is the first 16 hex digits of the SHA-256 of the bytes. */
  readonly ref: string
  /** Frozen all the way down: every instance of the quest shares it. */
  readonly definition: QuestDefinition
  /** Canonical JSON, UTF-8. */
  readonly bytes: Buffer
}

/** A definition is one record beside the instances that use it: far below Kafka's usual limit of 1 MiB a record. */
export const DEFINITION_BYTES_MAX = 512 * 1024

/** @throws ConfigError with every fault of the definition, each `$.path: what is wrong (value …), cure`. */
export function compileDefinition(raw: unknown): CompiledDefinition {
  const reading = readDefinition(raw)
  if (reading.kind === 'faults') throw new ConfigError(reading.faults)
  const bytes = canonicalBytes(reading.definition)
  if (bytes.length > DEFINITION_BYTES_MAX) {
    throw new ConfigError([
      `$: is too large to be kept with its instances (${bytes.length} bytes), shorten it to at most ${DEFINITION_BYTES_MAX}`,
    ])
  }
  return fromBytes(bytes)
}

/**
 * Bytes that `compileDefinition` once made, under their name `ref`. They keep both, also where a newer release would
 * write them differently: instances in the log refer to them. `layout`: of another release, for tests.
 * @throws UnrestorableError where they are not a definition (any more), or not that one
 */
export function parseStoredDefinition(
  bytes: Buffer,
  ref: string,
  layout: RecordLayout = LAYOUTS.definition,
): CompiledDefinition {
  const reading = readDefinition(readVersioned(bytes, layout), 'stored')
  if (reading.kind === 'faults') {
    const reason = reading.faults.join('; ')
    throw new UnrestorableError(
      `a stored definition of ${bytes.length} bytes cannot be read: ${reason}; run the release that wrote it`,
    )
  }
  const compiled = named(reading.definition, bytes)
  if (compiled.ref !== ref) {
    throw new UnrestorableError(
      `these ${bytes.length} bytes are the definition ${compiled.ref}, not ${ref}: write back its own, byte for byte`,
    )
  }
  return compiled
}

export function makeCatalogue(definitions: readonly CompiledDefinition[], warnings: readonly string[] = []): Catalogue {
  const byQuestId = new Map<string, CompiledDefinition>()
  for (const compiled of definitions) {
    const { questId } = compiled.definition
    if (byQuestId.has(questId)) throw new InvariantError(`two definitions of ${questId} in one catalogue`)
    byQuestId.set(questId, compiled)
  }
  return { get: questId => byQuestId.get(questId), all: () => definitions, warnings }
}

/** What runs is always read from the bytes, so it cannot differ from what is restored later. */
function fromBytes(bytes: Buffer): CompiledDefinition {
  const reading = readDefinition(JSON.parse(bytes.toString('utf8')))
  if (reading.kind === 'faults') throw new ConfigError(reading.faults)
  return named(reading.definition, bytes)
}

function named(read: QuestDefinition, bytes: Buffer): CompiledDefinition {
  const definition = deeplyFrozen(read)
  const hash = createHash('sha256').update(bytes).digest('hex').slice(0, 16)
  return { ref: `${definition.questId}@${hash}`, definition, bytes }
}

/**
 * The version of the layout, then the schema's own key order, no white space, and sorted names in what is kept without being understood: the same
 * definition written differently has the same bytes.
 */
function canonicalBytes(definition: QuestDefinition): Buffer {
  const versioned = { version: LAYOUTS.definition.written, ...definition }
  const json = JSON.stringify(versioned, (name, value: unknown) =>
    name === 'properties' || name === 'startEvents' ? withSortedNames(value) : value,
  )
  return Buffer.from(json, 'utf8')
}

function withSortedNames(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withSortedNames)
  if (typeof value !== 'object' || value === null) return value
  const members = Object.entries(value).map(([name, inner]) => [name, withSortedNames(inner)] as const)
  return Object.fromEntries(members.sort(([a], [b]) => (a < b ? -1 : 1)))
}

function deeplyFrozen<Value>(value: Value): Value {
  if (typeof value !== 'object' || value === null) return value
  for (const inner of Object.values(value)) deeplyFrozen(inner)
  return Object.freeze(value)
}
