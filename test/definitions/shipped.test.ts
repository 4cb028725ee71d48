/** The quests that ship can be played as they are. */
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import { loadDefinitions } from '../../src/definitions/loading.ts'

const catalogue = await loadDefinitions(fileURLToPath(new URL('../../definitions', import.meta.url)))
const quests = catalogue.all().map(({ definition }) => definition)

describe('the quests that ship', () => {
  test('are seven, and load without a fault or a warning', () => {
    expect(catalogue.warnings).toEqual([])
    expect(quests.map(({ questId }) => questId)).toEqual([
      'abandoned_subway_pq',
      'dragon_rider_pq',
      'guild_pq',
      'henesys_pq',
      'herb_town_pq',
      'kerning_city_pq',
      'ludi_pq',
    ])
  })

  test.each(quests)('$questId can be completed: every condition is met by enough of something', ({ stages }) => {
    expect(stages.length).toBeGreaterThan(0)
    for (const { clearConditions } of stages) {
      for (const { operator, value } of clearConditions) expect([operator, value > 0]).toEqual(['>=', true])
    }
  })

  test.each(quests)('$questId ends by itself when its players have gone', ({ duration, stages }) => {
    expect(duration > 0 || stages.every(stage => stage.duration > 0)).toBe(true)
  })

  test.each(quests)('$questId says for each stage what clears it: conditions, or a script', ({ stages }) => {
    for (const { name, clearConditions, properties } of stages) {
      expect([name, properties.clearedBy === 'script']).toEqual([name, clearConditions.length === 0])
    }
  })

  test('show each kind of registration, bonus, advance and timer at least once', () => {
    const kinds = {
      registration: quests.map(({ registration: { type, mode, affinity } }) => `${type} ${mode} ${affinity}`),
      bonus: quests.map(({ bonus }) => bonus?.entry ?? 'no bonus'),
      advance: quests.map(({ advance }) => advance ?? 'as deployed'),
      timers: quests.flatMap(({ stages }) => stages.filter(stage => stage.duration > 0).map(stage => stage.onTimeout)),
      conditions: quests.flatMap(({ stages }) =>
        stages.flatMap(stage => stage.clearConditions.map(({ type }) => type)),
      ),
    }
    const each = Object.fromEntries(Object.entries(kinds).map(([name, all]) => [name, [...new Set(all)].sort()]))
    expect(each).toEqual({
      registration: ['individual timed guild', 'party instant none'],
      bonus: ['auto', 'manual', 'no bonus'],
      advance: ['as deployed', 'automatic'],
      timers: ['advance', 'fail'],
      conditions: ['custom_data', 'item', 'monster_kill'],
    })
  })
})
