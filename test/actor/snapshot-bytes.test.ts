/** An instance as bytes and back, and what is not an instance. */
import { describe, expect, test } from 'vitest'
import { armedAfter, type Instance, nextTimer, stateOf } from '../../src/actor/instance.ts'
import { decodeInstance, encodeInstance } from '../../src/actor/snapshot-bytes.ts'
import { LAYOUTS, newestReadable } from '../../src/contract/record-layout.ts'
import { UnrestorableError } from '../../src/errors.ts'
import { quest, stage } from '../support/definitions.ts'
import { type Happening, inputOf, Playthrough, T0, update } from '../support/playthrough.ts'

const compiled = quest({ duration: 600, stages: [stage(0, { duration: 120 }), stage(1)], advance: 'automatic' })
const { rules } = inputOf(compiled)

function played(...happenings: readonly Happening[]): Playthrough {
  const play = new Playthrough(compiled).at(5)
  play.send(...happenings)
  return play
}

function instanceOf(play: Playthrough): Instance {
  return { snapshot: play.snapshot, definition: compiled.ref, armedBy: { quest: 'q', stage: 's' } }
}

describe('an instance', () => {
  test('comes back from its bytes as it was', () => {
    const instance = instanceOf(played(update({ 4001008: 3 }, { 7: 1 })))
    const restored = decodeInstance(encodeInstance(instance), () => rules)
    expect(restored.snapshot.value).toBe(instance.snapshot.value)
    expect(restored.snapshot.context).toEqual(instance.snapshot.context)
    expect([restored.snapshot.status, restored.definition, restored.armedBy]).toEqual([
      'active',
      compiled.ref,
      { quest: 'q', stage: 's' },
    ])
  })

  test('names its definition and keeps its `advance`, but never copies the definition', () => {
    const bytes = encodeInstance(instanceOf(played()))
    expect(bytes.toString()).not.toContain('The Old Mill')
    const asked: unknown[] = []
    decodeInstance(bytes, (...question) => {
      asked.push(question)
      return rules
    })
    expect(asked).toEqual([[compiled.ref, 'automatic']])
  })

  test('has the same bytes after a round trip', () => {
    const bytes = encodeInstance(instanceOf(played(update({ 1: 1 }))))
    expect(encodeInstance(decodeInstance(bytes, () => rules))).toEqual(bytes)
  })

  test('says which timer is next', () => {
    expect(nextTimer(instanceOf(played()))).toEqual({ timer: 'stage', at: T0 + 120_000 })
    expect(stateOf(instanceOf(played()))).toBe('active')
  })
})

describe('what is not an instance is refused, and the reason names what was found', () => {
  const stored = JSON.parse(encodeInstance(instanceOf(played())).toString())
  const without = (name: string) => ({ ...stored, [name]: undefined })

  test.each([
    ['bytes that are not JSON', 'oops', /not JSON: oops/],
    ['nothing', '', /not JSON/],
    ['null', 'null', /no object/],
    ['a record without a version', JSON.stringify(without('version')), /record without a version/],
    [
      'a record of a later version',
      JSON.stringify({ ...stored, version: newestReadable(LAYOUTS.instance) + 1 }),
      /version 3.*reads 1 to 2/,
    ],
    ['a record without a state', JSON.stringify(without('value')), /damaged at \$/],
    ['a record in a state where no instance rests', JSON.stringify({ ...stored, value: 'failed' }), /damaged at \$/],
    ['a record without its context', JSON.stringify(without('context')), /damaged at \$/],
    [
      'a record without its run',
      JSON.stringify({ ...stored, context: { ...stored.context, run: undefined } }),
      /damaged at \$\.context\.run/,
    ],
    ['a record without the spans of its timers', JSON.stringify(without('armedBy')), /damaged at \$/],
    ['a record without its definition', JSON.stringify(without('definition')), /damaged at \$/],
  ])('%s', (_, text, reason) => {
    const decode = () => decodeInstance(Buffer.from(text), () => rules)
    expect(decode).toThrow(UnrestorableError)
    expect(decode).toThrow(reason)
  })

  test('an instance whose definition is not there', () => {
    const decode = () =>
      decodeInstance(encodeInstance(instanceOf(played())), ref => {
        throw new UnrestorableError(`no ${ref}`)
      })
    expect(decode).toThrow(`no ${compiled.ref}`)
  })
})

describe('the span that armed a timer', () => {
  test('is that of the birth for what was armed then', () => {
    expect(armedAfter(undefined, played().snapshot, 'birth')).toEqual({ quest: 'birth', stage: 'birth' })
  })

  test('stays with a timer that is not moved, is new for one that is, and goes with one that is disarmed', () => {
    const stages = [stage(0, { duration: 120 }), stage(1, { duration: 30 }), stage(2)]
    const play = new Playthrough(quest({ duration: 600, stages }))
    const spans = (traceparent: string, before: Instance): Instance => ({
      ...before,
      snapshot: play.snapshot,
      armedBy: armedAfter(before, play.snapshot, traceparent),
    })
    const first: Instance = { ...instanceOf(play), armedBy: armedAfter(undefined, play.snapshot, 'birth') }
    play.at(5).send({ type: 'STAGE_ADVANCE' })
    const second = spans('advance', first)
    expect(second.armedBy).toEqual({ quest: 'birth', stage: 'advance' })
    play.at(6).send({ type: 'STAGE_ADVANCE' })
    expect(spans('again', second).armedBy).toEqual({ quest: 'birth' })
  })

  test('is kept as it is by an operation that touches no timer', () => {
    const play = played()
    const before = instanceOf(play)
    play.send(update({ 1: 1 }))
    expect(armedAfter(before, play.snapshot, 'update')).toBe(before.armedBy)
  })
})
