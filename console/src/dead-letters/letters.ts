/**
 * Dead letters as the page keeps them, and as commands to send again. Pure.
 */
import type { DeadLetter } from '../../../src/api/documents.ts'
import type { CommandToSend } from '../api/client.ts'

export interface Letter {
  readonly id: string
  readonly letter: DeadLetter
}

/** How many of each code, the most first. */
export function codesOf(letters: readonly Letter[]): readonly (readonly [code: string, count: number])[] {
  const counts = new Map<string, number>()
  for (const { letter } of letters) counts.set(letter.code, (counts.get(letter.code) ?? 0) + 1)
  return [...counts].toSorted(([one, most], [other, least]) => least - most || (one < other ? -1 : 1))
}

/** `newest` before those that were read already; each once. */
export function merged(newest: readonly Letter[], read: readonly Letter[]): readonly Letter[] {
  const known = new Set(newest.map(({ id }) => id))
  return [...newest, ...read.filter(({ id }) => !known.has(id))]
}

/** Indented where it is JSON, else as it came. */
export function prettyValue(value: string): string {
  try {
    return JSON.stringify(JSON.parse(value), null, 2)
  } catch {
    return value
  }
}

/** What goes into the editor: one record of `POST /api/commands`. */
export function draftOf({ value, tenant }: DeadLetter): string {
  const record = { value: value === null ? {} : parsedOrText(value), ...(tenant === null ? {} : { tenant }) }
  return JSON.stringify(record, null, 2)
}

export type ReadDraft = { readonly record: CommandToSend } | { readonly fault: string }

/** Only whether it can be sent: what is wrong with the command is the service's to say. */
export function readDraft(draft: string): ReadDraft {
  let parsed: unknown
  try {
    parsed = JSON.parse(draft)
  } catch (error) {
    return { fault: `this is not JSON: ${error instanceof Error ? error.message : String(error)}` }
  }
  if (typeof parsed !== 'object' || parsed === null || !('value' in parsed)) {
    return { fault: 'a record needs "value", the command; "tenant" goes beside it' }
  }
  const record = parsed as CommandToSend
  const key = instanceIdOf(record.value)
  // As `party-quests send` does: what is sent to one instance stays in order.
  return { record: record.key !== undefined || key === undefined ? record : { ...record, key } }
}

function instanceIdOf(value: unknown): string | undefined {
  if (typeof value !== 'object' || value === null || !('body' in value)) return undefined
  const { body } = value
  if (typeof body !== 'object' || body === null || !('instanceId' in body)) return undefined
  return typeof body.instanceId === 'string' ? body.instanceId : undefined
}

function parsedOrText(value: string): unknown {
  try {
    const parsed: unknown = JSON.parse(value)
    return typeof parsed === 'object' && parsed !== null && !Array.isArray(parsed) ? parsed : value
  } catch {
    return value
  }
}
