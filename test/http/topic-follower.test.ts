/** The promises of following a topic beside retention: it goes on, whatever was deleted meanwhile. */
import { describe, expect, it } from 'vitest'
import { followTopics } from '../../src/http/topic-follower.ts'
import { eventually } from '../support/eventually.ts'
import { httpScene, TOPICS } from './http-scene.ts'

describe('a follower', () => {
  it('goes on with what is left when retention has gone past it', async () => {
    const { transport, write } = await httpScene()
    for (let n = 0; n < 2500; n++) await write(TOPICS.commands, String(n))
    const values: number[] = []
    let open = () => {}
    const gate = new Promise<void>(resolve => {
      open = resolve
    })
    const follower = await followTopics({
      transport,
      name: 'test',
      topics: [TOPICS.commands],
      from: 'earliest',
      onRecords: async records => {
        values.push(...records.map(({ value }) => Number(value)))
        await gate
      },
    })
    await eventually(() => values.length > 0)
    await transport.admin.deleteRecords({ topic: TOPICS.commands, partition: 0 }, 2400)
    open()
    await eventually(() => values.at(-1) === 2499)
    expect(values).toEqual([...values].sort((a, b) => a - b))
    expect(values.slice(-100)).toEqual(Array.from({ length: 100 }, (_, at) => 2400 + at))
    expect(values.length).toBeLessThan(2500)
    await follower.close()
    await follower.done
  })
})
