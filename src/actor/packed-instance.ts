/**
 * Reads packed instances (packed-layout.ts): whole, or what must be known of them without having them. Trusts every byte,
 * because only record-packer.ts makes them and nothing but memory lies between. Keeps nothing of what it reads.
 */
import {
  type Counts,
  DATA_PREFIX,
  ITEM_PREFIX,
  KILL_PREFIX,
  NOTHING,
  type PartyMember,
  type Run,
  type StageState,
  type Texts,
} from '../../machines/context.ts'
import { type Deadlines, TIMER_NAMES, type TimerName } from '../../machines/deadlines.ts'
import { RESTING_STATES, type RestingState } from '../../machines/party-quest.ts'
import type { CharacterId, InstanceId, QuestId } from '../contract/ids.ts'
import type { InstanceIdentity } from '../contract/messages.ts'
import { InvariantError } from '../errors.ts'
import type { ArmedBy, Instance } from './instance.ts'
import { KeyNames } from './key-names.ts'
import { PackedReader } from './packed-bytes.ts'
import { ADVANCES, type PackedTables, PLAIN, SAME_AS_BEFORE, TRACE_PARENT } from './packed-layout.ts'
import { restingSnapshot } from './resting-snapshot.ts'
import type { RulesOf } from './snapshot-bytes.ts'
import type { Summary } from './summary.ts'

export class PackedInstance {
  readonly #tables: PackedTables
  readonly #rulesOf: RulesOf
  readonly #reader = new PackedReader()
  readonly #itemNames = new KeyNames(ITEM_PREFIX)
  readonly #killNames = new KeyNames(KILL_PREFIX)

  constructor(tables: PackedTables, rulesOf: RulesOf) {
    this.#tables = tables
    this.#rulesOf = rulesOf
  }

  instance(id: InstanceId, packed: Buffer): Instance {
    const reader = this.#reader
    reader.begin(packed)
    const head = reader.byte()
    const identity = this.#identity(id)
    const run = this.#run()
    const stage = this.#stage()
    const definition = this.#tables.definitions.at(reader.number())
    const armedBy = this.#armedBy()
    const rules = this.#rulesOf(definition, named(ADVANCES[(head - 1) % ADVANCES.length]))
    return { snapshot: restingSnapshot(stateOf(head), { identity, rules, run, stage }), definition, armedBy }
  }

