/** Bodies of answers: bounded. */
import { describe, expect, it } from 'vitest'
import { bodyText } from '../../src/peers/answer-body.ts'

async function* chunks(...texts: string[]): AsyncGenerator<Uint8Array> {
  for (const text of texts) yield Buffer.from(text)
}

describe('a text', () => {
  it('is whole up to its bound, and nothing beyond', async () => {
    expect(await bodyText(chunks('ab', 'cd'), 4)).toBe('abcd')
    expect(await bodyText(chunks('ab', 'cde'), 4)).toBeUndefined()
    expect(await bodyText(null, 4)).toBe('')
  })
})
