/**
 * Packs state records, byte by byte and without making objects (packed-layout.ts). Takes only the very layout that
 * snapshot-bytes.ts writes, checked to the last byte, so that whatever it packs can be read again and says what the
 * decoder would; anything else it leaves as it is, and judges nothing.
 */
import { DATA_PREFIX, ITEM_PREFIX, KILL_PREFIX } from '../../machines/context.ts'
import { TIMER_NAMES } from '../../machines/deadlines.ts'
import { RESTING_STATES } from '../../machines/party-quest.ts'
import type { InstanceId } from '../contract/ids.ts'
import { LAYOUTS, newestReadable } from '../contract/record-layout.ts'
import { PackedWriter } from './packed-bytes.ts'
import { ADVANCES, type PackedTables, PLAIN, RAW, SAME_AS_BEFORE, TRACE_PARENT } from './packed-layout.ts'
import { RecordCursor } from './record-cursor.ts'
import type { SharedValues } from './shared-values.ts'

const literal = (text: string): Buffer => Buffer.from(text, 'latin1')

const START = literal('{"version":')
const VALUE = literal(',"value":"')
const CONTEXT = literal('","context":{"identity":{"instanceId":"')
const TENANT = literal('","tenant":')
const TENANT_ID = literal('{"id":"')
const REGION = literal('","region":"')
const MAJOR_VERSION = literal('","majorVersion":')
const MINOR_VERSION = literal(',"minorVersion":')
const QUEST = literal(',"questId":"')
const WORLD = literal('","worldId":')
const CHANNEL = literal(',"channelId":')
const PARTY = literal(',"partyId":')
const AFFINITY = literal(',"affinity":')
const ADVANCE = literal('},"advance":"')
const MEMBERS = literal('","run":{"members":[')
const CHARACTER = literal('{"characterId":')
const NEXT_CHARACTER = literal(',{"characterId":')
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

const CLOSE = literal('}')
const QUOTE = literal('"')
const NEXT_QUOTE = literal(',"')
const QUOTE_COLON = literal('":')
const QUOTE_COLON_QUOTE = literal('":"')

const NOTHING = literal('')

const QUOTE_BYTE = 0x22
const COMMA = 0x2c
const CLOSE_BYTE = 0x7d
const CLOSE_LIST = 0x5d
/** A packed record is never longer than the record, but for what ends its lists. */
const MORE_BYTES_MAX = 16

export class RecordPacker {
  readonly #tables: PackedTables
  readonly #cursor = new RecordCursor()
  readonly #out = new PackedWriter()

  constructor(tables: PackedTables) {
    this.#tables = tables
  }

  /** The record of the instance `id`, packed or else as it is: good until the next call. */
  pack(id: InstanceId, record: Buffer): Buffer {
    this.#cursor.begin(record)
    this.#out.begin(record.length + MORE_BYTES_MAX)
    this.#packHead(id)
    this.#packRun()
    this.#packStage()
    this.#packShared(DEFINITION, this.#tables.definitions)
    this.#packArmedBy()
    this.#cursor.expect(END)
    if (this.#cursor.end()) return this.#out.written()
    this.#out.begin(record.length + MORE_BYTES_MAX)
    this.#out.byte(RAW)
    this.#out.copy(record, 0, record.length)
    return this.#out.written()
  }

  #packHead(id: InstanceId): void {
    const cursor = this.#cursor
    const out = this.#out
    const version = cursor.number(START)
    if (version < LAYOUTS.instance.written || version > newestReadable(LAYOUTS.instance)) cursor.fail()
    const head = 1 + ADVANCES.length * cursor.oneOf(VALUE, RESTING_STATES)
    out.byte(head)
    cursor.text(CONTEXT)
    if (!cursor.isText(id)) cursor.fail()
    this.#packTenant()
    this.#packShared(QUEST, this.#tables.quests)
    this.#packNumber(WORLD)
    this.#packNumber(CHANNEL)
    this.#packNumber(PARTY)
    this.#packNumber(AFFINITY)
    out.first(head + cursor.oneOf(ADVANCE, ADVANCES))
  }