  summary(packed: Buffer): Summary {
    const reader = this.#reader
    reader.begin(packed)
    const state = stateOf(reader.byte())
    const tenant = this.#tables.tenants.at(reader.number())
    const questId = this.#tables.quests.at(reader.number()) as QuestId
    const worldId = reader.number()
    const channelId = reader.number()
    const partyId = reader.number()
    const affinity = reader.number()
    const characters: CharacterId[] = []
    for (let head = reader.number(); head !== 0; head = reader.number()) {
      characters.push(characterOf(head))
      if (hasLevel(head)) reader.number()
    }
    const stageIndex = reader.number()
    const registeredAt = reader.number()
    const startedAt = reader.number()
    let deadline: number | undefined
    let next = -1
    for (let head = reader.byte(); head !== 0; head = reader.byte()) {
      const timer = head - 1
      const at = reader.number()
      // Of two at the same moment the one that comes first in TIMER_NAMES, as machines/deadlines.ts has it.
      if (deadline !== undefined && (at > deadline || (at === deadline && timer > next))) continue
      deadline = at
      next = timer
    }
    const stageStartedAt = reader.number()
    reader.number()
    this.#skipCounts()
    this.#skipCounts()
    this.#skipTexts()
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
      deadline,
      timer: TIMER_NAMES[next],
      definition: this.#tables.definitions.at(reader.number()),
    }
  }

  #identity(instanceId: InstanceId): InstanceIdentity {
    const reader = this.#reader
    const tenant = this.#tables.tenants.at(reader.number())
    const questId = this.#tables.quests.at(reader.number()) as QuestId
    const worldId = reader.number()
    const channelId = reader.number()
    const partyId = reader.number()
    return { instanceId, tenant, questId, worldId, channelId, partyId, affinity: reader.number() }
  }

  #run(): Run {
    const reader = this.#reader
    const members = this.#members()
    const stageIndex = reader.number()
    const registeredAt = reader.number()
    const startedAt = reader.number()
    return { members, stageIndex, registeredAt, startedAt, deadlines: this.#deadlines() }
  }

  #members(): readonly PartyMember[] {
    const reader = this.#reader
    const members: PartyMember[] = []
    for (let head = reader.number(); head !== 0; head = reader.number()) {
      const characterId = characterOf(head)
      members.push(hasLevel(head) ? { characterId, level: reader.number() } : { characterId })
    }
    // A list that grew has room for a dozen more; a copy has none.
    return members.slice()
  }

  #deadlines(): Deadlines {
    const reader = this.#reader
    const deadlines: { [Timer in TimerName]?: number } = {}
    for (let head = reader.byte(); head !== 0; head = reader.byte()) deadlines[timerOf(head)] = reader.number()
    return deadlines
  }

  #stage(): StageState {
    const reader = this.#reader
    const startedAt = reader.number()
    const attempts = reader.number()
    const items = this.#counts(this.#itemNames)
    const kills = this.#counts(this.#killNames)
    return { startedAt, attempts, items, kills, data: this.#data() }
  }

  #counts(names: KeyNames): Counts {
    const reader = this.#reader
    let head = reader.number()
    if (head === 0) return NOTHING
    const counts: Record<string, number> = {}
    for (; head !== 0; head = reader.number()) {
      const name = isNumber(head) ? names.of(numberIn(head)) : names.ofText(reader.text(numberIn(head)))
      counts[name] = reader.number()
    }
    return counts
  }

  #data(): Texts {
    const reader = this.#reader
    let head = reader.number()
    if (head === 0) return NOTHING
    const data: Record<string, string> = {}
    for (; head !== 0; head = reader.number()) {
      const name = DATA_PREFIX + reader.text(head - 1)
      data[name] = reader.text(reader.number())
    }
    return data
  }

  #armedBy(): ArmedBy {
    const reader = this.#reader
    const armedBy: { [Timer in TimerName]?: string } = {}
    let before = ''
    for (let head = reader.byte(); head !== 0; head = reader.byte()) {
      const kind = reader.number()
      if (kind === TRACE_PARENT) before = reader.traceParent()
      else if (kind !== SAME_AS_BEFORE) before = reader.text(kind - PLAIN)
      armedBy[timerOf(head)] = before
    }
    return armedBy
  }

  #skipCounts(): void {
    const reader = this.#reader
    for (let head = reader.number(); head !== 0; head = reader.number()) {
      if (!isNumber(head)) reader.skip(numberIn(head))
      reader.number()
    }
  }

  #skipTexts(): void {
    const reader = this.#reader
    for (let head = reader.number(); head !== 0; head = reader.number()) {
      reader.skip(head - 1)
      reader.skip(reader.number())
    }
  }
}

function stateOf(head: number): RestingState {
  return named(RESTING_STATES[Math.floor((head - 1) / ADVANCES.length)])
}

function timerOf(head: number): TimerName {
  return named(TIMER_NAMES[head - 1])
}

/** @throws InvariantError what was packed is something else now */
function named<Name extends string>(name: Name | undefined): Name {
  if (name === undefined) throw new InvariantError('a packed instance has a state or a timer of no name')
  return name
}

/** Heads of keys and members: twice a number and 1, or twice a number and 2. */
const isNumber = (head: number): boolean => head % 2 === 1
const numberIn = (head: number): number => (head % 2 === 1 ? (head - 1) / 2 : (head - 2) / 2)
const hasLevel = (head: number): boolean => !isNumber(head)
const characterOf = (head: number): CharacterId => numberIn(head) as CharacterId
