/** A rehearsed play is one that the machine accepts from the first REGISTER to the end, at the moments it says. */
import { readdirSync, readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { rulesOf } from '../../machines/context.ts'
import { exploreWithoutLevels, identityFor, Rehearsal } from '../../src/cli/rehearsal.ts'
import { seededRandom } from '../../src/cli/seeded-random.ts'
import { type CompiledDefinition, compileDefinition } from '../../src/definitions/catalogue.ts'
import { LIFE_BEGINS_MS } from '../../src/exploration/explored-life.ts'
import { quest, stage } from '../support/definitions.ts'
import { DEFAULT_RULES } from '../support/rules.ts'
import { TENANT } from '../support/tenants.ts'

const SHIPPED = new URL('../../definitions/', import.meta.url)

const shipped = readdirSync(SHIPPED).map(
  file => [file, compileDefinition(JSON.parse(readFileSync(new URL(file, SHIPPED), 'utf8')))] as const,
)

function rehearse(compiled: CompiledDefinition) {
  const { definition } = compiled
  const exploration = exploreWithoutLevels(compiled, DEFAULT_RULES)
  const rules = rulesOf(definition, DEFAULT_RULES)
  return { exploration, rehearsal: new Rehearsal(exploration, identityFor(definition, TENANT.id), rules) }
}

describe.each(shipped)('%s', (_, compiled) => {
  test('every end that was explored is reached by the way that leads to it', () => {
    const { exploration, rehearsal } = rehearse(compiled)
    expect(exploration.ends.length).toBeGreaterThan(1)
    for (const end of exploration.ends) {
      const last = rehearsal.follow(end).at(-1)
      const failed = last?.messages.find(({ type }) => type === 'FAILED')
      expect(last?.snapshot.value).toBe('destroyed')
      expect(failed).toEqual(end.reason === undefined ? undefined : { type: 'FAILED', reason: end.reason })
    }
  })

  test('every random way ends, and the same seed goes the same way', () => {
    const { rehearsal } = rehearse(compiled)
    for (let seed = 0; seed < 50; seed++) {
      const operations = [...rehearsal.wander(seededRandom(seed))]
      expect(operations.at(-1)?.snapshot.value).toBe('destroyed')
      expect(operations.length).toBeLessThanOrEqual(101)
      expect(rehearsal.wander(seededRandom(seed))).toEqual(operations)
    }
  })
})

test('random ways go to every end of a quest', () => {
  const { rehearsal } = rehearse(quest({ duration: 600, stages: [stage(0, { duration: 60 })] }))
  const ends = new Set<string>()
  for (let seed = 0; seed < 200; seed++) {
    const last = rehearsal.wander(seededRandom(seed)).at(-1)
    for (const message of last?.messages ?? []) {
      if (message.type === 'FAILED') ends.add(message.reason)
      if (message.type === 'COMPLETED') ends.add('completed')
    }
  }
  expect([...ends].sort()).toEqual(['completed', 'forfeit', 'registration_expired', 'time_expired'])
})

test('a timer is rehearsed at the moment at which it runs out, counted from what armed it', () => {
  const { exploration, rehearsal } = rehearse(quest({ duration: 600 }))
  const expired = exploration.ends.find(({ reason }) => reason === 'time_expired')
  const last = expired && rehearsal.follow(expired).at(-1)
  expect([last?.event, last?.afterMs]).toEqual([{ type: 'timer.quest', now: LIFE_BEGINS_MS + 600_000 }, 600_000])
})

test('requirements on levels keep nobody from playing: a play has no party service to ask', () => {
  const impossible = [
    { type: 'level_min', operator: 'gte', value: 100 },
    { type: 'level_max', operator: 'lte', value: 50 },
  ]
  expect(rehearse(quest({ startRequirements: impossible })).exploration.party).toHaveLength(1)
})
