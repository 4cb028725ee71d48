/** Machines of strangers as pictures: every way to write one is read, none overlaps, none is too much. */
import { describe, expect, it } from 'vitest'
import { type Box, layOut } from '../../../console/src/inspector/machine-layout.ts'
import { readMachine, STATES_MAX, type StateNode } from '../../../console/src/inspector/machine-tree.ts'
import { activeStates, valueText } from '../../../console/src/inspector/state-value.ts'
import { machineConfig } from '../../../src/chart/machine-chart.ts'

function machine(config: unknown): StateNode {
  const read = readMachine(JSON.stringify(config))
  if ('problem' in read) throw new Error(read.problem)
  return read.root
}
const transitionsOf = (root: StateNode, ...path: readonly string[]) =>
  path.reduce<StateNode | undefined>((node, name) => node?.children.find(child => child.name === name), root)
    ?.transitions

describe('a definition', () => {
  it('may write its targets in every way that XState knows', () => {
    const root = machine({
      id: 'm',
      on: { RESET: '.a', HOME: { target: '#m.b.inner' }, LOG: { actions: 'log' } },
      initial: 'a',
      states: {
        a: {
          on: { GO: 'b', DEEP: ['b.inner', { guard: 'no' }], ID: '#named', BOTH: { target: ['a', 'b'] } },
          after: { 500: 'b', patience: { target: 'b', guard: { type: 'tired' } } },
          always: { target: 'b', guard: 'ready' },
        },
        b: {
          initial: 'inner',
          invoke: { src: 'load', onDone: 'a', onError: { target: '.inner' } },
          onDone: 'a',
          states: { inner: { id: 'named', on: { UP: '#m.a', NOWHERE: '#other.place' } } },
        },
      },
    })
    expect(transitionsOf(root)?.map(({ event, targets }) => [event, targets])).toEqual([
      ['RESET', ['a']],
      ['HOME', ['b\ninner']],
      ['LOG', []],
    ])
    expect(transitionsOf(root, 'a')).toEqual([
      { event: 'GO', guard: undefined, targets: ['b'] },
      { event: 'DEEP', guard: undefined, targets: ['b\ninner'] },
      { event: 'DEEP', guard: 'no', targets: [] },
      { event: 'ID', guard: undefined, targets: ['b\ninner'] },
      { event: 'BOTH', guard: undefined, targets: ['a', 'b'] },
      { event: 'after 500 ms', guard: undefined, targets: ['b'] },
      { event: 'after patience', guard: 'tired', targets: ['b'] },
      { event: 'always', guard: 'ready', targets: ['b'] },
    ])
    expect(transitionsOf(root, 'b')?.map(({ event, targets }) => [event, targets])).toEqual([
      ['done', ['a']],
      ['done: load', ['a']],
      ['error: load', ['b\ninner']],
    ])
    expect(transitionsOf(root, 'b', 'inner')?.map(({ targets }) => targets)).toEqual([['a'], []])
  })

  it.each([
    [undefined, 'no machine'],
    ['{', 'no JSON'],
    ['null', 'no machine'],
    ['{"id":"promise"}', 'no states'],
    ['{"states":[]}', 'no states'],
    [
      JSON.stringify({ states: Object.fromEntries(Array.from({ length: STATES_MAX }, (_, n) => [n, {}])) }),
      'more than',
    ],
    [`${'{"states":{"a":'.repeat(5_000)}{}${'}}'.repeat(5_000)}`, 'deeper'],
    [JSON.stringify({ states: { a: { on: { GO: Array.from({ length: 3_000 }, () => 'a') } } } }), 'transitions'],
  ])('%.40s is no picture, and says why', (definition, problem) => {
    expect(readMachine(definition)).toEqual({ problem: expect.stringContaining(problem) })
  })

  it('of any shape inside is taken as far as it makes sense', () => {
    const odd = { initial: 7, states: { a: null, b: { on: [1], after: 'x', invoke: 'y', always: [[]], type: 'odd' } } }
    expect(machine(odd).children.map(({ name, kind }) => [name, kind])).toEqual([
      ['a', 'atomic'],
      ['b', 'atomic'],
    ])
  })
})

describe('a picture', () => {
  const config = {
    id: 'm',
    type: 'parallel',
    states: {
      left: { initial: 'a', states: { a: { on: { X: 'b' } }, b: { on: { Y: 'a', Z: 'c' } }, c: { type: 'final' } } },
      right: { initial: 'p', states: { p: { on: { LONG_EVENT_NAME_OF_SOMEBODY: 'q' } }, q: {}, r: {} } },
    },
  }

  it.each([
    ['of regions and nested states', config],
    ['of our own machine', machineConfig()],
  ])('%s has every state once, within its parent, over none of its siblings', (_, given) => {
    const root = machine(given)
    const { boxes, width, height } = layOut(root)
    const byKey = new Map(boxes.map(box => [box.key, box]))
    const visit = (node: StateNode) => {
      const outer = byKey.get(node.key)
      const inner = node.children.flatMap(child => byKey.get(child.key) ?? [])
      expect(inner).toHaveLength(node.children.length)
      for (const box of inner) expect(outer !== undefined && isWithin(box, outer), box.key).toBe(true)
      for (const [place, box] of inner.entries()) {
        for (const other of inner.slice(place + 1)) expect(overlaps(box, other), `${box.key} ${other.key}`).toBe(false)
      }
      node.children.forEach(visit)
    }
    visit(root)
    expect(width).toBeLessThan(2_000)
    expect(height).toBeLessThan(2_000)
  })

  it('has a line for each step between two states of one parent', () => {
    const { lines } = layOut(machine(config))
    expect(lines.map(({ from, to }) => `${from}>${to}`.replaceAll('\n', '.'))).toEqual([
      'left.a>left.b',
      'left.b>left.a',
      'left.b>left.c',
      'right.p>right.q',
    ])
  })
})

describe('a state value', () => {
  it('is words, and the states that it means', () => {
    const value = { door: 'open', desk: { drawer: { lock: 'shut' } }, hall: {} }
    expect(valueText(value)).toBe('{door.open, desk.drawer.lock.shut, hall}')
    expect([...activeStates(value)].map(key => key.replaceAll('\n', '.'))).toEqual([
      'door',
      'door.open',
      'desk',
      'desk.drawer',
      'desk.drawer.lock',
      'desk.drawer.lock.shut',
      'hall',
    ])
  })

  it('of any shape and depth costs little', () => {
    const deep = JSON.parse(`${'{"a":'.repeat(3_000)}1${'}'.repeat(3_000)}`)
    const wide = Object.fromEntries(Array.from({ length: 20_000 }, (_, n) => [`s${n}`, 'x']))
    for (const value of [deep, wide, 7, null, [], undefined]) {
      expect(activeStates(value).size).toBeLessThanOrEqual(301)
      expect(valueText(value).length).toBeLessThanOrEqual(300)
    }
  })
})

function isWithin(inner: Box, outer: Box): boolean {
  return (
    inner.x >= outer.x &&
    inner.y >= outer.y &&
    inner.x + inner.width <= outer.x + outer.width &&
    inner.y + inner.height <= outer.y + outer.height
  )
}

function overlaps(one: Box, other: Box): boolean {
  return (
    one.x < other.x + other.width &&
    other.x < one.x + one.width &&
    one.y < other.y + other.height &&
    other.y < one.y + one.height
  )
}
