/**
 * What a record on the command topic is, decided a second time (second-reading.ts). Says nothing of what the quests
 * make of it.
 */
import type { Headers } from '../../src/contract/log-record.ts'
import {
  checkInteger,
  fieldsOf,
  hasTenant,
  jsonText,
  Malformed,
  membersOf,
  stringIn,
  uuidIn,
} from './second-reading.ts'

export type Verdict =
  | { readonly kind: 'foreign' | 'malformed' | 'no tenant' }
  | { readonly kind: 'register'; readonly questId: string }
  /** `instanceId` in lower case with dashes. */
  | { readonly kind: 'instance command'; readonly instanceId: string }

const OURS = ['REGISTER', 'START', 'STAGE_CLEAR_ATTEMPT', 'STAGE_ADVANCE', 'FORFEIT', 'UPDATE_STAGE_STATE']

export function verdictOn(value: Buffer | null, headers: Headers): Verdict {
  try {
    const text = jsonText(value)
    const outer = fieldsOf(text)
    const type = stringIn(outer.get('type'))
    if (type === '') throw new Malformed('type')
    if (!OURS.includes(type)) return { kind: 'foreign' }
    checkInteger(outer.get('worldid'), 8)
    checkInteger(outer.get('characterid'), 32)
    const body = outer.get('body') ?? 'null'
    const decided = bodyVerdict(type, body === 'null' ? new Map() : fieldsOf(body))
    return hasTenant(headers) ? decided : { kind: 'no tenant' }
  } catch (error) {
    if (error instanceof Malformed || error instanceof SyntaxError) return { kind: 'malformed' }
    throw error
  }
}

function bodyVerdict(type: string, body: ReadonlyMap<string, string>): Verdict {
  if (type === 'REGISTER') {
    checkInteger(body.get('partyid'), 32)
    checkInteger(body.get('channelid'), 8)
    checkInteger(body.get('mapid'), 32)
    return { kind: 'register', questId: stringIn(body.get('questid')) }
  }
  const instanceId = uuidIn(body.get('instanceid'))
  if (type === 'UPDATE_STAGE_STATE') for (const name of ['itemcounts', 'monsterkills']) checkCounts(body.get(name))
  return { kind: 'instance command', instanceId }
}

function checkCounts(text = 'null'): void {
  if (text === 'null') return
  // Two equal names are one field of an object, and its last value stands; two spellings of a number are two.
  for (const [name, count] of new Map(membersOf(text))) {
    if (!/^[0-9]+$/.test(name) || BigInt(name) >= 2n ** 32n) throw new Malformed('no count key')
    checkInteger(count, 32)
  }
}
