/**
 * The commands of a game in progress, read straight from their bytes where these are laid out as Go's encoder writes
 * them: names as they are declared, in that order, no spaces, no escapes. Of anything else it says nothing, and the full
 * decoder is the judge; so it refuses nothing, and what it takes, the full decoder would read as the very same.
 */
import type { Command, InstanceCommand } from './commands.ts'
import { type CharacterId, type InstanceId, UINT8_MAX, UINT32_MAX } from './ids.ts'
import { DASHED_LENGTH, isDashedUuid } from './uuid-text.ts'

const literal = (text: string): Buffer => Buffer.from(text, 'latin1')

const WORLD = literal('{"worldId":')
const CHARACTER = literal(',"characterId":')
const TYPE = literal(',"type":"')
const INSTANCE = literal('","body":{"instanceId":"')
const END_OF_ID = literal('"')
const ITEMS = literal(',"itemCounts":{')
const KILLS = literal(',"monsterKills":{')
const FIRST = literal('"')
const NEXT = literal(',"')
const COUNT = literal('":')
const CLOSE = literal('}')
const END = literal('}}')

type PlainType = InstanceCommand['type'] | 'UPDATE_STAGE_STATE'
/** The frequent ones first. */
const TYPES = ['UPDATE_STAGE_STATE', 'STAGE_ADVANCE', 'STAGE_CLEAR_ATTEMPT', 'START', 'ENTER_BONUS', 'FORFEIT'] as const
const TYPE_BYTES: readonly (readonly [PlainType, Buffer])[] = TYPES.map(type => [type, literal(type)])

const ZERO = 0x30
const NINE = 0x39
const UINT32_DIGITS_MAX = 10
const NO_COUNTS: ReadonlyMap<number, number> = new Map()

/** All of them name their instance. */
export type PlainCommand = Extract<Command, { readonly instanceId: InstanceId }>

/** `undefined`: not laid out like that, which is no fault yet. */
export function readPlainCommand(value: Buffer): PlainCommand | undefined {
  return new PlainReader(value).read()
}

class PlainReader {
  readonly #bytes: Buffer
  #at = 0
  #isPlain = true

  constructor(bytes: Buffer) {
    this.#bytes = bytes
  }

  read(): PlainCommand | undefined {
    this.#expect(WORLD)
    const worldId = this.#number(UINT8_MAX)
    this.#expect(CHARACTER)
    const characterId = this.#number(UINT32_MAX) as CharacterId
    this.#expect(TYPE)
    const type = this.#type()
    this.#expect(INSTANCE)
    const instanceId = this.#instanceId()
    this.#expect(END_OF_ID)
    if (type === undefined || !this.#isPlain) return undefined
    if (type !== 'UPDATE_STAGE_STATE') {
      return this.#isOver() ? { worldId, characterId, type, instanceId } : undefined
    }
    const itemCounts = this.#skip(ITEMS) ? this.#counts() : NO_COUNTS
    const monsterKills = this.#skip(KILLS) ? this.#counts() : NO_COUNTS
    return this.#isOver() ? { worldId, characterId, type, instanceId, itemCounts, monsterKills } : undefined
  }

  #isOver(): boolean {
    this.#expect(END)
    return this.#isPlain && this.#at === this.#bytes.length
  }

  #type(): PlainType | undefined {
    for (const [type, bytes] of TYPE_BYTES) if (this.#skip(bytes)) return type
    return undefined
  }

  #instanceId(): InstanceId {
    const text = this.#bytes.toString('latin1', this.#at, this.#at + DASHED_LENGTH)
    if (!isDashedUuid(text)) this.#isPlain = false
    this.#at += DASHED_LENGTH
    return text.toLowerCase() as InstanceId
  }

  /** In ascending order alone: so it is the order that JSON.parse gives them, and none stands there twice. */
  #counts(): ReadonlyMap<number, number> {
    const counts = new Map<number, number>()
    let last = -1
    while (this.#isPlain && !this.#skip(CLOSE)) {
      this.#expect(last < 0 ? FIRST : NEXT)
      // JSON.parse takes the last of all uint32 for a text, and puts it behind the numbers: where it belongs anyway.
      const id = this.#number(UINT32_MAX)
      if (id <= last) this.#isPlain = false
      last = id
      this.#expect(COUNT)
      counts.set(id, this.#number(UINT32_MAX))
    }
    return counts
  }

  #number(max: number): number {
    const bytes = this.#bytes
    const start = this.#at
    let at = start
    let value = 0
    for (let byte = bytes[at] ?? 0; byte >= ZERO && byte <= NINE && at - start <= UINT32_DIGITS_MAX; at += 1) {
      value = value * 10 + byte - ZERO
      byte = bytes[at + 1] ?? 0
    }
    const digits = at - start
    if (digits === 0 || value > max || (digits > 1 && bytes[start] === ZERO)) this.#isPlain = false
    this.#at = at
    return value
  }

  #expect(expected: Buffer): void {
    if (!this.#skip(expected)) this.#isPlain = false
  }

  #skip(expected: Buffer): boolean {
    const bytes = this.#bytes
    const start = this.#at
    const { length } = expected
    for (let index = 0; index < length; index += 1) if (bytes[start + index] !== expected[index]) return false
    this.#at = start + length
    return true
  }
}
