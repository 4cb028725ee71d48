/**
 * The made-up world as the documents of the API, each held against its schema before it goes out: a page that works
 * here works with what the service is bound to answer. Speaks no HTTP.
 */
import type { DeadLetter, Document, Instance, InstanceRow, Shard, Silence, State } from '../../src/api/documents.ts'
import { machineConfig, machineStates } from '../../src/chart/machine-chart.ts'
import type { Search, Term } from '../../src/query/search.ts'
import { type Lived, SHARDS, type World } from './fixture-world.ts'

const TENANT = { id: '083839c6-c47c-42a6-9585-76492795d123', region: 'GMS', majorVersion: 83, minorVersion: 1 }
const REPLICAS = ['quest-0', 'quest-1', 'quest-2'].map((name, at) => ({ name, url: `http://${name}:${8080 + at}` }))
const TARGETS = {
  registration: 'destroyed',
  stage: 'failed',
  quest: 'failed',
  bonus: 'destroyed',
  completion: 'destroyed',
} as const
const ACCEPTED: Readonly<Record<State, readonly string[]>> = {
  registering: ['REGISTER', 'START', 'FORFEIT'],
  active: ['UPDATE_STAGE_STATE', 'STAGE_CLEAR_ATTEMPT', 'FORFEIT'],
  cleared: ['STAGE_ADVANCE', 'FORFEIT'],
  completed: ['STAGE_ADVANCE', 'FORFEIT'],
  bonus: ['FORFEIT'],
  destroyed: [],
}
const COMMANDS = ['REGISTER', 'START', 'UPDATE_STAGE_STATE', 'STAGE_CLEAR_ATTEMPT', 'STAGE_ADVANCE', 'FORFEIT']

const ownerOf = (number: number) => REPLICAS[number % REPLICAS.length] ?? null

/** `isSilent`: as if one replica did not answer. */
export function answersOf(world: World, isSilent: boolean) {
  const [, quiet] = REPLICAS
  const silent: Silence[] =
    isSilent && quiet !== undefined
      ? [{ replica: quiet, shards: [1, 4, 7, 10], reason: 'no answer within 2000 ms' }]
      : []
  const meta = () => ({ now: Date.now(), silent })

  function instances(search: Search, after: string | undefined, size: number): Document<'Instances'> {
    const now = Date.now()
    const found = world.ordered().filter(lived => search.terms.every(term => holds(lived, term, now)))
    const from = after === undefined ? 0 : found.findIndex(({ id }) => id > after)
    const rows = from < 0 ? [] : found.slice(from, from + size)
    const last = rows.at(-1)
    const states: Partial<Record<State, number>> = {}
    for (const { state } of found) states[state] = (states[state] ?? 0) + 1
    const query = new URLSearchParams({ search: search.text, 'page[after]': last?.id ?? '', 'page[size]': `${size}` })
    return {
      data: rows.map(lived => ({ type: 'instances' as const, id: lived.id, attributes: rowOf(lived) })),
      meta: { ...meta(), total: found.length, states },
      links: { next: last !== undefined && found.at(-1) !== last ? `?${query}` : null },
    }
  }

  function instance(lived: Lived): Document<'Instance'> {
    return { data: { type: 'instances', id: lived.id, attributes: instanceOf(lived) }, meta: meta() }
  }

  function definitionOf(ref: string): Document<'Definition'>['data'] | undefined {
    const quest = world.quests.find(known => known.ref === ref)
    if (quest === undefined) return undefined
    const counts: Partial<Record<State, number>> = {}
    for (const lived of world.instances.values()) {
      if (lived.quest === quest) counts[lived.state] = (counts[lived.state] ?? 0) + 1
    }
    const { questId, name } = quest.definition
    const findings = quest.definition.stages.flatMap(({ duration, index }) =>
      duration > 0 || quest.definition.duration > 0
        ? []
        : [
            {
              severity: 'note' as const,
              path: `$.stages[${index}].duration`,
              reason: 'the stage has no time limit, and neither has the quest',
              cure: 'give one of them a duration, or nothing but FORFEIT ends it',
            },
          ],
    )
    const attributes = { questId, name, definition: ref, isCurrent: true, quest: { ...quest.definition }, findings }
    return { type: 'definitions', id: ref, attributes: { ...attributes, instances: counts } }
  }

  return {
    instances,
    instance,
    definition(ref: string): Document<'Definition'> | undefined {
      const data = definitionOf(ref)
      return data === undefined ? undefined : { data, meta: meta() }
    },
    definitions: (): Document<'Definitions'> => ({
      data: world.quests.flatMap(({ ref }) => definitionOf(ref) ?? []),
      meta: meta(),
      links: { next: null },
    }),
    shards: (): Document<'Shards'> => ({
      data: Array.from({ length: SHARDS }, (_, shard) => ({
        type: 'shards' as const,
        id: `${shard}`,
        attributes: shardOf(world, shard),
      })),
      meta: meta(),
      links: { next: null },
    }),
    deadLetters(after: number, size: number): Document<'DeadLetters'> {
      const first = Math.max(0, after)
      const data = Array.from({ length: Math.min(size, DEAD_LETTERS - first) }, (_, at) => {
        const letter = deadLetterOf(first + at)
        return { type: 'dead-letters' as const, id: `${letter.partition}-${letter.offset}`, attributes: letter }
      })
      const isMore = first + size < DEAD_LETTERS
      const query = new URLSearchParams({ 'page[after]': `${first + size}`, 'page[size]': `${size}` })
      return { data, meta: meta(), links: { next: isMore ? `?${query}` : null } }
    },
    machine: (): Document<'Machine'> => ({
      data: {
        type: 'machines',
        id: 'party-quest',
        attributes: {
          states: machineStates().map(({ name, isFinal, transitions }) => ({
            name,
            isFinal,
            transitions: transitions.map(({ event, guard, target, actions, isFallback }) => ({
              event: event ?? null,
              guard: guard ?? null,
              target: target ?? null,
              actions: [...actions],
              isFallback,
            })),
          })),
          config: machineConfig(),
        },
      },
      meta: meta(),
    }),
  }
}

