/**
 * What a shard must know of an instance at once, read straight from the bytes of its state record: a third of the work
 * of decoding it, and no objects. Takes only the very layout that snapshot-bytes.ts writes, checked to the last byte, so
 * whatever it takes can be decoded later; of anything else it says nothing, and the decoder is the judge.
 */
import { TIMER_NAMES, type TimerName } from '../../machines/deadlines.ts'
import { RESTING_STATES, type RestingState } from '../../machines/party-quest.ts'
import type { CharacterId, QuestId, TenantId } from '../contract/ids.ts'
import type { InstanceIdentity } from '../contract/messages.ts'
import { LAYOUTS, newestReadable } from '../contract/record-layout.ts'
import { isSameTenant, type Tenant, tenantKey } from '../contract/tenant.ts'
import { contextOf, type Instance, nextTimer, stateOf } from './instance.ts'

/** Of the identity: a tenant is the same object for all its instances that one scan reads. */
export interface Summary extends Omit<InstanceIdentity, 'instanceId'> {
  readonly state: RestingState
  readonly characters: readonly CharacterId[]
  /** Of the stage being played. */
  readonly stageIndex: number
  /** Epoch milliseconds. */
  readonly registeredAt: number
  /** Epoch milliseconds; 0 before START. */
  readonly startedAt: number
  /** Epoch milliseconds. */
  readonly stageStartedAt: number
  /** Epoch milliseconds of the next timer. */
  readonly deadline: number | undefined
  /** The next timer. */
  readonly timer: TimerName | undefined
  /** `questId@hash` */
  readonly definition: string
}

/** The same of an instance that was decoded. */
export function summaryOf(instance: Instance): Summary {
  const { identity, run, stage } = contextOf(instance)
  const next = nextTimer(instance)
  const { tenant, questId, worldId, channelId, partyId, affinity } = identity
  return {
    state: stateOf(instance),
    tenant,
    questId,
    worldId,
    channelId,
    partyId,
    affinity,
    characters: run.members.map(({ characterId }) => characterId),
    stageIndex: run.stageIndex,
    registeredAt: run.registeredAt,
    startedAt: run.startedAt,
    stageStartedAt: stage.startedAt,
    deadline: next?.at,
    timer: next?.timer,
    definition: instance.definition,
  }
}

const literal = (text: string): Buffer => Buffer.from(text, 'latin1')

const START = literal('{"version":')
const VALUE = literal(',"value":"')
const CONTEXT = literal('","context":{"identity":{"instanceId":"')
const TENANT = literal('","tenant":{"id":"')
const REGION = literal('","region":"')
const MAJOR_VERSION = literal('","majorVersion":')
const MINOR_VERSION = literal(',"minorVersion":')
const QUEST = literal('},"questId":"')
const WORLD = literal('","worldId":')
const CHANNEL = literal(',"channelId":')
const PARTY = literal(',"partyId":')
const AFFINITY = literal(',"affinity":')
const ADVANCE = literal('},"advance":"')
const MEMBERS = literal('","run":{"members":[')
const CHARACTER = literal('{"characterId":')
const LEVEL = literal(',"level":')
const STAGE_INDEX = literal('],"stageIndex":')
const REGISTERED_AT = literal(',"registeredAt":')
const STARTED_AT = literal(',"startedAt":')
const DEADLINES = literal(',"deadlines":{')
const STAGE = literal('}},"stage":{"startedAt":')
const ATTEMPTS = literal(',"attempts":')
const ITEMS = literal(',"items":{')
const KILLS = literal('},"kills":{')
const DATA = literal('},"data":{')
const DEFINITION = literal('}}},"definition":"')
const ARMED_BY = literal('","armedBy":{')
const END = literal('}}')

const NEXT = literal(',')
const CLOSE = literal('}')
const QUOTE = literal('"')
const NEXT_QUOTE = literal(',"')
const QUOTE_COLON = literal('":')
const QUOTE_COLON_QUOTE = literal('":"')

