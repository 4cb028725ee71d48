/** A chart promises what the machine does: it is walked here, and every move it makes is in the picture, and no other. */
import { readdirSync, readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import type { PartyQuestEvent } from '../../machines/party-quest.ts'
import type { InstanceSnapshot } from '../../src/actor/instance.ts'
import { createStepper, type Step } from '../../src/actor/stepper.ts'
import { boxesOf, type ChartSettings, chartOf, type QuestChart, rowWords } from '../../src/chart/quest-chart.ts'
import { durationWords } from '../../src/chart/quest-words.ts'
import { friendlyMonsterOf } from '../../src/contract/stage-features.ts'
import { type CompiledDefinition, compileDefinition } from '../../src/definitions/catalogue.ts'
import { quest, stage, TIMED } from '../support/definitions.ts'
import { inputOf, members } from '../support/playthrough.ts'
import { character } from '../support/tenants.ts'

const SHIPPED = new URL('../../definitions/', import.meta.url)
const SETTINGS: ChartSettings = {
  advance: 'command',
  requirements: 'enforce',
  lobbyLimitSeconds: 3600,
  bonusLimitSeconds: 1800,
}
const PARTY_MAX = 6

const bonus = (more: object) => ({ bonus: { mapId: 500, duration: 90, entry: 'auto', ...more } })

const quests: readonly (readonly [string, CompiledDefinition])[] = [
  ...readdirSync(SHIPPED).map(
    file => [file, compileDefinition(JSON.parse(readFileSync(new URL(file, SHIPPED), 'utf8')))] as const,
  ),
  ['no limits at all', quest()],
  ['nobody waits', quest({ startRequirements: [] })],
  ['timed, without requirements', quest({ registration: TIMED, startRequirements: [] })],
  ['timed, with requirements', quest({ registration: TIMED, duration: 600 })],
  ['a bonus', quest(bonus({}))],
  ['a bonus of the deployment', quest(bonus({ duration: 0 }))],
  ['a manual bonus', quest(bonus({ entry: 'manual', completionMapId: 501 }))],
  ['one stage with a timer', quest({ stages: [stage(0, { duration: 30 })] })],
  ['a stage timer that fails', quest({ stages: [stage(0), stage(1, { duration: 3661, onTimeout: 'fail' })] })],
  ['automatic', quest({ advance: 'automatic' })],
]

const settings: readonly (readonly [string, ChartSettings])[] = [
  ['as configured by default', SETTINGS],
  ['where nothing is limited', { ...SETTINGS, lobbyLimitSeconds: 0, bonusLimitSeconds: 0 }],
  ['where requirements only warn', { ...SETTINGS, requirements: 'warn' }],
  ['where stages advance by themselves', { ...SETTINGS, advance: 'automatic' }],
]

describe.each(settings)('%s', (_, rules) => {
  test.each(
    quests,
  )('the chart of %s shows every move of the machine, its timers with their times, and no other', (_, compiled) => {
    const chart = chartOf(compiled.definition, rules)
    expect(movesOf(chart)).toEqual(movesOfMachine(compiled, rules))
  })
})

test('what fails a quest that somebody has left is drawn where the machine fails it, and nowhere else', () => {
  const failRequirements = [{ type: 'party_size', operator: 'lt', value: 2 }]
  const compiled = quest({ duration: 600, failRequirements })
  const shown = (rules: ChartSettings) => chartOf(compiled.definition, rules).playing.rows.map(rowWords)
  const warning: ChartSettings = { ...SETTINGS, requirements: 'warn' }
  expect(shown(SETTINGS)).toEqual(['quest timer 10 min → failed', 'FORFEIT → failed', 'LEAVE, party of < 2 → failed'])
  expect(shown(warning)).not.toContain('LEAVE, party of < 2 → failed')
  const left = (requirements: ChartSettings['requirements']) => {
    const stepper = createStepper('chart')
    const { snapshot } = stepper.spawn(inputOf(compiled, { members: members(1001, 1002), rules: { requirements } }))
    const { run } = snapshot.context
    const leave = { type: 'LEAVE', characterId: character(1001), reason: 'voluntary', now: run.startedAt } as const
    return stepper.deliver(snapshot, leave).messages.map(({ type }) => type)
  }
  expect(left('enforce')).toContain('FAILED')
  expect(left('warn')).toEqual(['CHANGE_MAP', 'CHARACTER_LEFT'])
})

test('a quest without stages is drawn as not playable, and ends nowhere', () => {
  const chart = chartOf(quest({ stages: [] }).definition, SETTINGS)
  expect(chart.registering.rows.at(-1)?.text).toBe('not playable: there are no stages')
  expect([boxesOf(chart).length, chart.edges]).toEqual([1, []])
})

test('a box says maps, conditions and how many more there are', () => {
  const passes = Array.from({ length: 8 }, (_, place) => ({
    type: 'item',
    operator: '>=',
    value: 4,
    referenceId: 4001008 + place,
  }))
  const [box] = chartOf(
    quest({ stages: [stage(0, { mapIds: [1, 2, 3], clearConditions: passes })] }).definition,
    SETTINGS,
  ).stages
  const texts = box?.rows.map(({ text }) => text)
  expect(texts?.slice(0, 3)).toEqual(['item collection', 'map 1 and 2 more', 'item 4001008 ≥ 4'])
  expect(texts?.at(-1)).toBe('and 2 more conditions')
})

/** `from > to: command`, or with the timer's name and time. */
function movesOf(chart: QuestChart): readonly string[] {
  const rows = [
    ...boxesOf(chart).flatMap(({ id, rows }) => rows.map(row => ({ from: id, row }))),
    ...chart.stages.flatMap(({ id }) => chart.playing.rows.map(row => ({ from: id, row }))),
  ].flatMap(({ from, row: { kind, text, leadsTo } }) =>
    leadsTo === undefined ? [] : [`${from} > ${leadsTo}: ${timed(kind, text)}`],
  )
  const edges = chart.edges.map(({ from, to, kind, label }) => `${from} > ${to}: ${timed(kind, label.join(' '))}`)
  return [...new Set([...rows, ...edges])].sort()
}

function timed(kind: string, text: string): string {
  return kind === 'timer' ? text.replace(/,.*/, '') : kind
}

function movesOfMachine(compiled: CompiledDefinition, rules: ChartSettings): readonly string[] {
  const stepper = createStepper('chart')
  const moves = new Set<string>()
  const seen = new Set<string>()
  const take = (from: string, cause: string, { messages, snapshot }: Step): void => {
    const passed = messages.flatMap(({ type }) =>
      type === 'FAILED' ? ['failed'] : type === 'COMPLETED' ? ['completed'] : [],
    )
    const way = [from, ...passed, boxOf(snapshot)].filter((box, place, all) => box !== all[place - 1])
    way.slice(1).forEach((to, place) => {
      moves.add(`${way[place]} > ${to}: ${place === 0 ? cause : 'passage'}`)
    })
    visit(snapshot)
  }
  const visit = (snapshot: InstanceSnapshot): void => {
    const { run } = snapshot.context
    const key = JSON.stringify([snapshot.value, run.stageIndex, run.members.length, Object.keys(run.deadlines)])
    if (seen.has(key) || snapshot.status !== 'active') return
    seen.add(key)
    const now = Math.max(run.registeredAt, run.startedAt, snapshot.context.stage.startedAt)
    const commands: PartyQuestEvent[] = [
      { type: 'START', now },
      { type: 'STAGE_CLEAR_ATTEMPT', now },
      { type: 'STAGE_ADVANCE', now },
      { type: 'ENTER_BONUS', now },
      { type: 'FORFEIT', now },
    ]
    const stage = compiled.definition.stages[run.stageIndex]
    const monsterId = stage && friendlyMonsterOf(stage)?.monsterId
    if (stage !== undefined && monsterId !== undefined) {
      commands.push({ type: 'monster.killed', mapId: stage.mapIds[0], monsterId, itemCount: 0, now })
    }
    if (run.members.length < PARTY_MAX) {
      commands.push({ type: 'REGISTER', now, member: { characterId: character(2000 + run.members.length) } })
    }
    for (const command of commands) take(boxOf(snapshot), 'command', stepper.deliver(snapshot, command))
    for (const [timer, at] of Object.entries(run.deadlines)) {
      const event = { type: `timer.${timer}`, now: at } as PartyQuestEvent
      // Nothing passes before a timer is armed: the whole of its time is left.
      const armedAt = timer === 'quest' ? run.startedAt : now
      const cause = `${timer} timer ${durationWords((at - armedAt) / 1000)}`
      take(boxOf(snapshot), cause, stepper.deliver(snapshot, event))
    }
  }
  const { advance = rules.advance } = compiled.definition
  take(
    'registering',
    'command',
    stepper.spawn(inputOf(compiled, { members: members(1001), rules: { ...rules, advance } })),
  )
  return [...moves].sort()
}

function boxOf({ value, context }: InstanceSnapshot): string {
  return value === 'active' || value === 'cleared' ? `stage${context.run.stageIndex}` : String(value)
}
