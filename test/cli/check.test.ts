/** From definition files to a report: places as the author's file has them, words for people, JSON for machines. */
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { stripVTControlCharacters } from 'node:util'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { countOf, reportJson, reportText } from '../../src/cli/check-report.ts'
import { checkDefinitions } from '../../src/cli/definition-check.ts'
import { UsageError } from '../../src/cli/usage-error.ts'
import { questFixture, stageFixture } from '../definitions/quest-fixture.ts'
import { DEFAULT_RULES } from '../support/rules.ts'

const ITEM = { type: 'item', operator: '>=', value: 4, referenceId: 4001008 }
const sound = (index: number) => stageFixture(index, { clearConditions: [ITEM] })
const quest = (overrides: Record<string, unknown> = {}) => questFixture({ stages: [sound(0), sound(1)], ...overrides })

let dir: string
const file = (name: string) => join(dir, name)
const write = (name: string, content: unknown) =>
  writeFile(file(name), typeof content === 'string' ? content : JSON.stringify(content))
const check = (...targets: readonly string[]) => checkDefinitions(targets.map(file), DEFAULT_RULES)

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'check-'))
})
afterEach(() => rm(dir, { recursive: true }))

describe('a finding', () => {
  test('names the place in the file: through the JSON:API document, and whatever order its stages are in', async () => {
    const stages = [sound(1), stageFixture(0, { clearConditions: [] })]
    await write('a.json', { data: { attributes: quest({ stages }) } })
    const [checked] = await check('a.json')
    expect(checked?.findings).toEqual([
      {
        severity: 'warning',
        code: 'stage-always-met',
        path: '$.data.attributes.stages[1].clearConditions',
        reason: expect.stringContaining('no conditions'),
        cure: expect.stringContaining('clearedBy'),
      },
    ])
  })

  test('of the text itself is what a start would say, and nothing else is looked for then', async () => {
    await write('a.json', quest({ exit: -1, duration: 0 }))
    await write('b.json', '{')
    const [a, b] = await check('a.json', 'b.json')
    expect(a?.findings).toEqual([
      { severity: 'fault', code: 'definition', path: '$.exit', reason: expect.stringContaining('(value -1), give') },
    ])
    expect(b?.findings).toEqual([
      { severity: 'fault', code: 'definition', path: '$', reason: expect.stringContaining('line 1, column 2') },
    ])
  })
})

describe('files and directories', () => {
  test('are checked together: an id that two of them define is a fault, a file named twice is one', async () => {
    await mkdir(file('more'))
    await write('a.json', quest())
    await write('more/b.json', quest())
    const checked = await check('a.json', 'more', 'a.json')
    expect(checked.map(({ file: name, findings }) => [name, findings.map(({ path }) => path)])).toEqual([
      [file('a.json'), []],
      [file('more/b.json'), ['$.questId']],
    ])
  })

  test('that cannot be read are wrong usage, all of them in one message', async () => {
    await mkdir(file('empty'))
    const wrong = check('nowhere', 'empty', 'gone.json')
    await expect(wrong).rejects.toThrow(UsageError)
    await expect(wrong).rejects.toThrow(
      /nowhere: cannot be read.*empty: holds no \*\.json.*gone\.json: cannot be read/s,
    )
  })

  test('are counted while they are looked at', async () => {
    await write('a.json', quest())
    await write('b.json', quest({ questId: 'other' }))
    const seen: string[] = []
    await checkDefinitions([dir], DEFAULT_RULES, (done, all) => seen.push(`${done}/${all}`))
    expect(seen).toEqual(['0/2', '1/2'])
  })
})

describe('the report', () => {
  test('has a line for each file, each finding and each cure, and a summary', async () => {
    await write('a.json', quest())
    await write('b.json', quest({ questId: 'other', exit: 0 }))
    const text = reportText(await check('a.json', 'b.json'), { colours: false, paths: false })
    expect(text.split('\n')).toEqual([
      `${file('a.json')}  ok  10 states, 6 ends, 8 operations to COMPLETED`,
      `${file('b.json')}  fault  10 states, 6 ends, 8 operations to COMPLETED`,
      '  fault    $.exit: everybody is sent to map 0 on the way out, which is no map',
      '           cure: name the map to which they leave',
      '2 definitions: 1 fault, 0 warnings, 0 notes',
      '',
    ])
  })

  test('shows the shortest path to COMPLETED and to each end where it is asked to', async () => {
    await write('a.json', quest())
    const text = reportText(await check('a.json'), { colours: false, paths: true })
    expect(text).toContain(
      [
        '  to COMPLETED',
        '    REGISTER (2 times)',
        '    UPDATE_STAGE_STATE item 4001008 ×4',
        '    STAGE_CLEAR_ATTEMPT',
        '    STAGE_ADVANCE',
        '    UPDATE_STAGE_STATE item 4001008 ×4',
        '    STAGE_CLEAR_ATTEMPT',
        '    STAGE_ADVANCE',
        '  to the end: completed, by timer.bonus',
      ].join('\n'),
    )
    expect(text).toContain(
      '  to the end: time_expired, by timer.quest\n    REGISTER (2 times)\n    timer.quest, after 1200 s\n',
    )
  })

  test('has colours only where it is told to, and nothing of a file moves the cursor', async () => {
    const referenceKey = '\u009B2J\u202E'
    const clearConditions = [{ type: 'custom_data', operator: '>=', value: 1, referenceKey }]
    await write('a.json', quest({ stages: [stageFixture(0, { clearConditions })] }))
    const checked = await check('a.json')
    const plain = reportText(checked, { colours: false, paths: true })
    const coloured = reportText(checked, { colours: true, paths: true })
    expect(plain.replaceAll('\n', '')).not.toMatch(/[\p{Cc}\p{Cf}]/u)
    expect(coloured).not.toBe(plain)
    expect(stripVTControlCharacters(coloured)).toBe(plain)
  })

  test('is one JSON document for machines', async () => {
    await write('a.json', quest({ exit: 0 }))
    const checked = await check('a.json')
    const report = JSON.parse(reportJson(checked))
    expect(report).toMatchObject({ faults: 1, warnings: 0, notes: 0 })
    const [only] = report.files
    expect(only).toMatchObject({ file: file('a.json'), questId: 'mill_pq', states: 10 })
    expect(only.findings).toEqual(checked[0]?.findings)
    expect(only.completion[2]).toEqual({
      event: 'UPDATE_STAGE_STATE',
      items: { 4001008: 4 },
      kills: {},
      afterMs: 0,
      state: 'active 0 met (quest)',
      messages: [],
    })
    expect(only.ends.map((end: { kind: string; reason?: string }) => end.reason ?? end.kind)).toEqual([
      'completed',
      'completed',
      'forfeit',
      'registration_expired',
      'time_expired',
      'left',
    ])
    expect(countOf('fault', checked)).toBe(1)
  })
})
