/** docs/authoring.md keeps its word: its example is a quest that can be played, and it knows every finding. */
import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { createStepper } from '../../src/actor/stepper.ts'
import { compileDefinition } from '../../src/definitions/catalogue.ts'
import { examine } from '../../src/exploration/examine.ts'
import { explore } from '../../src/exploration/explore.ts'
import { DEFAULT_RULES } from '../support/rules.ts'

const page = readFileSync(new URL('../../docs/authoring.md', import.meta.url), 'utf8')
const source = (name: string) => readFileSync(new URL(`../../src/${name}`, import.meta.url), 'utf8')

describe('the example', () => {
  const [, json = ''] = /```json\n([\s\S]*?)```/.exec(page) ?? []
  const compiled = compileDefinition(JSON.parse(json))

  test.each(['command', 'automatic'] as const)('is checked without a finding, with ADVANCE=%s', advance => {
    const settings = { ...DEFAULT_RULES, advance }
    expect(examine(compiled.definition, explore(compiled, settings), settings)).toEqual([])
  })

  test('is played to its end', () => {
    const { party, ends } = explore(compiled, DEFAULT_RULES)
    const [first, ...others] = ends[0]?.path ?? []
    if (first?.event.type !== 'REGISTER') throw new Error('a path begins with a REGISTER')
    const { identity } = first.after.snapshot.context
    const rules = { ...DEFAULT_RULES, definition: compiled.definition }
    const stepper = createStepper('authoring')
    const said: string[] = []
    let step = stepper.spawn({ identity, rules, members: [first.event.member], now: first.event.now })
    for (const { event } of others) {
      step = stepper.deliver(step.snapshot, event)
      said.push(...step.messages.map(({ type }) => type).filter(type => type !== 'CHANGE_MAP'))
    }
    expect(party).toHaveLength(2)
    expect(said).toEqual([
      'CHARACTER_REGISTERED',
      'STARTED',
      'AWARD_EXPERIENCE',
      'AWARD_EXPERIENCE',
      'STAGE_CLEARED',
      'STAGE_ADVANCED',
      'STAGE_CLEARED',
      'COMPLETED',
      'DESTROY_IN_FIELD',
      'DESTROY_IN_FIELD',
      'BONUS_ENTERED',
      'INSTANCE_DESTROYED',
    ])
  })
})

test('every finding that there is has its line, and no other', () => {
  const [, union = ''] = /FindingCode =([\s\S]*?)\n\n/.exec(source('exploration/finding.ts')) ?? []
  const codes = [...union.matchAll(/'([a-z-]+)'/g)].map(([, code]) => code)
  expect(codes.length).toBeGreaterThan(15)
  const [, table = ''] = /\| code \| severity[^\n]*\n\|[^\n]*\n([\s\S]*)$/.exec(page) ?? []
  const told = [...table.matchAll(/^\| ((?:`[a-z-]+`(?:, )?)+) \|/gm)].flatMap(([, cell = '']) =>
    [...cell.matchAll(/`([a-z-]+)`/g)].map(([, code]) => code),
  )
  expect(told.sort()).toEqual([...codes, 'definition'].sort())
})

test('every field that a definition has is on the page', () => {
  const text = source('contract/definition.ts')
  const fields = new Set([...text.matchAll(/^ {2}readonly (\w+)\??:/gm)].map(([, field]) => field))
  const missing = [...fields].filter(field => !page.includes(`\`${field}\``) && !page.includes(`"${field}"`))
  expect(fields.size).toBeGreaterThan(30)
  expect(missing).toEqual([])
})

test('every feature that a stage may describe is on the page', () => {
  const text = source('contract/stage-features.ts')
  const fields = [...text.matchAll(/^ {2}readonly (\w+)\??:/gm)].map(([, field]) => field)
  expect(fields.length).toBeGreaterThan(10)
  const internal = ['path', 'value', 'cure', 'countsKills']
  const missing = fields.filter(field => !internal.includes(field ?? '') && !page.includes(`"${field}"`))
  expect(missing).toEqual([])
})