export function rowOf(lived: Lived): InstanceRow {
  const { quest, journal } = lived
  const last = journal.at(-1)
  return {
    questId: quest.definition.questId,
    questName: quest.definition.name,
    definition: quest.ref,
    state: lived.state,
    currentStageIndex: lived.stage,
    stages: quest.definition.stages.length,
    tenant: TENANT,
    worldId: lived.worldId,
    channelId: lived.channelId,
    partyId: lived.partyId,
    characters: [...lived.characters],
    registeredAt: lived.registeredAt,
    startedAt: lived.startedAt,
    nextTimer: timerOf(lived),
    lastOperation: last === undefined ? null : { at: last.at, type: last.event.type, cause: last.cause },
    shard: lived.shard,
  }
}

function timerOf(lived: Lived): InstanceRow['nextTimer'] {
  if (lived.dueAt === null) return null
  const seconds = Math.max(60, Math.ceil((lived.dueAt - lived.stageStartedAt) / 1000))
  return { name: lived.timer, dueAt: lived.dueAt, seconds, target: TARGETS[lived.timer] }
}

function instanceOf(lived: Lived): Instance {
  const row = rowOf(lived)
  const { definition } = lived.quest
  const stage = definition.stages[lived.stage]
  return {
    ...row,
    owner: ownerOf(lived.shard) ?? { name: 'nobody', url: '' },
    timers: row.nextTimer === null ? [] : [row.nextTimer],
    stageStartedAt: lived.stageStartedAt,
    stageState: { itemCounts: { 4001008: lived.kills }, monsterKills: {}, customData: {}, attempts: 1 },
    conditions: (stage?.clearConditions ?? []).map(condition => ({
      type: condition.type,
      operator: condition.operator,
      value: condition.value,
      referenceId: condition.referenceId,
      referenceKey: 'referenceKey' in condition ? String(condition.referenceKey ?? '') : '',
      current: lived.kills,
      holds: lived.kills >= condition.value,
    })),
    rules: { advance: 'command', requirements: 'enforce', lobbyLimitSeconds: 3600, bonusLimitSeconds: 1800 },
    commands: COMMANDS.map(type => ({ type, isAccepted: ACCEPTED[lived.state].includes(type) })),
    bytes: 800 + lived.characters.length * 60,
    journal: [...lived.journal],
    isWhole: true,
    quest: { ...definition },
  }
}

