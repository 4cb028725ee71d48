/** What is said symbolically is what trying all small numbers says: of counts, of parties, and of whole quests. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { conditionsHold, requirementsHold } from '../../machines/conditions.ts'
import {
  DATA_PREFIX,
  freshStage,
  ITEM_PREFIX,
  type PartyQuestContext,
  type StageState,
} from '../../machines/context.ts'
import type { QuestDefinition, Requirement } from '../../src/contract/definition.ts'
import type { CharacterId } from '../../src/contract/ids.ts'
import { compileDefinition } from '../../src/definitions/catalogue.ts'
import { examine } from '../../src/exploration/examine.ts'
import { explore } from '../../src/exploration/explore.ts'
import { chooseParty } from '../../src/exploration/party-choice.ts'
import { clearingOf } from '../../src/exploration/stage-counts.ts'
import { questFixture, stageFixture } from '../definitions/quest-fixture.ts'
import { DEFAULT_RULES } from '../support/rules.ts'

const SMALL = 4
const small = fc.nat({ max: SMALL })
const upTo = (most: number) => Array.from({ length: most + 1 }, (_, number) => number)

const conditions = fc.array(
  fc.record({
    type: fc.constantFrom('item', 'item_count', 'custom_data'),
    operator: fc.constantFrom('>=', '<=', '=', '>', '<'),
    value: small,
    referenceId: fc.constantFrom(1, 2),
    referenceKey: fc.constant('k'),
  }),
  { maxLength: 4 },
)
const requirements = fc.array(
  fc.record({
    type: fc.constantFrom('party_size', 'level_min', 'level_max'),
    operator: fc.constantFrom('eq', 'gte', 'lte', 'gt', 'lt'),
    value: small,
  }),
  { maxLength: 4 },
)

/** The machine's own guard, on stage 0 with these counts. */
function hold(definition: QuestDefinition, stage: StageState): boolean {
  return conditionsHold({ rules: { definition }, run: { stageIndex: 0 }, stage } as unknown as PartyQuestContext)
}

const counts = (one: number, two: number, data: number): StageState => ({
  ...freshStage(0),
  items: { [`${ITEM_PREFIX}1`]: one, [`${ITEM_PREFIX}2`]: two },
  data: { [`${DATA_PREFIX}k`]: String(data) },
})

describe('symbolically as by trying', () => {
  test('whether a stage can be cleared, and by what', () => {
    fc.assert(
      fc.property(conditions, clearConditions => {
        const { definition } = compileDefinition(questFixture({ stages: [stageFixture(0, { clearConditions })] }))
        const [stage] = definition.stages
        if (stage === undefined) throw new Error('a stage')
        const numbers = upTo(SMALL + 1)
        const some = (data: readonly number[]) =>
          numbers.some(one => numbers.some(two => data.some(value => hold(definition, counts(one, two, value)))))
        const expected = hold(definition, freshStage(0))
          ? 'always'
          : some([0])
            ? 'clearable'
            : some([-1, ...numbers])
              ? 'by-data'
              : 'never'
        expect(clearingOf(stage)).toBe(expected)
      }),
      { numRuns: 200 },
    )
  })

  test('whether a party can start, and with the smallest that can', () => {
    fc.assert(
      fc.property(requirements, startRequirements => {
        const levels = upTo(SMALL + 1).slice(1)
        const fulfils = (size: number, low: number, high: number) => {
          const members = upTo(size - 1).map(place => ({
            characterId: place as CharacterId,
            level: place === 0 ? high : low,
          }))
          return requirementsHold(startRequirements as readonly Requirement[], members)
        }
        const smallest = upTo(SMALL + 1)
          .slice(1)
          .find(size => levels.some(low => levels.some(high => high >= low && fulfils(size, low, high))))
        const choice = chooseParty(startRequirements as readonly Requirement[])
        expect(choice.kind === 'party' ? choice.members.length : undefined).toBe(smallest)
        if (choice.kind === 'party') {
          expect(requirementsHold(startRequirements as readonly Requirement[], choice.members)).toBe(true)
        }
      }),
      { numRuns: 500 },
    )
  })
})

const quests = fc
  .record({
    stages: fc.array(
      fc.record({
        clearConditions: conditions,
        duration: fc.constantFrom(0, 10, 20, 40),
        onTimeout: fc.constantFrom('advance', 'fail'),
        warpType: fc.constantFrom('all', 'none'),
      }),
      { minLength: 1, maxLength: 4 },
    ),
    startRequirements: requirements,
    duration: fc.constantFrom(0, 30, 60),
    bonus: fc.constantFrom(
      null,
      { mapId: 300, duration: 0, entry: 'auto' },
      { mapId: 300, duration: 60, entry: 'manual' },
    ),
    registration: fc.constantFrom(
      { type: 'party', mode: 'instant' },
      { type: 'individual', mode: 'timed', duration: 60 },
    ),
    advance: fc.constantFrom('command', 'automatic'),
  })
  .map(({ stages, ...rest }) =>
    compileDefinition(questFixture({ ...rest, stages: stages.map((stage, index) => stageFixture(index, stage)) })),
  )

describe('whatever an author writes', () => {
  test('is explored, and what is found of it agrees with itself', () => {
    fc.assert(
      fc.property(quests, compiled => {
        const life = explore(compiled, DEFAULT_RULES)
        const findings = examine(compiled.definition, life, DEFAULT_RULES)
        const codes = new Set(findings.map(({ code }) => code))
        expect(codes.has('requirements-impossible')).toBe(life.states.length === 0)
        // A way by force there always is: what is a fault is that there is no other.
        expect(life.completion !== undefined).toBe(life.states.length > 0)
        if (codes.has('stage-unreachable')) expect(codes.has('stage-never-cleared')).toBe(true)
        const isForced = life.completion?.some(
          ({ event, before }) =>
            event.type === 'STAGE_ADVANCE' &&
            before?.value === 'active' &&
            clearingOf(compiled.definition.stages[before.stageIndex] ?? raise()) === 'never',
        )
        if (isForced !== true) expect(codes.has('never-completed')).toBe(false)
        expect(codes.has('not-warped-out')).toBe(false)
        for (const { path } of life.ends) expect(path.at(-1)?.after.value).toBe('destroyed')
      }),
      { numRuns: 300 },
    )
  })
})

function raise(): never {
  throw new Error('a stage that is played is one of the definition')
}
