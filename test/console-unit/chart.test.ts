/**
 * The chart of the console: whatever the machine, no word lies on another or under a box, every transition is to be
 * seen, and what an instance did is found again on it.
 */
import { fileURLToPath } from 'node:url'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { pairKey } from '../../console/src/chart/arrangement.ts'
import { type ChartGraph, chartGraph, NO_FACTS } from '../../console/src/chart/graph.ts'
import { type ChartLayout, layOut, type Place, type Point } from '../../console/src/chart/layout.ts'
import { litBy, timerOn, wayOf } from '../../console/src/chart/lit.ts'
import { questFacts } from '../../console/src/chart/quest-facts.ts'
import { wordsWidth } from '../../console/src/chart/words.ts'
import { type Machine, machine as machineSchema, type Operation } from '../../src/api/documents.ts'
import { machineConfig, machineStates } from '../../src/chart/machine-chart.ts'
import { loadDefinitions } from '../../src/definitions/loading.ts'

const OURS: Machine = machineSchema.parse({
  states: machineStates().map(state => ({
    ...state,
    transitions: state.transitions.map(({ event, guard, target, ...others }) => ({
      ...others,
      event: event ?? null,
      guard: guard ?? null,
      target: target ?? null,
    })),
  })),
  config: machineConfig(),
})

const CATALOGUE = await loadDefinitions(fileURLToPath(new URL('../../definitions', import.meta.url)))

const intersect = (a: Place, b: Place) =>
  a.x < b.x + b.width && b.x < a.x + a.width && a.y < b.y + b.height && b.y < a.y + a.height

/** Every pair of places that lie on each other, and every word that a line of another edge goes through. */
function collisions({ boxes, edges, frame }: ChartLayout): readonly string[] {
  const solid = [
    ...boxes.map(box => ({ name: box.name, place: box as Place })),
    ...edges.map(({ from, to, label }) => ({ name: `${from} to ${to}`, place: label as Place })),
    ...(frame === null ? [] : [{ name: 'title', place: { x: frame.x, y: frame.y, width: 200, height: 24 } }]),
  ]
  const onEachOther = solid.flatMap((one, place) =>
    solid.slice(place + 1).flatMap(other => (intersect(one.place, other.place) ? [`${one.name} / ${other.name}`] : [])),
  )
  const crossed = edges.flatMap(({ from, to, points }) =>
    points.slice(1).flatMap((end, place) => {
      const start = points[place]
      if (start === undefined) return []
      const segment = segmentPlace(start, end)
      return solid
        .filter(({ name, place: solidPlace }) => name !== from && name !== to && intersect(segment, solidPlace))
        .map(({ name }) => `${name} crossed by ${from} to ${to}`)
    }),
  )
  return [...onEachOther, ...crossed]
}

function segmentPlace([x1, y1]: Point, [x2, y2]: Point): Place {
  return { x: Math.min(x1, x2), y: Math.min(y1, y2), width: Math.abs(x1 - x2), height: Math.abs(y1 - y2) }
}

function outside({ width, height, boxes, edges }: ChartLayout): readonly Place[] {
  const page = ({ x, y, width: w, height: h }: Place) => x >= 0 && y >= 0 && x + w <= width && y + h <= height
  return [...boxes, ...edges.map(({ label }) => label)].filter(place => !page(place))
}

/** Transitions that are neither on a line nor a row. Those that stay where their event also leads on need no row. */
function unseen(graph: ChartGraph, { boxes, edges }: ChartLayout): readonly string[] {
  return graph.nodes.flatMap(({ name, branches }) =>
    branches
      .filter(({ event, target }) => {
        const isLine = edges.some(edge => edge.from === name && edge.to === target)
        const rows = boxes.find(box => box.name === name)?.rows ?? []
        const leadsOn = target === null && branches.some(branch => branch.event === event && branch.target !== null)
        return !isLine && !leadsOn && !rows.some(row => row.target === target && row.words.event === event)
      })
      .map(({ event, target }) => `${name} ${event} ${target}`),
  )
}

function expectLegible(graph: ChartGraph): ChartLayout {
  const layout = layOut(graph)
  expect(collisions(layout)).toEqual([])
  expect(outside(layout)).toEqual([])
  expect(unseen(graph, layout)).toEqual([])
  for (const box of layout.boxes) {
    for (const { words, width } of box.rows) expect(wordsWidth(words)).toBeLessThanOrEqual(width)
  }
  return layout
}

test('our machine is drawn without anything on anything else, every transition to be seen', () => {
  const layout = expectLegible(chartGraph(OURS, NO_FACTS))
  expect(layout.boxes.map(({ name }) => name).toSorted()).toEqual(OURS.states.map(({ name }) => name).toSorted())
  expect(layout.edges.map(({ from, to }) => pairKey(from, to))).toEqual(
    expect.arrayContaining(['registering active', 'active cleared', 'cleared advancing', 'advancing active']),
  )
})