  #packTenant(): void {
    const cursor = this.#cursor
    cursor.expect(TENANT)
    const start = cursor.at
    cursor.text(TENANT_ID)
    cursor.text(REGION)
    cursor.number(MAJOR_VERSION)
    cursor.number(MINOR_VERSION)
    cursor.expect(CLOSE)
    this.#packNumberOf(this.#tables.tenants, start)
  }

  #packRun(): void {
    const cursor = this.#cursor
    const out = this.#out
    cursor.expect(MEMBERS)
    for (let before = CHARACTER; !cursor.isEndOfList(CLOSE_LIST); before = NEXT_CHARACTER) {
      const id = cursor.number(before)
      if (cursor.isNext(COMMA)) {
        out.number(2 + 2 * id)
        this.#packNumber(LEVEL)
      } else out.number(1 + 2 * id)
      cursor.expect(CLOSE)
    }
    out.byte(0)
    this.#packNumber(STAGE_INDEX)
    this.#packNumber(REGISTERED_AT)
    this.#packNumber(STARTED_AT)
    cursor.expect(DEADLINES)
    let seen = 0
    for (let before = QUOTE; !cursor.isEndOfList(CLOSE_BYTE); before = NEXT_QUOTE) {
      const timer = cursor.oneOf(before, TIMER_NAMES)
      // Of two entries of one timer the decoder takes the last.
      if ((seen & (1 << timer)) !== 0) cursor.fail()
      seen |= 1 << timer
      out.byte(1 + timer)
      this.#packNumber(QUOTE_COLON)
    }
    out.byte(0)
  }

  #packStage(): void {
    this.#packNumber(STAGE)
    this.#packNumber(ATTEMPTS)
    this.#packCounts(ITEMS, ITEM_PREFIX)
    this.#packCounts(KILLS, KILL_PREFIX)
    this.#packData()
  }

  #packCounts(before: Buffer, prefix: string): void {
    const cursor = this.#cursor
    const out = this.#out
    cursor.expect(before)
    for (let next = QUOTE; !cursor.isEndOfList(CLOSE_BYTE); next = NEXT_QUOTE) {
      cursor.expect(next)
      const start = cursor.at + prefix.length
      // A key without its prefix could be one of a prototype.
      if (!cursor.isNext(prefix.charCodeAt(0))) cursor.fail()
      const id = cursor.digits(start)
      if (id >= 0 && cursor.isNext(QUOTE_BYTE)) out.number(1 + 2 * id)
      else {
        cursor.text(NOTHING)
        out.number(2 + 2 * (cursor.at - start))
        out.copy(cursor.bytes, start, cursor.at)
      }
      this.#packNumber(QUOTE_COLON)
    }
    out.byte(0)
  }

  #packData(): void {
    const cursor = this.#cursor
    const out = this.#out
    cursor.expect(DATA)
    for (let next = QUOTE; !cursor.isEndOfList(CLOSE_BYTE); next = NEXT_QUOTE) {
      cursor.text(next)
      if (cursor.bytes[cursor.textStart] !== DATA_PREFIX.charCodeAt(0)) cursor.fail()
      const start = cursor.textStart + DATA_PREFIX.length
      out.number(1 + cursor.at - start)
      out.copy(cursor.bytes, start, cursor.at)
      cursor.text(QUOTE_COLON_QUOTE)
      out.number(cursor.at - cursor.textStart)
      out.copy(cursor.bytes, cursor.textStart, cursor.at)
      cursor.expect(QUOTE)
    }
    out.byte(0)
  }

  #packArmedBy(): void {
    const cursor = this.#cursor
    const out = this.#out
    let start = 0
    let end = 0
    cursor.expect(ARMED_BY)
    for (let next = QUOTE; !cursor.isEndOfList(CLOSE_BYTE); next = NEXT_QUOTE) {
      out.byte(1 + cursor.oneOf(next, TIMER_NAMES))
      cursor.text(QUOTE_COLON_QUOTE)
      if (end > 0 && isSame(cursor.bytes, start, end, cursor.textStart, cursor.at)) out.byte(SAME_AS_BEFORE)
      else this.#packText(cursor.textStart, cursor.at)
      start = cursor.textStart
      end = cursor.at
      cursor.expect(QUOTE)
    }
    out.byte(0)
  }

  #packText(start: number, end: number): void {
    const { bytes } = this.#cursor
    if (this.#out.traceParent(TRACE_PARENT, bytes, start, end)) return
    this.#out.number(PLAIN + end - start)
    this.#out.copy(bytes, start, end)
  }

  #packNumber(before: Buffer): void {
    const value = this.#cursor.number(before)
    if (value >= 0) this.#out.number(value)
  }

  #packShared(before: Buffer, values: SharedValues<unknown>): void {
    this.#cursor.text(before)
    this.#packNumberOf(values, this.#cursor.textStart)
  }

  /** Of what lies between `start` and here. */
  #packNumberOf(values: SharedValues<unknown>, start: number): void {
    const number = this.#cursor.isRegular ? values.numberOf(this.#cursor.bytes, start, this.#cursor.at) : -1
    if (number < 0) this.#cursor.fail()
    else this.#out.number(number)
  }
}

function isSame(bytes: Buffer, start: number, end: number, otherStart: number, otherEnd: number): boolean {
  return bytes.compare(bytes, start, end, otherStart, otherEnd) === 0
}