const QUOTE_BYTE = 0x22
const BACKSLASH = 0x5c
const COMMA = 0x2c
const CLOSE_BYTE = 0x7d
const CLOSE_LIST = 0x5d
const ZERO = 0x30
const NINE = 0x39
const SPACE = 0x20
const DELETE = 0x7f
/** So many are exact in a double, whatever they are. */
const DIGITS_MAX = 15

const ADVANCES = ['command', 'automatic']

/** Reads one record after the other, and keeps the texts that many of them share. */
export class SnapshotScan {
  readonly #states = new SharedTexts()
  readonly #tenantIds = new SharedTexts()
  readonly #regions = new SharedTexts()
  readonly #questIds = new SharedTexts()
  readonly #advances = new SharedTexts()
  readonly #timers = new SharedTexts()
  readonly #definitions = new SharedTexts()
  readonly #tenants = new Map<string, Tenant>()
  #tenant: Tenant | undefined
  #bytes: Buffer = Buffer.alloc(0)
  #at = 0
  #textStart = 0
  /** The earliest timer that was read last: its place in TIMER_NAMES, below 0 for none, and its moment. */
  #next = -1
  #nextAt: number | undefined
  #isRegular = true

  /** `undefined`: not laid out as this release writes it, which is no fault yet. Keeps nothing of `bytes`. */
  read(bytes: Buffer): Summary | undefined {
    this.#bytes = bytes
    this.#at = 0
    this.#isRegular = true
    const version = this.#number(START)
    const state = RESTING_STATES[RESTING_STATES.indexOf(this.#text(VALUE, this.#states) as RestingState)]
    this.#skipText(CONTEXT)
    const tenant = this.#readTenant()
    const questId = this.#text(QUEST, this.#questIds) as QuestId
    const worldId = this.#number(WORLD)
    const channelId = this.#number(CHANNEL)
    const partyId = this.#number(PARTY)
    const affinity = this.#number(AFFINITY)
    const advance = this.#text(ADVANCE, this.#advances)
    const characters = this.#members()
    const stageIndex = this.#number(STAGE_INDEX)
    const registeredAt = this.#number(REGISTERED_AT)
    const startedAt = this.#number(STARTED_AT)
    this.#deadlines()
    const stageStartedAt = this.#number(STAGE)
    this.#number(ATTEMPTS)
    this.#skipCounts(ITEMS)
    this.#skipCounts(KILLS)
    this.#skipTexts(DATA)
    const definition = this.#text(DEFINITION, this.#definitions)
    this.#skipArmedBy()
    this.#expect(END)
    if (version < LAYOUTS.instance.written || version > newestReadable(LAYOUTS.instance)) return undefined
    if (!this.#isRegular || this.#at !== bytes.length || state === undefined || !ADVANCES.includes(advance)) {
      return undefined
    }
    return {
      state,
      tenant,
      questId,
      worldId,
      channelId,
      partyId,
      affinity,
      characters,
      stageIndex,
      registeredAt,
      startedAt,
      stageStartedAt,
      deadline: this.#nextAt,
      timer: TIMER_NAMES[this.#next],
      definition,
    }
  }

  #readTenant(): Tenant {
    const id = this.#text(TENANT, this.#tenantIds) as TenantId
    const region = this.#text(REGION, this.#regions)
    const majorVersion = this.#number(MAJOR_VERSION)
    const minorVersion = this.#number(MINOR_VERSION)
    const read: Tenant = { id, region, majorVersion, minorVersion }
    if (this.#tenant !== undefined && isSameTenant(this.#tenant, read)) return this.#tenant
    const key = tenantKey(read)
    const known = this.#tenants.get(key) ?? read
    this.#tenants.set(key, known)
    this.#tenant = known
    return known
  }

  #members(): readonly CharacterId[] {
    this.#expect(MEMBERS)
    const characters: CharacterId[] = []
    while (this.#isRegular && this.#bytes[this.#at] !== CLOSE_LIST) {
      if (characters.length > 0) this.#expect(NEXT)
      characters.push(this.#number(CHARACTER) as CharacterId)
      if (this.#bytes[this.#at] === COMMA) this.#number(LEVEL)
      this.#expect(CLOSE)
    }
    return characters
  }

  #deadlines(): void {
    let earliest: number | undefined
    let next = -1
    let seen = 0
    this.#expect(DEADLINES)
    for (let first = true; this.#isRegular && this.#bytes[this.#at] !== CLOSE_BYTE; first = false) {
      const timer = TIMER_NAMES.indexOf(this.#text(first ? QUOTE : NEXT_QUOTE, this.#timers) as TimerName)
      const at = this.#number(QUOTE_COLON)
      // Of two entries of one timer the decoder takes the last.
      if (timer < 0 || (seen & (1 << timer)) !== 0) this.#isRegular = false
      seen |= 1 << timer
      // Of two at the same moment the one that comes first in TIMER_NAMES, as machines/deadlines.ts has it.
      if (earliest === undefined || at < earliest || (at === earliest && timer < next)) {
        earliest = at
        next = timer
      }
    }
    this.#nextAt = earliest
    this.#next = next
  }

  #skipCounts(before: Buffer): void {
    this.#expect(before)
    for (let first = true; this.#isRegular && this.#bytes[this.#at] !== CLOSE_BYTE; first = false) {
      this.#skipText(first ? QUOTE : NEXT_QUOTE)
      this.#number(QUOTE_COLON)
    }
  }

  #skipArmedBy(): void {
    this.#skipTexts(ARMED_BY)
  }

  #skipTexts(before: Buffer): void {
    this.#expect(before)
    for (let first = true; this.#isRegular && this.#bytes[this.#at] !== CLOSE_BYTE; first = false) {
      this.#skipText(first ? QUOTE : NEXT_QUOTE)
      this.#skipText(QUOTE_COLON_QUOTE)
      this.#expect(QUOTE)
    }
  }

  /** What follows must be `expected`. */
  #expect(expected: Buffer): void {
    const bytes = this.#bytes
    const start = this.#at
    const { length } = expected
    for (let index = 0; index < length; index += 1) {
      if (bytes[start + index] !== expected[index]) {
        this.#isRegular = false
        return
      }
    }
    this.#at = start + length
  }

