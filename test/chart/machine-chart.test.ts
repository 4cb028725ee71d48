/** The machine as data is the machine: XState makes the same one of it, and the README's picture is made of it. */
import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { type AnyStateNode, createMachine } from 'xstate'
import { partyQuestMachine } from '../../machines/party-quest.ts'
import { machineConfig, machineStates } from '../../src/chart/machine-chart.ts'
import { machineMermaid } from '../../src/chart/machine-mermaid.ts'
import { quest } from '../support/definitions.ts'

test('createMachine takes the JSON, and makes the states and transitions of the machine of it', () => {
  const machine = createMachine(JSON.parse(JSON.stringify(machineConfig(quest().definition))))
  expect(shapeOf(machine.root)).toEqual(shapeOf(partyQuestMachine.root))
  expect(shapeOf(machine.root).length).toBe(8)
})

test('the JSON of a quest holds its definition as context, and is otherwise the machine', () => {
  const { definition } = quest()
  const { context, description, ...rest } = machineConfig(definition)
  const { description: _, ...machine } = machineConfig()
  expect(context).toEqual({ rules: { definition } })
  expect(String(description)).toContain('The Old Mill (mill_pq)')
  expect(rest).toEqual(machine)
})

test('every guard and action that the JSON names is one of the machine', () => {
  const { guards, actions } = partyQuestMachine.implementations
  const transitions = machineStates().flatMap(state => state.transitions)
  for (const { guard } of transitions) if (guard !== undefined) expect(guards).toHaveProperty(guard)
  for (const name of transitions.flatMap(transition => transition.actions)) expect(actions).toHaveProperty(name)
})

test('the list of states has every transition of the machine, in order', () => {
  const listed = machineStates().map(({ name, transitions }) => [name, transitions.length])
  const own = Object.values(partyQuestMachine.root.states).map(node => [node.key, transitionsOf(node).length])
  expect(listed).toEqual(own)
})

test("the README's picture of the machine is what `party-quests chart` writes", () => {
  const readme = readFileSync(new URL('../../README.md', import.meta.url), 'utf8')
  const picture = readme.match(
    /<!-- party-quests chart -->\n```mermaid\n([\s\S]*?)```\n<!-- \/party-quests chart -->/,
  )?.[1]
  expect(picture).toBe(machineMermaid())
})

function shapeOf(root: AnyStateNode): readonly unknown[] {
  return Object.values(root.states).map(node => ({
    key: node.key,
    type: node.type,
    tags: node.tags,
    description: node.description,
    entry: node.entry,
    transitions: transitionsOf(node).map(({ eventType, guard, target, actions, description }) => ({
      eventType,
      guard,
      target: target?.map(({ key }) => key),
      actions,
      description,
    })),
  }))
}

function transitionsOf(node: AnyStateNode) {
  return [...node.transitions.values()].flat().concat(node.always ?? [])
}