function shardOf(world: World, number: number): Shard {
  const isBehind = number === 5
  const second = Math.floor(Date.now() / 1000)
  const history = Array.from({ length: 60 }, (_, at) => {
    const wave = Math.sin((second + at) / 7 + number * 2) + Math.sin((second + at) / 3.1 + number)
    return Math.max(0, Math.round((isBehind ? 90 : 35) + wave * (isBehind ? 40 : 12)))
  })
  let instances = 0
  for (const { shard } of world.instances.values()) if (shard === number) instances += 1
  const isRestoring = number === 9
  const lateness = isBehind ? 2310 : 4 + number
  return {
    shard: number,
    owner: ownerOf(number),
    phase: isRestoring ? 'restoring' : 'running',
    trouble: isRestoring ? 'restoring: 48,210 of 120,000 records of shard-state are read' : null,
    instances,
    resident: Math.round(instances * 0.9),
    lag: isBehind ? 4820 : number * 3,
    commitMs: isRestoring ? null : { p50: isBehind ? 41 : 3.1 + number / 5, p99: isBehind ? 184 : 8 + number },
    batchRecords: isRestoring ? null : { p50: isBehind ? 250 : 6, p99: isBehind ? 250 : 31 },
    timerLatenessMs: isRestoring ? null : { p50: 1.2, p99: lateness },
    commitsPerSecond: isRestoring ? 0 : 11.4,
    recordsPerSecond: isRestoring ? 0 : (history.at(-1) ?? 0),
    history: isRestoring ? [] : history,
    ownedSince: Date.now() - 840_000 - number * 1000,
  }
}

const DEAD_LETTERS = 130
const CODES = ['REQUIREMENTS_NOT_MET', 'MALFORMED', 'INVALID_STATE', 'QUEST_NOT_FOUND', 'INSTANCE_NOT_FOUND'] as const
const REASONS: Readonly<Record<(typeof CODES)[number], string>> = {
  REQUIREMENTS_NOT_MET: 'level_min: character 30011 is of level 12, the quest asks for 21 or more',
  MALFORMED: 'body.partyId: must be an integer from 0 to 4294967295 (value "<b>88213</b>")',
  INVALID_STATE: 'STAGE_ADVANCE is taken in cleared, and the instance is active',
  QUEST_NOT_FOUND: 'there is no quest "kerning_city": did you mean "kerning_city_pq"?',
  INSTANCE_NOT_FOUND: 'there is no instance 00000000-0000-0000-0000-000000000000',
}

function deadLetterOf(number: number): DeadLetter {
  const code = CODES[(number * 7) % CODES.length] ?? 'MALFORMED'
  const at = Date.now() - number * 97_000
  const body = { questId: 'kerning_city_pq', partyId: code === 'MALFORMED' ? '<b>88213</b>' : 88_213, channelId: 1 }
  const isNull = number % 11 === 10
  return {
    partition: number % 3,
    offset: 9000 - number,
    at,
    code,
    reason: REASONS[code],
    origin:
      number % 13 === 12
        ? null
        : { topic: 'COMMAND_TOPIC_PARTY_QUEST', partition: 4, offset: 88_000 - number, at: at - 12 },
    tenant: number % 9 === 8 ? null : TENANT,
    value: isNull ? null : JSON.stringify({ worldId: 0, characterId: 30_011, type: 'REGISTER', body }),
    isCut: number % 17 === 16,
    headers: { 'error-code': code, 'error-message': REASONS[code], TENANT_ID: TENANT.id, traceparent: null },
  }
}

function holds(lived: Lived, term: Term, now: number): boolean {
  const { definition } = lived.quest
  const isQuest = (text: string) =>
    definition.questId.toLowerCase().includes(text) || definition.name.toLowerCase().includes(text)
  const compared = (operator: '<' | '>', left: number, right: number) =>
    operator === '<' ? left < right : left > right
  switch (term.kind) {
    case 'state':
      return term.states.includes(lived.state)
    case 'quest':
      return isQuest(term.text)
    case 'id':
      return lived.id.startsWith(term.prefix)
    case 'character':
      return lived.characters.some(({ characterId }) => characterId === term.number)
    case 'party':
      return lived.partyId === term.number
    case 'shard':
      return lived.shard === term.number
    case 'world':
      return lived.worldId === term.number
    case 'channel':
      return lived.channelId === term.number
    case 'timer':
      return lived.dueAt !== null && compared(term.operator, lived.dueAt - now, term.milliseconds)
    case 'idle':
      return compared(term.operator, now - (lived.journal.at(-1)?.at ?? now), term.milliseconds)
    case 'tenant':
      return true
    case 'word':
      return (
        lived.id.startsWith(term.text) ||
        isQuest(term.text) ||
        `${lived.partyId}` === term.text ||
        lived.characters.some(({ characterId }) => `${characterId}` === term.text)
      )
    default: {
      const missed: never = term
      return missed
    }
  }
}
