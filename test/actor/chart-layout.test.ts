/** The step follows a machine exactly or refuses it when the service starts: nothing of a chart is passed over. */
import { describe, expect, test } from 'vitest'
import { and, assign, createMachine, emit, setup } from 'xstate'
import { partyQuestMachine } from '../../machines/party-quest.ts'
import { layOut } from '../../src/actor/chart-layout.ts'

test('every state and every transition of the machine of party quests has its place in the layout', () => {
  const { places, moves } = layOut(partyQuestMachine)
  const nodes = Object.values(partyQuestMachine.states)
  expect([...places.keys()]).toEqual(nodes.map(({ key }) => key))
  for (const node of nodes) {
    expect(places.get(node.key)?.entry).toHaveLength(node.entry.length)
    expect(places.get(node.key)?.always.map(({ entered }) => entered)).toEqual(
      (node.always ?? []).map(({ target }) => target?.[0]?.key),
    )
    for (const transition of [...node.transitions.values()].flat()) {
      const move = moves.get(transition)
      expect(move?.entered).toBe(transition.target?.[0]?.key)
      expect(move?.actions).toHaveLength(transition.actions.length)
    }
  }
})

const vocabulary = setup({
  guards: { open: () => true, both: and([() => true, () => false]) },
  actions: {
    count: assign(() => ({})),
    countByField: assign({ count: 1 }),
    tell: emit(() => ({ type: 'told' })),
    tellTheSame: emit({ type: 'told' }),
  },
})

test('a chart of plain states that assigns and emits is laid out', () => {
  const machine = vocabulary.createMachine({
    id: 'm',
    initial: 'a',
    states: { a: { entry: 'count', always: { guard: 'open', target: 'b', actions: { type: 'tell' } } }, b: {} },
  })
  const { places } = layOut(machine)
  expect(places.get('a')?.entry.map(({ type }) => type)).toEqual(['assign'])
  expect(places.get('a')?.always.map(({ actions }) => actions.map(({ type }) => type))).toEqual([['emit']])
})

describe('refused is a machine', () => {
  const flat = { id: 'm', initial: 'a' } as const
  test.each([
    [
      'that listens in all states',
      createMachine({ ...flat, states: { a: {} }, on: { GO: '.a' } }),
      /m does something in all/,
    ],
    [
      'that moves from any state',
      createMachine({ ...flat, states: { a: {}, b: {} }, always: '.b' }),
      /m does something in all/,
    ],
    [
      'that says something at its end',
      vocabulary.createMachine({ ...flat, states: { a: {} }, exit: 'tell' }),
      /m does/,
    ],
    [
      'with states in states',
      createMachine({ ...flat, states: { a: { initial: 'deep', states: { deep: {} } } } }),
      /m\.a is compound/,
    ],
    [
      'that runs two states at once',
      createMachine({ ...flat, states: { a: { type: 'parallel' } } }),
      /m\.a is parallel/,
    ],
    [
      'that remembers a state',
      createMachine({ ...flat, states: { a: {}, b: { type: 'history' } } }),
      /m\.b is history/,
    ],
    [
      'with a final state that moves on',
      createMachine({ ...flat, states: { a: {}, b: { type: 'final', always: 'a' } } }),
      /m\.b is final/,
    ],
    [
      'that acts when it leaves a state',
      vocabulary.createMachine({ ...flat, states: { a: { exit: 'tell' } } }),
      /m\.a does something when it is left/,
    ],
    [
      'that enters a state again',
      createMachine({ ...flat, states: { a: { on: { GO: 'a' } } } }),
      /m\.a leads to itself/,
    ],
    [
      'that enters a state with all that is around it',
      createMachine({ ...flat, states: { a: { on: { GO: { target: 'b', reenter: true } } }, b: {} } }),
      /m\.a leads to itself/,
    ],
    [
      'that leads to the whole',
      createMachine({ ...flat, states: { a: { on: { GO: '#m' } } } }),
      /m\.a leads to itself, or out/,
    ],
    [
      'that leads to two states',
      createMachine({ ...flat, states: { a: { on: { GO: { target: ['b', 'c'] } } }, b: {}, c: {} } }),
      /m\.a leads to several/,
    ],
    [
      'that acts in place without an event',
      vocabulary.createMachine({ ...flat, states: { a: { always: { guard: 'open', actions: 'tell' } } } }),
      /m\.a moves nowhere without an event/,
    ],
    [
      'with a guard made of guards',
      vocabulary.createMachine({ ...flat, states: { a: { on: { GO: { guard: 'both', target: 'b' } } }, b: {} } }),
      /m\.a has a guard that is no named function/,
    ],
    [
      'with a guard without a name',
      createMachine({ ...flat, states: { a: { always: { guard: () => true, target: 'b' } }, b: {} } }),
      /m\.a has a guard that is no named function/,
    ],
    [
      'with an assign of fields',
      vocabulary.createMachine({ ...flat, states: { a: { entry: 'countByField' } } }),
      /m\.a has an action that is no assign or emit of a function/,
    ],
    [
      'that always emits the same',
      vocabulary.createMachine({ ...flat, states: { a: { entry: 'tellTheSame' } } }),
      /m\.a has an action that is no assign or emit of a function/,
    ],
    [
      'with an action without a name',
      createMachine({ ...flat, states: { a: { entry: assign(() => ({})) } } }),
      /m\.a has an action that is no assign or emit/,
    ],
    [
      'with an action that nobody has written',
      createMachine({ ...flat, states: { a: { entry: 'missing' } } }),
      /m\.a has an action that is no assign or emit/,
    ],
    [
      'that computes what an action is given',
      createMachine({ ...flat, states: { a: { entry: { type: 'tell', params: () => ({}) } } } }),
      /m\.a computes the parameters/,
    ],
  ])('%s', (_, machine, fault) => {
    expect(() => layOut(machine)).toThrow(fault)
  })
})
