/** The quests that ship can be played as they are. */
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import type { ClearCondition } from '../../src/contract/definition.ts'
import { countsKills, FRIENDLY_DROP_KEY, friendlyMonsterOf, weatherOf } from '../../src/contract/stage-features.ts'
import { loadDefinitions } from '../../src/definitions/loading.ts'
import { examine } from '../../src/exploration/examine.ts'
import { explore } from '../../src/exploration/explore.ts'

const catalogue = await loadDefinitions(fileURLToPath(new URL('../../definitions', import.meta.url)))
const quests = catalogue.all().map(({ definition }) => definition)

describe('the quests that ship', () => {
  test('are seven, and load without a fault; that two reward with items is said', () => {
    expect(catalogue.warnings.map(warning => warning.replace(/^.*\//, ''))).toEqual([
      'abandoned_subway_pq.json: abandoned_subway_pq has a reward that is an item, which the service does not grant: have a script give it',
      'kerning_city_pq.json: kerning_city_pq has a reward that is an item, which the service does not grant: have a script give it',
    ])
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

  test.each(['command', 'automatic'] as const)('have nothing that a check warns of, with ADVANCE=%s', advance => {
    const settings = { advance, requirements: 'enforce', lobbyLimitSeconds: 3600, bonusLimitSeconds: 1800 } as const
    const findings = catalogue.all().flatMap(compiled => {
      const found = examine(compiled.definition, explore(compiled, settings), settings)
      return found.map(
        ({ severity, code, path }) => `${severity} ${compiled.definition.questId} ${path.join('.')}: ${code}`,
      )
    })
    expect(findings).toEqual([
      'note abandoned_subway_pq stages.3.rewards.0: reward-not-granted',
      'note kerning_city_pq stages.4.rewards.1: reward-not-granted',
    ])
  })

  test.each(quests)('$questId says for each stage what clears it: conditions, or a script', ({ stages }) => {
    for (const { name, clearConditions, properties } of stages) {
      const isOfScript = ({ type, referenceKey }: ClearCondition) =>
        type === 'custom_data' && referenceKey !== FRIENDLY_DROP_KEY
      const needsScript = clearConditions.length === 0 || clearConditions.some(isOfScript)
      expect([name, properties.clearedBy === 'script']).toEqual([name, needsScript])
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
      failRequirements: quests.map(quest => (quest.failRequirements.length > 0 ? 'some' : 'none')),
      rewards: quests
        .flatMap(quest => [...quest.rewards, ...quest.stages.flatMap(stage => stage.rewards)])
        .map(r => r.type),
      features: quests.flatMap(({ stages }) =>
        stages.flatMap(stage => [
          ...(friendlyMonsterOf(stage) === undefined ? [] : ['friendly monster']),
          ...(weatherOf(stage) === undefined ? [] : ['weather']),
          ...(countsKills(stage) ? ['kills'] : []),
          ...stage.clearActions,
        ]),
      ),
    }
    const each = Object.fromEntries(Object.entries(kinds).map(([name, all]) => [name, [...new Set(all)].sort()]))
    expect(each).toEqual({
      registration: ['individual timed guild', 'party instant none'],
      bonus: ['auto', 'manual', 'no bonus'],
      advance: ['as deployed', 'automatic'],
      timers: ['advance', 'fail'],
      conditions: ['custom_data', 'item', 'monster_kill'],
      failRequirements: ['none', 'some'],
      rewards: ['experience', 'item', 'random_item'],
      features: ['destroy_monsters', 'friendly monster', 'kills', 'weather'],
    })
  })
})
