/**
 * Made-up instances that go on living, for looking at the console without Kafka: enough of a quest's life to fill every
 * page, and none of its rules. Owns the instances and their operations; fixture-answers.ts says them as documents.
 */
import type { Operation, State } from '../../src/api/documents.ts'
import type { CompiledDefinition } from '../../src/definitions/catalogue.ts'

export interface Lived {
  readonly id: string
  readonly quest: CompiledDefinition
  readonly shard: number
  readonly worldId: number
  readonly channelId: number
  readonly partyId: number
  readonly characters: readonly { readonly characterId: number; readonly level: number }[]
  readonly registeredAt: number
  state: State
  stage: number
  startedAt: number | null
  stageStartedAt: number
  kills: number
  dueAt: number | null
  timer: 'registration' | 'stage' | 'quest' | 'bonus' | 'completion'
  sequence: number
  /** Oldest first, the last ones. */
  readonly journal: Operation[]
}

export interface Happened {
  readonly ids: readonly string[]
  readonly isPopulation: boolean
}

export interface World {
  readonly instances: ReadonlyMap<string, Lived>
  /** In the order of the ids. */
  ordered(): readonly Lived[]
  readonly quests: readonly CompiledDefinition[]
  readonly shards: number
  /** `operations` of them, chosen by chance. */
  live(operations: number, now: number): Happened
  apply(lived: Lived, type: string, now: number): Operation
}

export const SHARDS = 12
const JOURNAL_MAX = 50
const CHARACTER_FIRST = 30_000

/** `seed`: the same world each time. */
export function createWorld(quests: readonly CompiledDefinition[], count: number, now: number, seed = 7): World {
  const chance = chanceFrom(seed)
  const below = (limit: number) => Math.floor(chance() * limit)
  const instances = new Map<string, Lived>()
  let order: readonly Lived[] | undefined
  for (let made = 0; made < count; made += 1) begin(now - below(900_000), true)

  function begin(at: number, isUnderWay: boolean): Lived {
    const quest = quests[below(quests.length)]
    if (quest === undefined) throw new Error('there is no quest to make instances of: is definitions/ empty?')
    const stages = quest.definition.stages.length
    const id = uuid(chance)
    const characters = Array.from({ length: 1 + below(6) }, () => ({
      characterId: CHARACTER_FIRST + below(60_000),
      level: 21 + below(60),
    }))
    const lived: Lived = {
      id,
      quest,
      shard: Number.parseInt(id.slice(0, 4), 16) % SHARDS,
      worldId: below(2),
      channelId: below(8),
      partyId: chance() < 0.08 ? 0 : 80_000 + below(9000),
      characters,
      registeredAt: at,
      state: 'registering',
      stage: 0,
      startedAt: null,
      stageStartedAt: at,
      kills: 0,
      dueAt: at + 300_000,
      timer: 'registration',
      sequence: 0,
      journal: [],
    }
    instances.set(id, lived)
    order = undefined
    apply(lived, 'REGISTER', at)
    if (isUnderWay && chance() > 0.1) {
      apply(lived, 'START', at + 20_000)
      const done = below(stages + 1)
      for (let passed = 0; passed < done; passed += 1) {
        apply(lived, 'UPDATE_STAGE_STATE', at + 30_000 + passed * 40_000)
        apply(lived, 'STAGE_CLEAR_ATTEMPT', at + 40_000 + passed * 40_000)
        if (passed < done - 1 || chance() < 0.6) apply(lived, 'STAGE_ADVANCE', at + 50_000 + passed * 40_000)
      }
      if (lived.dueAt !== null && lived.dueAt < now) lived.dueAt = now + 5000 + below(500_000)
    }
    return lived
  }

  function apply(lived: Lived, type: string, at: number): Operation {
    const { journal } = lived
    const from = type === 'REGISTER' && lived.sequence === 0 ? null : lived.state
    const messages = change(lived, type, at)
    lived.sequence += 1
    const isTimer = type.startsWith('timer.')
    const operation: Operation = {
      sequence: lived.sequence,
      at,
      durationMs: 0.05 + chance() * 0.4,
      cause: isTimer
        ? { kind: 'timer', dueAt: at }
        : {
            kind: 'command',
            topic: 'party-quest.shard-commands',
            partition: lived.shard,
            offset: 1_200_000 + below(9999),
          },
      event: eventOf(lived, type),
      from,
      to: lived.state,
      stageIndex: lived.stage,
      messages,
      deadlines: lived.dueAt === null ? {} : { [lived.timer]: lived.dueAt },
    }
    journal.push(operation)
    if (journal.length > JOURNAL_MAX) journal.shift()
    return operation
  }

  function live(operations: number, at: number): Happened {
    const ids = new Set<string>()
    let isPopulation = false
    const list = ordered()
    for (let done = 0; done < operations; done += 1) {
      const lived = list[below(list.length)]
      if (lived === undefined) break
      ids.add(lived.id)
      const type = nextOf(lived, chance)
      if (type === 'end') {
        instances.delete(lived.id)
        order = undefined
        ids.add(begin(at, false).id)
        isPopulation = true
      } else apply(lived, type, at)
    }
    for (const lived of list) {
      if (lived.dueAt === null || lived.dueAt > at) continue
      ids.add(lived.id)
      apply(lived, `timer.${lived.timer}`, at)
      if (lived.dueAt === null || lived.dueAt <= at) lived.dueAt = at + 60_000 + below(400_000)
    }
    return { ids: [...ids].slice(0, 1000), isPopulation }
  }

  function ordered(): readonly Lived[] {
    order ??= [...instances.values()].sort((one, other) => (one.id < other.id ? -1 : 1))
    return order
  }

  return { instances, ordered, quests, shards: SHARDS, live, apply }
}

