/**
 * The outside of a command: is it an object, whose type is it, where is its body? Read before anything else, the
 * same way by routing and by decoding, so that the two can never disagree. Judges no field but `type`.
 */
import { describe, type Fields, type Folded, fieldsOf, fold, isObject, parseObject } from './json.ts'
import { type Refusal, refuse } from './refusal.ts'

export const COMMAND_TYPES = [
  'REGISTER',
  'START',
  'STAGE_CLEAR_ATTEMPT',
  'STAGE_ADVANCE',
  'FORFEIT',
  'UPDATE_STAGE_STATE',
  'LEAVE',
  'ENTER_BONUS',
  'UPDATE_CUSTOM_DATA',
  'BROADCAST_MESSAGE',
] as const

export type CommandType = (typeof COMMAND_TYPES)[number]

const known: ReadonlySet<string> = new Set(COMMAND_TYPES)

function isCommandType(type: string): type is CommandType {
  return known.has(type)
}

type OuterName = 'worldId' | 'characterId' | 'type' | 'body'

export interface Envelope {
  readonly kind: 'command'
  readonly type: CommandType
  readonly outer: Folded<OuterName>
  /** The whole value. */
  readonly text: string
}

export type ReadEnvelope =
  | Envelope
  /** A type of another service on a shared topic: nothing else in it is looked at. */
  | { readonly kind: 'foreign'; readonly type: string }
  | { readonly kind: 'malformed'; readonly refusal: Refusal }

const OUTER = fieldsOf<OuterName>('worldId', 'characterId', 'type', 'body')

export function readEnvelope(value: Buffer | null): ReadEnvelope {
  const parsed = parseObject(value)
  if ('problem' in parsed) return { kind: 'malformed', refusal: refuse('MALFORMED', parsed.problem) }
  const outer = fold(parsed.object, OUTER, parsed.text)
  const type = outer.type
  if (typeof type !== 'string' || type === '') {
    const reason = `type is ${describe(type)}: must be one of ${COMMAND_TYPES.join(', ')}`
    return { kind: 'malformed', refusal: refuse('MALFORMED', reason) }
  }
  if (!isCommandType(type)) return { kind: 'foreign', type }
  return { kind: 'command', type, outer, text: parsed.text }
}

const BODY_PATH = ['body'] as const

/** The body's known fields under their own names; anything but an object comes back as it is. */
export function foldBody<Name extends string>(envelope: Envelope, fields: Fields<Name>): unknown {
  const { body } = envelope.outer
  return isObject(body) ? fold(body, fields, envelope.text, BODY_PATH) : body
}
