/** Events of a stream: whole however they are cut into chunks, and bounded where a bound is asked for. */
import { describe, expect, it } from 'vitest'
import { readEvents } from '../src/server-sent-events.ts'

async function* chunks(...texts: (string | Uint8Array)[]): AsyncGenerator<Uint8Array> {
  for (const text of texts) yield typeof text === 'string' ? Buffer.from(text) : text
}

const eventsOf = async (body: AsyncIterable<Uint8Array>, bytesMax?: number, onBytes?: () => void) => {
  const events: unknown[] = []
  for await (const event of readEvents(body, bytesMax, onBytes)) events.push(event)
  return events
}

const TEXT = 'event: hello\ndata: {"a":"ü"}\n\n: here\n\ndata: 1\ndata: 2\n\nevent: change\n\ndata: unfinished\n'
const EVENTS = [
  { event: 'hello', data: '{"a":"ü"}' },
  { event: 'message', data: '1\n2' },
]

describe('server-sent events', () => {
  it('are the same wherever the chunks are cut', async () => {
    const bytes = Buffer.from(TEXT)
    for (let cut = 0; cut <= bytes.length; cut++) {
      expect(await eventsOf(chunks(bytes.subarray(0, cut), bytes.subarray(cut)))).toEqual(EVENTS)
    }
    expect(await eventsOf(chunks(...[...bytes].map(byte => Uint8Array.of(byte))))).toEqual(EVENTS)
  })

  it('are none where the body breaks off', async () => {
    expect(await eventsOf(chunks('data: whole\n\ndata: ha'))).toEqual([{ event: 'message', data: 'whole' }])
    expect(await eventsOf(chunks('data: no blank line\n'))).toEqual([])
  })

  it('are bounded each for itself, not all together', async () => {
    const small = `data: ${'x'.repeat(50)}\n\n`
    expect(await eventsOf(chunks(small, small, small), 100)).toHaveLength(3)
    await expect(eventsOf(chunks('data: ', 'x'.repeat(60), 'x'.repeat(60)), 100)).rejects.toThrow('larger than 100')
    await expect(eventsOf(chunks(...Array(30).fill('data:\n')), 100)).rejects.toThrow('larger than 100')
    expect(await eventsOf(chunks(`data: ${'x'.repeat(1 << 20)}\n\n`))).toHaveLength(1)
  })

  it('are not the only sign of life: a comment is one too', async () => {
    let heard = 0
    const body = chunks(': here\n\n', ': here\n\n')
    const onBytes = () => {
      heard += 1
    }
    expect(await eventsOf(body, undefined, onBytes)).toEqual([])
    expect(heard).toBe(2)
  })
})
