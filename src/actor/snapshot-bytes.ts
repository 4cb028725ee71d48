/**
 * An instance as the bytes of its state record, and back. The definition is named, not copied; what the machine can
 * compute is not stored. Every version ever written can be read: a newer layout brings a migration for the older.
 */
import type { PartyQuestContext, Rules, Run, StageState } from '../../machines/context.ts'
import { partyQuestMachine, RESTING_STATES, type RestingState } from '../../machines/party-quest.ts'
import type { InstanceIdentity } from '../contract/messages.ts'
import { UnrestorableError } from '../errors.ts'
import { type ArmedBy, contextOf, type Instance, stateOf } from './instance.ts'

export const STATE_VERSION = 1

interface StoredInstance {
  readonly version: typeof STATE_VERSION
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
    version: STATE_VERSION,
    value: stateOf(instance),
    context: { identity, advance: rules.advance, run, stage },
    definition: instance.definition,
    armedBy: instance.armedBy,
  }
  return Buffer.from(JSON.stringify(stored))
}

/** @throws UnrestorableError not a state record, of an unknown version, or its definition is not there */
export function decodeInstance(bytes: Buffer, rulesOf: RulesOf): Instance {
  const { value, context, definition, armedBy } = readStored(bytes)
  const { identity, advance, run, stage } = context
  const restored: PartyQuestContext = { identity, rules: rulesOf(definition, advance), run, stage }
  return { snapshot: partyQuestMachine.resolveState({ value, context: restored }), definition, armedBy }
}

function readStored(bytes: Buffer): StoredInstance {
  let stored: Partial<StoredInstance> & { version?: unknown }
  try {
    stored = JSON.parse(bytes.toString())
  } catch (cause) {
    throw new UnrestorableError(`state record is not JSON: ${bytes.subarray(0, 80).toString()}`, { cause })
  }
  if (stored?.version !== STATE_VERSION) {
    throw new UnrestorableError(
      `state record of version ${stored?.version}, this release reads ${STATE_VERSION}: run a release that knows it`,
    )
  }
  const { value, context, definition } = stored
  if (
    value === undefined ||
    !RESTING_STATES.includes(value) ||
    context?.identity === undefined ||
    context.run === undefined ||
    context.stage === undefined ||
    typeof definition !== 'string'
  ) {
    throw new UnrestorableError(`state record lacks a part: ${bytes.subarray(0, 80).toString()}`)
  }
  return stored as StoredInstance
}
