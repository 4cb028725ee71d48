/** The bounds of a poll fit each other: what it waits for, one busy partition can bring. */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { gameIntake } from '../../../src/ingress/intake.ts'
import { silentLog } from '../../../src/log.ts'
import { silentTelemetry } from '../../../src/telemetry.ts'
import { READ_AHEAD } from '../../../src/transport/kafka/feed.ts'
import { fetchBounds } from '../../../src/transport/kafka/fetch-bounds.ts'
import { ManualClock } from '../../support/manual-clock.ts'

const bytes = fc.integer({ min: 1, max: 1 << 30 })
const readAheads = fc.record(
  { recordsMax: fc.integer({ min: 1, max: 10_000 }), bytesMax: bytes, pollBytesMin: bytes },
  { requiredKeys: ['recordsMax', 'bytesMax'] },
)

test('a partition alone can bring what a poll waits for, within its own bounds and those of the answer', () => {
  fc.assert(
    fc.property(readAheads, readAhead => {
      const { bytesMin, partitionBytesMax, responseBytesMax } = fetchBounds(readAhead)
      expect(bytesMin).toBeGreaterThan(0)
      expect(bytesMin).toBeLessThanOrEqual(partitionBytesMax)
      expect(partitionBytesMax).toBeLessThanOrEqual(Math.min(readAhead.bytesMax, responseBytesMax))
    }),
  )
})

test('the topics of the game are polled for what they ask, not for less, and commands with their first byte', () => {
  const { readAhead } = gameIntake({
    ...{ game: 'monster', topic: 'monsters', topicId: 'i', begins: 'end' },
    ...{ clock: new ManualClock(), log: silentLog, telemetry: silentTelemetry },
  })
  if (readAhead?.pollBytesMin === undefined) throw new Error('the game is read in large polls')
  const { bytesMin, partitionBytesMax } = fetchBounds(readAhead)
  expect(bytesMin).toBe(readAhead.pollBytesMin)
  expect(partitionBytesMax).toBeGreaterThanOrEqual(readAhead.pollBytesMin)
  expect(fetchBounds(READ_AHEAD).bytesMin).toBe(1)
})