/** What it does to the instance, and the messages that go out. */
function change(lived: Lived, type: string, at: number): Operation['messages'] {
  const { definition } = lived.quest
  const message = (name: string, body: object = {}) => ({ type: name, questId: definition.questId, body })
  const isLast = lived.stage >= definition.stages.length - 1
  const enter = (stage: number) => {
    lived.state = 'active'
    lived.stage = stage
    lived.stageStartedAt = at
    lived.kills = 0
    const seconds = definition.stages[stage]?.duration ?? 0
    lived.timer = seconds > 0 ? 'stage' : 'quest'
    lived.dueAt = seconds > 0 ? at + seconds * 1000 : definition.duration > 0 ? at + definition.duration * 1000 : null
  }
  switch (type) {
    case 'REGISTER':
      return [message('INSTANCE_CREATED', { partyId: lived.partyId, channelId: lived.channelId })]
    case 'START':
      lived.startedAt = at
      enter(0)
      return [message('STARTED', { stageIndex: 0 }), ...lived.characters.map(() => message('CHANGE_MAP'))]
    case 'UPDATE_STAGE_STATE':
      lived.kills += 3
      return []
    case 'STAGE_CLEAR_ATTEMPT':
      lived.state = 'cleared'
      return [message('STAGE_CLEARED', { stageIndex: lived.stage })]
    case 'STAGE_ADVANCE':
    case 'timer.stage':
      if (!isLast) {
        enter(lived.stage + 1)
        return [message('STAGE_ADVANCED', { stageIndex: lived.stage })]
      }
      lived.state = definition.bonus === undefined ? 'completed' : 'bonus'
      lived.timer = definition.bonus === undefined ? 'completion' : 'bonus'
      lived.dueAt = at + (definition.bonus?.duration || 120) * 1000
      return [message('COMPLETED')]
    default:
      return []
  }
}

function nextOf(lived: Lived, chance: () => number): string {
  switch (lived.state) {
    case 'registering':
      return chance() < 0.3 ? 'START' : 'REGISTER'
    case 'active':
      return chance() < 0.15 ? 'STAGE_CLEAR_ATTEMPT' : 'UPDATE_STAGE_STATE'
    case 'cleared':
      return 'STAGE_ADVANCE'
    default:
      return chance() < 0.3 ? 'end' : 'UPDATE_STAGE_STATE'
  }
}

function eventOf(lived: Lived, type: string): Operation['event'] {
  const characterId = lived.characters[0]?.characterId ?? 0
  if (type.startsWith('timer.')) return { type }
  if (type !== 'UPDATE_STAGE_STATE') return { type, characterId }
  const [condition] = lived.quest.definition.stages[lived.stage]?.clearConditions ?? []
  return { type, characterId, itemCounts: { [condition?.referenceId ?? 4_001_008]: 3 }, monsterKills: {} }
}

function uuid(chance: () => number): string {
  const hex = (length: number) => Array.from({ length }, () => Math.floor(chance() * 16).toString(16)).join('')
  return `${hex(8)}-${hex(4)}-4${hex(3)}-8${hex(3)}-${hex(12)}`
}

/** mulberry32: the same numbers for the same seed. */
function chanceFrom(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
}
