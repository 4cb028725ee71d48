/**
 * Which versions of each internal record this release reads and which it writes: the one place that knows.
 * A newer layout brings one entry, the pure function from the version before it; older records pass through all that
 * are behind theirs, so every version ever written stays readable. What may change without a new version, and in
 * which order a new one is rolled out: docs/decisions/0006-state-versions.md. Never guesses at a version it lacks.
 */
import { UnrestorableError } from '../errors.ts'
import { isObject, type JsonObject } from './json.ts'
import { isNestedDeeper } from './json-text.ts'

/** A whole record of one version as one of the next, its `version` included. Pure, and never changes its argument. */
export type Migration = (older: JsonObject) => JsonObject

export interface RecordLayout {
  /** How messages call it. */
  readonly kind: string
  /** `migrations[n - 1]` leads from version n to n + 1: the newest version that is read is one more than there are. */
  readonly migrations: readonly Migration[]
  /** At most the newest that is read; one less while replicas that cannot read the newest may still run. */
  readonly written: number
  /** The version of records that were written before they carried one. */
  readonly unversioned?: number
}

export const LAYOUTS = {
  position: { kind: 'position', migrations: [], written: 1 },
  /**
   * Version 2: custom data are texts. One without any is still written as version 1, which says the same of it, so that
   * releases that know no custom data read whatever has none.
   */
  instance: { kind: 'instance', migrations: [customDataAsTexts], written: 1 },
  definition: { kind: 'definition', migrations: [], written: 1, unversioned: 1 },
  pending: { kind: 'pending', migrations: [], written: 1 },
  effect: { kind: 'effect', migrations: [], written: 1 },
  /** The answers that a shard appends for itself; their version is in the header. */
  internal: { kind: 'internal command', migrations: [], written: 1 },
} as const satisfies Readonly<Record<string, RecordLayout>>

/** Nothing ever set custom data in version 1, where they were numbers. */
function customDataAsTexts(older: JsonObject): JsonObject {
  const { context } = older
  const stage = isObject(context) ? context.stage : undefined
  if (!isObject(context) || !isObject(stage) || !isObject(stage.data)) return { ...older, version: 2 }
  const entries = Object.entries(stage.data)
  if (entries.length === 0) return { ...older, version: 2 }
  const data = Object.fromEntries(
    entries.map(([key, value]) => [key, typeof value === 'number' ? String(value) : value]),
  )
  return { ...older, version: 2, context: { ...context, stage: { ...stage, data } } }
}

export const newestReadable = ({ migrations }: RecordLayout): number => migrations.length + 1

/**
 * The value of a state record, as one of the newest version.
 * @throws UnrestorableError no JSON object, nested too deep, or of a version that this release does not read
 */
export function readVersioned(value: Buffer, layout: RecordLayout): JsonObject {
  const text = value.toString()
  let stored: unknown
  try {
    stored = JSON.parse(text)
  } catch (cause) {
    throw new UnrestorableError(`${layout.kind} record is not JSON: ${shown(value)}; ${repairOf(layout)}`, { cause })
  }
  if (!isObject(stored))
    throw new UnrestorableError(`${layout.kind} record is no object: ${shown(value)}; ${repairOf(layout)}`)
  // What can be parsed so deep cannot always be written again, and that would be found out in the middle of a commit.
  if (isNestedDeeper(text, NESTED_LEVELS_MAX)) {
    const fault = `is nested deeper than ${NESTED_LEVELS_MAX} levels`
    throw new UnrestorableError(`${layout.kind} record ${fault}: ${shown(value)}; ${repairOf(layout)}`)
  }
  return migrated(stored, stored.version ?? layout.unversioned, layout)
}

/**
 * A record of `version` as one of the newest.
 * @throws UnrestorableError a version that this release does not read, or a migration that cannot follow the record
 */
export function migrated(stored: JsonObject, version: unknown, layout: RecordLayout): JsonObject {
  const newest = newestReadable(layout)
  if (typeof version !== 'number' || !Number.isSafeInteger(version) || version < 1 || version > newest) {
    throw unknownVersion(version, layout)
  }
  let record = stored
  for (let from = version; from < newest; from++) record = migrate(record, from, layout)
  return record
}

function migrate(record: JsonObject, from: number, { kind, migrations }: RecordLayout): JsonObject {
  try {
    return migrations[from - 1]?.(record) ?? record
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause)
    throw new UnrestorableError(`${kind} record cannot be taken from version ${from} to ${from + 1}: ${reason}`, {
      cause,
    })
  }
}

/** What to do about a record that no release has written like that. */
export const REPAIR =
  'write the right value under the same key, or a tombstone to give up what it holds, and restart the replica'

/** The same, where it is the position: without one a shard cannot know what it has done, and a tombstone makes it so. */
const REPAIR_POSITION =
  'write the right value under the same key (no tombstone: it cannot go on without one), and restart'

export const repairOf = ({ kind }: RecordLayout): string => (kind === LAYOUTS.position.kind ? REPAIR_POSITION : REPAIR)

/** What to do about a record of a version that was made after this release. */
export const UPGRADE = 'run the release that wrote it, or a newer one'

/** `1`, or `1 to 3`. */
export const versionsTo = (newest: number): string => (newest === 1 ? '1' : `1 to ${newest}`)

function unknownVersion(version: unknown, layout: RecordLayout): UnrestorableError {
  const newest = newestReadable(layout)
  const cure = typeof version === 'number' && version > newest ? UPGRADE : repairOf(layout)
  return new UnrestorableError(
    `${layout.kind} record ${version === undefined ? 'without a version' : `of version ${String(version)}`}, this release reads ${versionsTo(newest)}: ${cure}`,
  )
}

const SHOWN_BYTES_MAX = 80
/** Twice what a definition may have. */
const NESTED_LEVELS_MAX = 200

function shown(value: Buffer): string {
  return value.subarray(0, SHOWN_BYTES_MAX).toString()
}
