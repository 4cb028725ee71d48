/** A machine that would do something outside of its step never runs in a shard. */
import { describe, expect, test } from 'vitest'
import { assign, createMachine, emit, fromPromise, raise, setup } from 'xstate'
import { partyQuestMachine } from '../../machines/party-quest.ts'
import { machineFaults } from '../../src/actor/machine-rules.ts'

test('the machine of party quests breaks no rule', () => {
  expect(machineFaults(partyQuestMachine)).toEqual([])
})

test('assign and emit under names of their own break no rule', () => {
  const pure = setup({ actions: { count: assign({ count: 1 }), tell: emit({ type: 'told' }) } }).createMachine({
    context: { count: 0 },
    entry: 'count',
    exit: { type: 'tell' },
  })
  expect(machineFaults(pure)).toEqual([])
})

describe('refused is a machine', () => {
  test.each([
    [
      'that invokes an actor',
      createMachine({ id: 'm', initial: 'deep', states: { deep: { invoke: { src: fromPromise(async () => 1) } } } }),
      /state m\.deep invokes an actor: .*after the commit/,
    ],
    [
      'that waits with after',
      createMachine({ id: 'm', initial: 'deep', states: { deep: { after: { 10: { target: 'end' } } }, end: {} } }),
      /state m\.deep uses "after": .*deadline/,
    ],
    ['with an inline action on entry', createMachine({ id: 'm', entry: () => {} }), /state m has an inline action/],
    ['with an inline action on exit', createMachine({ id: 'm', exit: [() => {}] }), /state m has an inline action/],
    [
      'with an inline action on an event',
      createMachine({ id: 'm', on: { GO: { actions: () => {} } } }),
      /state m has an inline action/,
    ],
    [
      'with an inline action on an eventless transition',
      createMachine({
        id: 'm',
        initial: 'a',
        states: { a: { always: { target: 'b', actions: () => {} } }, b: {} },
      }),
      /state m\.a has an inline action/,
    ],
    [
      'with a named action that is a plain function',
      setup({ actions: { write: () => {} } }).createMachine({ entry: 'write' }),
      /action write is a plain function/,
    ],
    [
      'with a named action that is neither assign nor emit',
      setup({ actions: { again: raise({ type: 'GO' }) } }).createMachine({ entry: 'again' }),
      /action again is xstate\.raise/,
    ],
  ])('%s', (_, machine, fault) => {
    expect(machineFaults(machine).join('\n')).toMatch(fault)
  })
})
