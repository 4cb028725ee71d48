/** Bodies of answers: bounded, and events whole however they are cut into chunks. */
import { describe, expect, it } from 'vitest'
import { bodyText, readEvents } from '../../src/peers/answer-body.ts'

async function* chunks(...texts: (string | Uint8Array)[]): AsyncGenerator<Uint8Array> {
  for (const text of texts) yield typeof text === 'string' ? Buffer.from(text) : text
}

const eventsOf = async (body: AsyncIterable<Uint8Array>, bytesMax = 1000, onBytes = () => {}) => {
  const events: unknown[] = []
  for await (const event of readEvents(body, bytesMax, onBytes)) events.push(event)
  return events
}

const TEXT = 'event: hello\ndata: {"a":"ü"}\n\n: here\n\ndata: 1\ndata: 2\n\nevent: change\n\ndata: unfinished\n'
const EVENTS = [
  { event: 'hello', data: '{"a":"ü"}' },
  { event: 'message', data: '1\n2' },
]

describe('events', () => {
  it('are the same wherever the chunks are cut', async () => {
    const bytes = Buffer.from(TEXT)
    for (let cut = 0; cut <= bytes.length; cut++) {
      expect(await eventsOf(chunks(bytes.subarray(0, cut), bytes.subarray(cut)))).toEqual(EVENTS)
    }
    expect(await eventsOf(chunks(...[...bytes].map(byte => Uint8Array.of(byte))))).toEqual(EVENTS)
  })

  it('are bounded each for itself, not all together', async () => {
    const small = `data: ${'x'.repeat(50)}\n\n`
    expect(await eventsOf(chunks(small, small, small), 100)).toHaveLength(3)
    await expect(eventsOf(chunks('data: ', 'x'.repeat(60), 'x'.repeat(60)), 100)).rejects.toThrow('larger than 100')
    await expect(eventsOf(chunks(...Array(30).fill('data:\n')), 100)).rejects.toThrow('larger than 100')
  })

  it('are not the only sign of life: a comment is one too', async () => {
    let heard = 0
    const body = chunks(': here\n\n', ': here\n\n')
    const onBytes = () => {
      heard += 1
    }
    expect(await eventsOf(body, 1000, onBytes)).toEqual([])
    expect(heard).toBe(2)
  })
})

describe('a text', () => {
  it('is whole up to its bound, and nothing beyond', async () => {
    expect(await bodyText(chunks('ab', 'cd'), 4)).toBe('abcd')
    expect(await bodyText(chunks('ab', 'cde'), 4)).toBeUndefined()
    expect(await bodyText(null, 4)).toBe('')
  })
})
