/**
 * An instance as the bytes of its state record, and back. The definition is named, not copied; what the machine can
 * compute is not stored. Every version ever written can be read: contract/record-layout.ts has the migrations.
 */
import type { PartyQuestContext, Rules } from '../../machines/context.ts'
import { LAYOUTS, newestReadable, REPAIR, type RecordLayout, readVersioned } from '../contract/record-layout.ts'
import { UnrestorableError } from '../errors.ts'
import { contextOf, type Instance, stateOf } from './instance.ts'
import { restingSnapshot } from './resting-snapshot.ts'
import { checkInstance, type StoredInstance } from './stored-instance.ts'

const SHOWN_BYTES_MAX = 80

/** The rules of a stored instance, from the definition that it names and the `advance` that it was born with. */
export type RulesOf = (definition: string, advance: Rules['advance']) => Rules

export function encodeInstance(instance: Instance): Buffer {
  const { identity, rules, run, stage } = contextOf(instance)
  const stored: StoredInstance = {
    version: isEmpty(stage.data) ? LAYOUTS.instance.written : newestReadable(LAYOUTS.instance),
    value: stateOf(instance),
    context: { identity, advance: rules.advance, run, stage },
    definition: instance.definition,
    armedBy: instance.armedBy,
  }
  return Buffer.from(JSON.stringify(stored))
}

function isEmpty(data: object): boolean {
  for (const _ in data) return false
  return true
}

/**
 * `layout`: of another release, for tests.
 * @throws UnrestorableError not a state record, of an unknown version, or its definition is not there
 */
export function decodeInstance(bytes: Buffer, rulesOf: RulesOf, layout: RecordLayout = LAYOUTS.instance): Instance {
  const { value, context, definition, armedBy } = readStored(bytes, layout)
  const { identity, advance, run, stage } = context
  const restored: PartyQuestContext = { identity, rules: rulesOf(definition, advance), run, stage }
  return { snapshot: restingSnapshot(value, restored), definition, armedBy }
}

function readStored(bytes: Buffer, layout: RecordLayout): StoredInstance {
  const checked = checkInstance(readVersioned(bytes, layout))
  if ('instance' in checked) return checked.instance
  const shown = bytes.subarray(0, SHOWN_BYTES_MAX).toString()
  throw new UnrestorableError(`instance record is damaged at ${checked.damagedAt}: ${shown}; ${REPAIR}`)
}
