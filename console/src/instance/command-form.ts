/**
 * A command as its form has it, and the record that becomes of it: which fields each has, what they begin with, and
 * what is wrong with what was typed. Pure. Whether the command is taken, the dry run and the service say.
 */
import type { Instance } from '../../../src/api/documents.ts'

export interface Field {
  readonly name: string
  readonly hint: string
  readonly kind: 'number' | 'counts' | 'text' | 'texts' | 'words'
  readonly start: string
}

export interface CommandValue {
  readonly worldId: number
  readonly characterId: number
  readonly type: string
  readonly body: Readonly<Record<string, unknown>>
}

export type Made = { readonly value: CommandValue } | { readonly faults: Readonly<Record<string, string>> }

type Seen = Pick<Instance, 'characters' | 'conditions' | 'worldId' | 'channelId' | 'partyId' | 'questId'>

const UINT32_MAX = 4_294_967_295
const UINT8_MAX = 255

export function fieldsOf(
  type: string,
  { characters, conditions, channelId, partyId, questId }: Seen,
): readonly Field[] {
  const who: Field = {
    name: 'characterId',
    hint: 'who does it',
    kind: 'number',
    start: `${characters[0]?.characterId ?? 0}`,
  }
  if (type === 'UPDATE_STAGE_STATE') {
    return [
      who,
      { name: 'itemCounts', hint: 'item: how many more', kind: 'counts', start: missing(conditions, isItem) },
      { name: 'monsterKills', hint: 'monster: how many more', kind: 'counts', start: missing(conditions, isKill) },
    ]
  }
  if (type === 'UPDATE_CUSTOM_DATA') {
    return [
      who,
      { name: 'updates', hint: 'key: what it is set to', kind: 'texts', start: '' },
      { name: 'increments', hint: 'keys that go up by one', kind: 'words', start: unmetKey(conditions) },
    ]
  }
  if (type === 'BROADCAST_MESSAGE') {
    return [
      who,
      { name: 'messageType', hint: 'how it is shown', kind: 'text', start: 'NOTICE' },
      { name: 'message', hint: 'for every member', kind: 'text', start: '' },
    ]
  }
  if (type !== 'REGISTER') return [who]
  return [
    { ...who, start: '' },
    { name: 'questId', hint: 'of the quest', kind: 'text', start: questId },
    { name: 'partyId', hint: '0: none', kind: 'number', start: `${partyId}` },
    { name: 'channelId', hint: '0 to 255', kind: 'number', start: `${channelId}` },
    { name: 'mapId', hint: '0: not told', kind: 'number', start: '0' },
  ]
}

type Condition = Seen['conditions'][number]
const isItem = ({ type }: Condition) => type === 'item' || type === 'item_count'
const isKill = ({ type }: Condition) => type === 'monster_kill'

/** What the stage still asks for: the likeliest thing to send. */
function missing(conditions: readonly Condition[], isOurs: (condition: Condition) => boolean): string {
  return conditions
    .filter(condition => isOurs(condition) && !condition.holds && condition.value > condition.current)
    .map(({ referenceId, value, current }) => `${referenceId}: ${value - current}`)
    .join(', ')
}

function unmetKey(conditions: readonly Condition[]): string {
  return conditions.find(({ type, holds }) => type === 'custom_data' && !holds)?.referenceKey ?? ''
}

export function makeCommand(
  type: string,
  instanceId: string,
  seen: Seen,
  typed: Readonly<Record<string, string>>,
): Made {
  const faults: Record<string, string> = {}
  const values: Record<string, unknown> = {}
  for (const { name, kind, start } of fieldsOf(type, seen)) {
    const text = (typed[name] ?? start).trim()
    const max = name === 'channelId' ? UINT8_MAX : UINT32_MAX
    const read = READERS[kind](text, max)
    if (read instanceof Fault) faults[name] = read.reason
    else values[name] = read
  }
  if (Object.keys(faults).length > 0) return { faults }
  const { characterId, ...body } = values
  return {
    value: {
      worldId: seen.worldId,
      characterId: typeof characterId === 'number' ? characterId : 0,
      type,
      body: type === 'REGISTER' ? body : { instanceId, ...body },
    },
  }
}

const READERS: Readonly<Record<Field['kind'], (text: string, max: number) => unknown>> = {
  number: uint,
  counts,
  text: text => text,
  texts,
  words: text => pieces(text).map(piece => piece.trim()),
}

class Fault {
  readonly reason: string
  constructor(reason: string) {
    this.reason = reason
  }
}

function uint(text: string, max: number): number | Fault {
  const value = Number(text)
  return /^\d+$/.test(text) && value <= max ? value : new Fault(`a whole number from 0 to ${max}`)
}

function pieces(text: string): readonly string[] {
  return text.split(',').filter(piece => piece.trim() !== '')
}

/** `stage: 4, mood: good`; nothing is none. fromEntries defines, so that a key like `__proto__` stays a key. */
function texts(text: string): Readonly<Record<string, string>> | Fault {
  const pairs = pieces(text).map(piece => /^([^:=]+)[:=](.*)$/.exec(piece))
  if (pairs.includes(null)) return new Fault('as stage: 4, mood: good')
  return Object.fromEntries(pairs.map(pair => [pair?.[1]?.trim() ?? '', pair?.[2]?.trim() ?? '']))
}

/** `4001008: 3, 4001007: 1`; nothing is none. */
function counts(text: string): Readonly<Record<string, number>> | Fault {
  const found: Record<string, number> = {}
  for (const part of pieces(text)) {
    const match = /^\s*(\d+)\s*[:=]\s*(\d+)\s*$/.exec(part)
    const [id, count] = [uint(match?.[1] ?? '', UINT32_MAX), uint(match?.[2] ?? '', UINT32_MAX)]
    if (id instanceof Fault || count instanceof Fault) return new Fault('as 4001008: 3, 4001007: 1')
    found[id] = count
  }
  return found
}
