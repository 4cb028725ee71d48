/** A topic that is not there is told by its name, and with who can make it, before anything is read or written. */
import { expect, test } from 'vitest'
import { existingTopic, requireTopics } from '../../src/api/existing-topics.ts'
import { followTopics } from '../../src/http/topic-follower.ts'
import { httpScene, TOPICS } from '../http/http-scene.ts'

const CURE = 'make it, or start the service with CREATE_TOPICS=all'

test('of topics that are there nothing is said', async () => {
  const { admin } = (await httpScene()).transport
  await requireTopics(admin, Object.values(TOPICS))
  expect(await existingTopic(admin, TOPICS.commands)).toMatchObject({ partitions: 3 })
})

test('all that are missing are named, and none that is there', async () => {
  const { transport } = await httpScene()
  const topics = ['X', TOPICS.commands, 'Y']
  const follower = followTopics({ transport, name: 'test', topics, from: 'latest', onRecords: () => {} })
  await expect(follower).rejects.toThrow(`no such topic: X, Y; ${CURE}`)
})

test('a command for a topic that is not there is answered with 503, and sent once it is there', async () => {
  const { post, transport, written } = await httpScene({ topics: { ...TOPICS, commands: 'X' } })
  const response = await post({ records: [{ value: 'one' }] })
  expect(response.status).toBe(503)
  expect(await response.text()).toContain(`no such topic: X; ${CURE}`)
  await transport.admin.createTopics([{ topic: 'X', partitions: 2, replicationFactor: 1, config: {} }])
  expect((await post({ records: [{ value: 'one' }] })).status).toBe(202)
  expect(written('X')).toHaveLength(1)
})
