/**
 * A machine that XState or our own rules refuse. Imports nothing of it beforehand: a test file that cannot be loaded has
 * no test that fails, and `npm run mutate` would take that for a machine that nobody missed.
 */
import { expect, test } from 'vitest'

test('the machine is one that XState takes, and a stepper can be made of it', async () => {
  const { createStepper } = await import('../../src/actor/stepper.ts')
  expect(() => createStepper('loading')).not.toThrow()
})
