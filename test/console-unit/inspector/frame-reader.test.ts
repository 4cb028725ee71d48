/** What the inspector's page believes of what it is sent: frames, and nothing that only looks like them. */
import { describe, expect, it } from 'vitest'
import { FRAME_CHARS_MAX, readFrameMessage, readFrameText } from '../../../console/src/inspector/frame-reader.ts'

const snapshot = { type: '@xstate.snapshot', sessionId: 'x:0', event: { type: 'GO' }, snapshot: { value: 'a' } }

describe('what is no frame is told in words', () => {
  it.each([
    ['', 'no JSON'],
    ['<script>', 'no JSON'],
    ['null', 'no object'],
    ['[]', 'no object'],
    ['{}', 'of the type nothing'],
    ['{"type":5}', 'of the type 5'],
    ['{"type":"message"}', 'of the type "message"'],
    ['{"type":"@xstate.actor"}', 'sessionId nothing'],
    ['{"type":"@xstate.actor","sessionId":""}', 'sessionId ""'],
    ['{"type":"@xstate.actor","sessionId":{}}', 'sessionId {}'],
    [JSON.stringify({ type: '@xstate.event', sessionId: 'x'.repeat(201) }), 'sessionId'],
    ['{"type":"@xstate.event","sessionId":"x:0"}', 'without an event'],
    ['{"type":"@xstate.event","sessionId":"x:0","event":"GO"}', 'without an event'],
    ['{"type":"@xstate.snapshot","sessionId":"x:0","event":{"type":"GO"},"snapshot":7}', 'without a snapshot'],
    [`{"type":"@xstate.event","more":"${'x'.repeat(FRAME_CHARS_MAX)}"}`, 'at most'],
    ['['.repeat(100_000), 'no JSON'],
  ])('%.40s', (text, problem) => {
    expect(readFrameText(text)).toEqual({ problem: expect.stringContaining(problem) })
  })

  it('nor does a message of another window have to be JSON', () => {
    const circle: Record<string, unknown> = {}
    circle.self = circle
    for (const message of [circle, undefined, 1n, () => 1, Symbol('x')]) {
      expect(readFrameMessage(message)).toHaveProperty('problem')
    }
    expect(readFrameMessage({ ...snapshot, more: 'x'.repeat(FRAME_CHARS_MAX) })).toHaveProperty('problem')
  })
})

describe('a frame', () => {
  it('of a kind that a newer XState may send is left out without a word', () => {
    expect(readFrameText('{"type":"@xstate.microstep","sessionId":"x:0"}')).toEqual({ other: '@xstate.microstep' })
  })

  it('is read alike from a text and from a message', () => {
    expect(readFrameText(JSON.stringify(snapshot))).toEqual(readFrameMessage(snapshot))
    expect(readFrameMessage(snapshot)).toMatchObject({
      frame: { kind: 'snapshot', sessionId: 'x:0', at: 0, event: { type: 'GO' }, snapshot: { value: 'a', tags: [] } },
    })
  })

  it('may lack everything that can be done without, and hold it in the wrong shape', () => {
    const odd = { type: '@xstate.actor', sessionId: 'x:0', name: 7, parentId: [], definition: {}, createdAt: 'soon' }
    expect(readFrameMessage({ ...odd, snapshot: { status: 3, tags: [1, 'live', null] } })).toMatchObject({
      frame: {
        kind: 'actor',
        name: 'x:0',
        parentId: undefined,
        definition: undefined,
        at: 0,
        snapshot: { status: '', tags: ['live'] },
      },
    })
  })

  it('has long names cut, never in the middle of a character', () => {
    const read = readFrameMessage({ type: '@xstate.actor', sessionId: 'x:0', name: '🎲'.repeat(500) })
    if (!('frame' in read) || read.frame.kind !== 'actor') throw new Error('it was not read')
    expect(read.frame.name.length).toBeLessThanOrEqual(200)
    expect(read.frame.name.isWellFormed()).toBe(true)
  })
})
