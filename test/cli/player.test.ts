/** The promises of the player: it obeys the definition's requirements and conditions, and moves only for its own. */
import { join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import type { CommandValue } from '../../src/cli/command-value.ts'
import {
  beginPlaying,
  countsFor,
  nextCommands,
  type PartyPlan,
  type PlayerState,
  partySizeFor,
} from '../../src/cli/player.ts'
import type { ClearCondition, QuestDefinition, Stage } from '../../src/contract/definition.ts'
import type { StatusEvent } from '../../src/contract/message-schemas.ts'
import type { Catalogue } from '../../src/definitions/catalogue.ts'
import { loadDefinitions } from '../../src/definitions/loading.ts'

const INSTANCE = '0a0b0c0d-0000-8000-8000-000000000001'
const OTHER = '0a0b0c0d-0000-8000-8000-000000000002'

let catalogue: Catalogue
beforeAll(async () => {
  catalogue = await loadDefinitions(join(import.meta.dirname, '../../definitions'))
})

function quest(questId: string): QuestDefinition {
  const found = catalogue.get(questId)
  if (found === undefined) throw new Error(`${questId} does not ship`)
  return found.definition
}

function planOf(size: number, more: Partial<PartyPlan> = {}): PartyPlan {
  const characters = Array.from({ length: size }, (_, at) => 1001 + at)
  return {
    worldId: 2,
    channelId: 1,
    partyId: 88,
    characters,
    advance: 'command',
    updatesPerStageMax: 3,
    ...more,
  }
}

function event<Type extends StatusEvent['type']>(
  questId: string,
  type: Type,
  body: Extract<StatusEvent, { type: Type }>['body'],
  instanceId = INSTANCE,
): StatusEvent {
  // The type and its body belong together by the signature, which the compiler cannot follow through the union.
  return { worldId: 2, instanceId, questId, type, body } as StatusEvent
}

/** Plays events from the beginning on; the commands that the last one led to. */
function afterEvents(definition: QuestDefinition, plan: PartyPlan, ...events: StatusEvent[]) {
  let move: { state: PlayerState; commands: readonly CommandValue[] } = beginPlaying(definition, plan)
  for (const each of events) move = nextCommands(definition, move.state, each)
  return move
}

function created(questId: string, partyId = 88, channelId = 1) {
  return event(questId, 'INSTANCE_CREATED', { partyId, channelId })
}

function stageWith(...clearConditions: ClearCondition[]): Stage {
  const [stage] = quest('kerning_city_pq').stages
  if (stage === undefined) throw new Error('kerning_city_pq has no stage')
  return { ...stage, clearConditions }
}

function condition(more: Partial<ClearCondition>): ClearCondition {
  return { type: 'item', operator: '>=', value: 4, referenceId: 7, referenceKey: '', ...more }
}

describe('a party', () => {
  it('is as large as the requirements ask, and no larger', () => {
    const sizes = catalogue.all().map(({ definition }) => [definition.questId, partySizeFor(definition)])
    expect(Object.fromEntries(sizes)).toEqual({
      abandoned_subway_pq: 1,
      dragon_rider_pq: 3,
      guild_pq: 6,
      henesys_pq: 1,
      herb_town_pq: 3,
      kerning_city_pq: 4,
      ludi_pq: 6,
    })
  })

  it('has no size where the requirements contradict each other', () => {
    const contradiction = {
      ...quest('henesys_pq'),
      startRequirements: [
        { type: 'party_size', operator: 'gt', value: 4 },
        { type: 'party_size', operator: 'lt', value: 4 },
      ],
    } as const
    expect(partySizeFor(contradiction)).toBeUndefined()
  })

  it('sends its leader to register, and the others once the instance has a name', () => {
    const definition = quest('kerning_city_pq')
    const body = { questId: 'kerning_city_pq', partyId: 88, channelId: 1, mapId: 103000000 }
    expect(beginPlaying(definition, planOf(4)).commands).toEqual([
      { worldId: 2, characterId: 1001, type: 'REGISTER', body },
    ])
    expect(afterEvents(definition, planOf(4), created('kerning_city_pq')).commands).toEqual(
      [1002, 1003, 1004].map(characterId => ({ worldId: 2, characterId, type: 'REGISTER', body })),
    )
  })

  it('registers individuals without a party, and starts a timed quest when all are there, not before', () => {
    const definition = quest('guild_pq')
    const joined = (characterId: number) => event('guild_pq', 'CHARACTER_REGISTERED', { characterId })
    const plan = planOf(6)
    expect(beginPlaying(definition, plan).commands).toMatchObject([{ body: { partyId: 0 } }])
    const four = [1002, 1003, 1004, 1005].map(joined)
    expect(afterEvents(definition, plan, created('guild_pq', 0), ...four).commands).toEqual([])
    expect(afterEvents(definition, plan, created('guild_pq', 0), ...four, joined(1006)).commands).toEqual([
      { worldId: 2, characterId: 1001, type: 'START', body: { instanceId: INSTANCE } },
    ])
  })

  it('takes no other channel, party or quest for its own', () => {
    const definition = quest('kerning_city_pq')
    for (const foreign of [
      created('kerning_city_pq', 89),
      created('kerning_city_pq', 88, 2),
      created('ludi_pq'),
      event('kerning_city_pq', 'STARTED', { stageIndex: 0, mapIds: [1] }),
    ]) {
      const move = afterEvents(definition, planOf(4), foreign)
      expect(move.commands).toEqual([])
      expect(move.state.instanceId).toBeUndefined()
    }
  })

  it('does nothing about the events of another instance', () => {
    const definition = quest('kerning_city_pq')
    const foreign = event('kerning_city_pq', 'STARTED', { stageIndex: 0, mapIds: [1] }, OTHER)
    expect(afterEvents(definition, planOf(4), created('kerning_city_pq'), foreign).commands).toEqual([])
  })
})

describe('a stage', () => {
  const started = (questId: string, stageIndex = 0) => event(questId, 'STARTED', { stageIndex, mapIds: [1] })

  it('is cleared with shares of everybody that add up to what it asks for', () => {
    const { commands } = afterEvents(quest('ludi_pq'), planOf(6), created('ludi_pq'), started('ludi_pq'))
    const updates = commands.filter(command => command.type === 'UPDATE_STAGE_STATE')
    expect(updates.map(({ characterId }) => characterId)).toEqual([1001, 1002, 1003])
    expect(updates.reduce((sum, { body }) => sum + (body.itemCounts['4001022'] ?? 0), 0)).toBe(20)
    expect(commands.at(-1)).toMatchObject({ type: 'STAGE_CLEAR_ATTEMPT', body: { instanceId: INSTANCE } })
  })

  it('asks for the least that meets all conditions together', () => {
    const stage = stageWith(
      condition({ value: 4 }),
      condition({ operator: '>', value: 5 }),
      condition({ operator: '<=', value: 9 }),
      condition({ type: 'monster_kill', referenceId: 8, operator: '=', value: 2 }),
      condition({ type: 'custom_data', referenceKey: 'x', operator: '<', value: 1 }),
    )
    expect(countsFor(stage)).toEqual({ items: new Map([[7, 6]]), kills: new Map([[8, 2]]), data: new Map() })
  })

  it.each([
    ['custom data below 0', [condition({ type: 'custom_data', referenceKey: 'x', operator: '<', value: 0 })]],
    ['less than nothing', [condition({ operator: '<', value: 0 })]],
    ['a contradiction', [condition({ value: 4 }), condition({ operator: '<', value: 4 })]],
    ['more than a count can be', [condition({ operator: '>', value: 4_294_967_295 })]],
  ])('that asks for %s cannot be cleared by counting', (_, conditions) => {
    expect(countsFor(stageWith(...conditions))).toBeUndefined()
  })

  it('that waits for a script is cleared with what the script would set', () => {
    const { commands } = afterEvents(quest('henesys_pq'), planOf(1), created('henesys_pq'), started('henesys_pq'))
    expect(commands.map(({ type }) => type)).toEqual(['UPDATE_CUSTOM_DATA', 'STAGE_CLEAR_ATTEMPT'])
    expect(commands[0]?.body).toEqual({ instanceId: INSTANCE, updates: { stage: '6' }, increments: [] })
  })

  it('that counting cannot clear is passed by STAGE_ADVANCE', () => {
    const [first, ...others] = quest('henesys_pq').stages
    if (first === undefined) throw new Error('a stage')
    const stages = [{ ...first, clearConditions: [condition({ operator: '<', value: 0 })] }, ...others]
    const definition = { ...quest('henesys_pq'), stages }
    const { commands } = afterEvents(definition, planOf(1), created('henesys_pq'), started('henesys_pq'))
    expect(commands.map(({ type }) => type)).toEqual(['STAGE_ADVANCE'])
  })

  it('that is cleared is left by STAGE_ADVANCE, but not where it advances by itself', () => {
    const cleared = (questId: string) =>
      event(questId, 'STAGE_CLEARED', { stageIndex: 0, channelId: 1, mapIds: [1], fieldInstances: [INSTANCE] })
    const types = (questId: string, plan: PartyPlan) =>
      afterEvents(quest(questId), plan, created(questId), cleared(questId)).commands.map(({ type }) => type)
    expect(types('kerning_city_pq', planOf(4))).toEqual(['STAGE_ADVANCE'])
    expect(types('kerning_city_pq', planOf(4, { advance: 'automatic' }))).toEqual([])
    expect(types('abandoned_subway_pq', planOf(1))).toEqual([])
  })

  it('is where a party gives up that was told to', () => {
    const plan = planOf(4, { forfeitAtStage: 0 })
    const { commands } = afterEvents(
      quest('kerning_city_pq'),
      plan,
      created('kerning_city_pq'),
      started('kerning_city_pq'),
    )
    expect(commands).toEqual([{ worldId: 2, characterId: 1001, type: 'FORFEIT', body: { instanceId: INSTANCE } }])
  })
})

describe('the end', () => {
  it('is won when COMPLETED was seen, and over with INSTANCE_DESTROYED', () => {
    const events = [created('herb_town_pq'), event('herb_town_pq', 'COMPLETED', {})]
    const completed = afterEvents(quest('herb_town_pq'), planOf(3), ...events)
    expect(completed).toMatchObject({ state: { phase: 'completed', won: true }, commands: [] })
    const over = afterEvents(
      quest('herb_town_pq'),
      planOf(3),
      ...events,
      event('herb_town_pq', 'INSTANCE_DESTROYED', {}),
    )
    expect(over.state).toMatchObject({ phase: 'over', won: true })
  })

  it('is a bonus that is entered, where it does not open by itself, and that nobody waits for', () => {
    const types = (questId: string, size: number, ...more: StatusEvent[]) =>
      afterEvents(
        quest(questId),
        planOf(size),
        created(questId),
        event(questId, 'COMPLETED', {}),
        ...more,
      ).commands.map(({ type }) => type)
    expect(types('kerning_city_pq', 4)).toEqual(['ENTER_BONUS'])
    expect(types('ludi_pq', 6)).toEqual([])
    expect(types('ludi_pq', 6, event('ludi_pq', 'BONUS_ENTERED', { mapId: 922011000 }))).toEqual(['FORFEIT'])
  })

  it('is lost after FAILED', () => {
    const { state } = afterEvents(
      quest('herb_town_pq'),
      planOf(3),
      created('herb_town_pq'),
      event('herb_town_pq', 'FAILED', { reason: 'forfeit' }),
      event('herb_town_pq', 'INSTANCE_DESTROYED', {}),
    )
    expect(state).toMatchObject({ phase: 'over', won: false })
  })
})
