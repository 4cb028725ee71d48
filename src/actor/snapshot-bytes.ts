/**
 * An instance as the bytes of its state record, and back. The definition is named, not copied; what the machine can
 * compute is not stored. Every version ever written can be read: contract/record-layout.ts has the migrations.
 */
import type { PartyQuestContext, Rules, Run, StageState } from '../../machines/context.ts'
import { partyQuestMachine, RESTING_STATES, type RestingState } from '../../machines/party-quest.ts'
import { isObject } from '../contract/json.ts'
import type { InstanceIdentity } from '../contract/messages.ts'
import { LAYOUTS, REPAIR, type RecordLayout, readVersioned } from '../contract/record-layout.ts'
import { UnrestorableError } from '../errors.ts'
import { type ArmedBy, contextOf, type Instance, stateOf } from './instance.ts'

interface StoredInstance {
  readonly version: number
  readonly value: RestingState
  readonly context: {
    readonly identity: InstanceIdentity
    readonly advance: Rules['advance']
    readonly run: Run
    readonly stage: StageState
  }
  /** `questId@hash` */
  readonly definition: string
  readonly armedBy: ArmedBy
}

/** The rules of a stored instance, from the definition that it names and the `advance` that it was born with. */
export type RulesOf = (definition: string, advance: Rules['advance']) => Rules

export function encodeInstance(instance: Instance): Buffer {
  const { identity, rules, run, stage } = contextOf(instance)
  const stored: StoredInstance = {
    version: LAYOUTS.instance.written,
    value: stateOf(instance),
    context: { identity, advance: rules.advance, run, stage },
    definition: instance.definition,
    armedBy: instance.armedBy,
  }
  return Buffer.from(JSON.stringify(stored))
}

/**
 * `layout`: of another release, for tests.
 * @throws UnrestorableError not a state record, of an unknown version, or its definition is not there
 */
export function decodeInstance(bytes: Buffer, rulesOf: RulesOf, layout: RecordLayout = LAYOUTS.instance): Instance {
  const { value, context, definition, armedBy } = readStored(bytes, layout)
  const { identity, advance, run, stage } = context
  const restored: PartyQuestContext = { identity, rules: rulesOf(definition, advance), run, stage }
  return { snapshot: partyQuestMachine.resolveState({ value, context: restored }), definition, armedBy }
}

function readStored(bytes: Buffer, layout: RecordLayout): StoredInstance {
  const stored: Partial<StoredInstance> = readVersioned(bytes, layout)
  const { value, context, definition, armedBy } = stored
  if (
    value === undefined ||
    !RESTING_STATES.includes(value) ||
    context?.identity === undefined ||
    context.run === undefined ||
    context.stage === undefined ||
    typeof definition !== 'string' ||
    !isObject(armedBy)
  ) {
    throw new UnrestorableError(`instance record lacks a part: ${bytes.subarray(0, 80).toString()}; ${REPAIR}`)
  }
  return stored as StoredInstance
}