test('what many lead to has rows in its sources instead of lines across the picture', () => {
  const { boxes, edges } = layOut(chartGraph(OURS, NO_FACTS))
  const active = boxes.find(({ name }) => name === 'active')
  expect(active?.rows.map(({ words, target }) => [words.text, target])).toEqual(
    expect.arrayContaining([
      ['FORFEIT', 'failed'],
      ['quest', 'failed'],
      ['stage', 'failed'],
    ]),
  )
  expect(edges.filter(({ to }) => to === 'failed')).toEqual([])
})

test('each shipped quest has its own chart, without what it can never do', () => {
  for (const { definition } of CATALOGUE.all()) {
    const graph = chartGraph(OURS, questFacts({ ...definition }, definition.advance ?? 'command'))
    const layout = expectLegible(graph)
    expect(layout.boxes.some(({ name }) => name === 'bonus')).toBe(definition.bonus !== undefined)
    expect(layout.width).toBeLessThanOrEqual(1200)
  }
})

const NAMES = ['idle', 'lobby', 'a', 'b', 'waiting_for_everybody', 'c', 'd', 'e', 'f', 'g', 'h', 'over'] as const
const arbitraryMachine: fc.Arbitrary<Machine> = fc
  .record({
    states: fc.array(
      fc.record({
        isPlaying: fc.boolean(),
        isFinal: fc.boolean(),
        transitions: fc.array(
          fc.record({
            event: fc.constantFrom(null, 'GO', 'A_RATHER_LONG_COMMAND', 'STOP', 'timer.stage', 'timer.quest'),
            guard: fc.constantFrom(null, null, 'isReady', 'everyConditionOfTheStageHolds'),
            target: fc.option(fc.nat(NAMES.length - 1)),
          }),
          { maxLength: 7 },
        ),
      }),
      { minLength: 1, maxLength: NAMES.length },
    ),
  })
  .map(({ states }) => {
    const nameOf = (place: number) => NAMES[place % states.length] ?? 'idle'
    return {
      states: states.map(({ isFinal, transitions }, place) => ({
        name: nameOf(place),
        isFinal: isFinal && transitions.length === 0,
        transitions: transitions.map(({ event, guard, target }) => ({
          event,
          guard,
          target: target === null ? null : nameOf(target),
          actions: [],
          isFallback: false,
        })),
      })),
      config: {
        initial: nameOf(0),
        states: Object.fromEntries(
          states.map(({ isPlaying }, place) => [nameOf(place), { tags: isPlaying ? ['playing'] : [] }]),
        ),
      },
    }
  })

test('another machine, however wild, is drawn just as legibly', () => {
  fc.assert(
    fc.property(arbitraryMachine, machine => {
      expectLegible(chartGraph(machine, NO_FACTS))
    }),
    { numRuns: 500 },
  )
})

function operation(given: Partial<Operation>): Operation {
  return {
    sequence: 1,
    at: 0,
    durationMs: 1,
    cause: { kind: 'timer', dueAt: 0 },
    event: { type: 'START' },
    from: 'active',
    to: 'active',
    stageIndex: 0,
    messages: [],
    deadlines: {},
    ...given,
  }
}

describe('the way of an operation', () => {
  const before = operation({ stageIndex: 0 })

  test('goes through what is passed within it', () => {
    const advance = operation({ event: { type: 'STAGE_ADVANCE' }, from: 'cleared', to: 'active', stageIndex: 1 })
    expect(wayOf(OURS, advance, before)).toEqual(['cleared advancing', 'advancing active'])
    const forfeit = operation({ event: { type: 'FORFEIT' }, to: 'destroyed' })
    expect(wayOf(OURS, forfeit, before)).toEqual(['active failed', 'failed destroyed'])
  })

  test('is none where the instance stayed, though its state is the same as after an advance', () => {
    const attempt = operation({ event: { type: 'STAGE_CLEAR_ATTEMPT' }, stageIndex: 0 })
    expect(wayOf(OURS, attempt, before)).toEqual([])
    const cleared = operation({ event: { type: 'STAGE_CLEAR_ATTEMPT' }, stageIndex: 1 })
    expect(wayOf(OURS, cleared, before)).toEqual(['active cleared', 'cleared advancing', 'advancing active'])
  })

  test('leads on by itself from a state that an event only changed', () => {
    const fills = operation({ from: 'registering', event: { type: 'REGISTER' } })
    expect(wayOf(OURS, fills, before)).toEqual(['registering active'])
    expect(wayOf(OURS, { ...fills, to: 'registering' }, before)).toEqual([])
  })

  test('of a birth that starts at once leads out of the lobby', () => {
    expect(wayOf(OURS, operation({ from: null, event: { type: 'REGISTER' } }), undefined)).toEqual([
      'registering active',
    ])
  })
})

test('a running timer lights the one transition that it will take', () => {
  const lit = litBy(OURS, {
    state: 'active',
    journal: [],
    commands: [{ type: 'FORFEIT', isAccepted: true }],
    timers: [{ name: 'stage', dueAt: 5, seconds: 600, target: 'advancing' }],
  })
  expect(timerOn(lit, 'active', 'timer.stage', 'advancing')?.dueAt).toBe(5)
  expect(timerOn(lit, 'active', 'timer.stage', 'failed')).toBeUndefined()
  expect(timerOn(lit, 'cleared', 'timer.stage', 'advancing')).toBeUndefined()
})
