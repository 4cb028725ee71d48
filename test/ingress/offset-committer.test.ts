/** Promise: what the ingress says of its offsets is of partitions that are its own, however often a commit fails. */
import { expect, test } from 'vitest'
import { OffsetCommitter } from '../../src/ingress/offset-committer.ts'
import type { NextOffset } from '../../src/transport/port.ts'
import { ManualClock } from '../support/manual-clock.ts'
import { recordedLog } from '../support/recorded-log.ts'

const TOPIC = 'commands'
const NEVER = () => Promise.reject(new Error('not asked here'))
const record = (partition: number, offset: number) => ({
  ...{ topic: TOPIC, partition, offset, timestamp: 0, key: null, value: null, headers: [] },
})

test('an offset whose commit failed is said again, unless its partition is another owner’s by then', async () => {
  const clock = new ManualClock()
  const said: string[] = []
  let fail: (() => void) | undefined
  const commit = (offsets: readonly NextOffset[]): Promise<void> => {
    if (said.length > 0) {
      said.push(...offsets.map(({ partition, next }) => `${partition}: ${next}`))
      return Promise.resolve()
    }
    said.push('refused')
    return new Promise((_, reject) => {
      fail = () => reject(new Error('no coordinator'))
    })
  }
  const membership = { lastHeartbeatAt: 0, committed: NEVER, members: NEVER, leave: NEVER, commit }
  const committer = new OffsetCommitter(membership, 'note', clock, recordedLog())
  committer.acknowledged(record(0, 4))
  committer.acknowledged(record(1, 7))
  await clock.advance(200)
  committer.forget({ topic: TOPIC, partition: 1 })
  fail?.()
  await clock.advance(1000)
  expect(said).toEqual(['refused', '0: 5'])
  await committer.close()
})
