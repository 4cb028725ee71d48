/**
 * Promise: what the journal says of an operation's time is what the machine was told, to the millisecond. An instance
 * that is exported is played again by it, and would else arm other deadlines.
 */
import { expect, test } from 'vitest'
import type { Instance } from '../../src/api/documents.ts'
import { scene, unhurried } from '../query/scene.ts'
import { quest, stage, TIMED } from '../support/definitions.ts'

test('an operation is at the moment from which its deadlines count, though the clock moves at each reading', async () => {
  const definition = quest({
    duration: 600,
    registration: TIMED,
    bonus: { mapId: 950, entry: 'auto', duration: 30 },
    stages: [stage(0, { duration: 120 }), stage(1, { duration: 50 })],
  })
  const { harness, view } = await scene({ definitions: [definition] })
  const { clock } = harness
  const now = clock.now.bind(clock)
  clock.now = () => {
    clock.skip(1)
    return now()
  }
  const look = async (): Promise<Instance> => {
    const found = await view.instance(harness.id(1), unhurried())
    if (found.kind !== 'found') throw new Error(`it is ${found.kind}`)
    return found.instance
  }
  await harness.register(1001, { partyId: 88 })
  harness.seen()
  await harness.register(1002, { partyId: 88 })
  const registered = await look()
  expect(registered.journal[0]).toMatchObject({ at: registered.registeredAt, event: { type: 'REGISTER' } })
  expect(deadlinesFrom(registered)).toEqual({ registration: 60_000 })

  await clock.advance(60_000)
  const started = await look()
  expect(started.journal.at(-1)).toMatchObject({ at: started.startedAt, event: { type: 'timer.registration' } })
  expect(started.stageStartedAt).toBe(started.startedAt)
  expect(deadlinesFrom(started)).toEqual({ quest: 600_000, stage: 120_000 })

  await harness.command('STAGE_CLEAR_ATTEMPT', 1)
  await harness.command('STAGE_ADVANCE', 1)
  const advanced = await look()
  expect(advanced.journal.at(-1)).toMatchObject({ at: advanced.stageStartedAt, event: { type: 'STAGE_ADVANCE' } })
  expect(deadlinesFrom(advanced).stage).toBe(50_000)

  await clock.advance(50_000)
  const last = await look()
  expect(last.journal.at(-1)?.event.type).toBe('timer.stage')
  expect(last.state).toBe('bonus')
  const moments = last.journal.map(({ at }) => at)
  expect(moments).toEqual([...new Set(moments)].sort((a, b) => a - b))
  await harness.stop()
})

/** How long the timers run that the last operation left: from its moment; in the lobby, from that of its first REGISTER. */
function deadlinesFrom({ journal, registeredAt, state }: Instance): Readonly<Record<string, number>> {
  const last = journal.at(-1)
  const from = state === 'registering' ? registeredAt : (last?.at ?? 0)
  return Object.fromEntries(Object.entries(last?.deadlines ?? {}).map(([name, dueAt]) => [name, dueAt - from]))
}
