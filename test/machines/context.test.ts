/** The rules that an instance is born with: its definition's where that says something, else the deployment's. */
import { expect, test } from 'vitest'
import { type RuleSettings, rulesOf } from '../../machines/context.ts'
import { quest } from '../support/definitions.ts'

const deployment: RuleSettings = {
  advance: 'automatic',
  requirements: 'warn',
  lobbyLimitSeconds: 30,
  bonusLimitSeconds: 40,
}

test('a definition that says how it advances decides; one that does not leaves it to the deployment', () => {
  expect(rulesOf(quest({ advance: 'command' }).definition, deployment).advance).toBe('command')
  expect(rulesOf(quest().definition, deployment).advance).toBe('automatic')
})

test('everything else is the deployment’s, and the definition is kept as it is', () => {
  const { definition } = quest()
  const rules = rulesOf(definition, deployment)
  expect(rules).toEqual({ ...deployment, definition })
  expect(rules.definition).toBe(definition)
})