  /** An integer of 0 or more behind `before`. */
  #number(before: Buffer): number {
    this.#expect(before)
    const bytes = this.#bytes
    const start = this.#at
    let at = start
    let value = 0
    for (let byte = bytes[at] ?? 0; byte >= ZERO && byte <= NINE; byte = bytes[at] ?? 0) {
      value = value * 10 + byte - ZERO
      at += 1
    }
    const digits = at - start
    if (digits === 0 || digits > DIGITS_MAX || (digits > 1 && bytes[start] === ZERO)) this.#isRegular = false
    this.#at = at
    return value
  }

  /** Text behind `before`, up to a quote. */
  #text(before: Buffer, known: SharedTexts): string {
    this.#skipText(before)
    return this.#isRegular ? known.get(this.#bytes, this.#textStart, this.#at) : ''
  }

  /** Only of characters that stand for themselves. */
  #skipText(before: Buffer): void {
    this.#expect(before)
    const bytes = this.#bytes
    let at = this.#at
    this.#textStart = at
    let byte = bytes[at] ?? 0
    while (byte >= SPACE && byte < DELETE && byte !== QUOTE_BYTE && byte !== BACKSLASH) {
      at += 1
      byte = bytes[at] ?? 0
    }
    if (byte !== QUOTE_BYTE) this.#isRegular = false
    this.#at = at
  }
}

/** Makes a string of bytes once, and finds it again: most records have what the one before them has. */
class SharedTexts {
  readonly #texts = new Map<string, string>()
  #last = ''

  get(bytes: Buffer, start: number, end: number): string {
    if (!isText(this.#last, bytes, start, end)) {
      const text = bytes.toString('latin1', start, end)
      const known = this.#texts.get(text) ?? text
      this.#texts.set(known, known)
      this.#last = known
    }
    return this.#last
  }
}

function isText(text: string, bytes: Buffer, start: number, end: number): boolean {
  if (text.length !== end - start) return false
  for (let at = start; at < end; at += 1) if (text.charCodeAt(at - start) !== bytes[at]) return false
  return true
}
