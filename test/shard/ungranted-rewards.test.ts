/** What nobody grants is counted: once for each character of each committed operation that owed it, and no other. */
import { afterEach, describe, expect, test } from 'vitest'
import { TransportUnavailableError } from '../../src/errors.ts'
import { silentTelemetry, type Telemetry } from '../../src/telemetry.ts'
import { quest, stage } from '../support/definitions.ts'
import { ShardHarness } from '../support/shard-harness.ts'

const EXPERIENCE = { type: 'experience', amount: 100 }
const CAKE = { type: 'item', amount: 1, items: [{ templateId: 4001101, weight: 1, quantity: 1 }] }
const ANY_SCROLL = { type: 'random_item', amount: 1, items: [{ templateId: 2040000, weight: 1, quantity: 1 }] }

let harness: ShardHarness | undefined
afterEach(() => harness?.stop())

/** Two characters in the first stage, and all that the telemetry is told from then on. */
async function playing(advance: 'command' | 'automatic') {
  const counted: string[] = []
  const telemetry: Telemetry = {
    ...silentTelemetry,
    rewardNotGranted: (questId, type, count) => counted.push(`${questId} ${type} ${count}`),
  }
  const stages = [stage(0, { rewards: [EXPERIENCE, ANY_SCROLL, CAKE] }), stage(1)]
  const definitions = [quest({ advance, stages, rewards: [CAKE, EXPERIENCE] })]
  const h = await ShardHarness.start({ definitions, telemetry })
  harness = h
  await h.register(1001, { partyId: 88 })
  await h.register(1002, { partyId: 88 })
  h.seen()
  expect(counted).toEqual([])
  return { h, counted }
}

describe('rewards that are items', () => {
  test('are counted for each character when the stage is cleared, and when the quest completes', async () => {
    const { h, counted } = await playing('automatic')
    await h.command('STAGE_CLEAR_ATTEMPT', 1)
    expect(counted).toEqual(['mill_pq random_item 2', 'mill_pq item 2'])
    counted.length = 0
    await h.command('STAGE_CLEAR_ATTEMPT', 1)
    expect(counted).toEqual(['mill_pq item 2'])
  })

  test('of a stage that is left without being cleared are not counted, as its experience is not sent', async () => {
    const { h, counted } = await playing('command')
    await h.command('STAGE_ADVANCE', 1)
    expect(counted).toEqual([])
    await h.command('STAGE_ADVANCE', 1)
    expect(counted).toEqual(['mill_pq item 2'])
  })

  test('are counted once where the first try to commit failed, and where the command comes twice', async () => {
    const { h, counted } = await playing('command')
    h.loseNextCommitAnswer(new TransportUnavailableError('the broker is away'), 'before')
    const record = await h.command('STAGE_CLEAR_ATTEMPT', 1)
    await h.clock.advance(10_000)
    await h.forward(record)
    expect(h.seen().events.filter(line => line.includes('STAGE_CLEARED'))).toHaveLength(1)
    expect(counted).toEqual(['mill_pq random_item 2', 'mill_pq item 2'])
  })

  test('of a quest that is forfeited are not counted', async () => {
    const { h, counted } = await playing('automatic')
    await h.command('FORFEIT', 1)
    expect([h.seen().events.length, counted]).toEqual([2, []])
  })
})
