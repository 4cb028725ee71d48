/** A lap is from a command to the last of its messages, whatever else is read meanwhile. */
import { describe, expect, test } from 'vitest'
import { instanceOf, Stopwatch } from '../../bench/stopwatch.ts'

describe('the stopwatch', () => {
  test('a lap ends with the last message of its command, not before', () => {
    const watch = new Stopwatch(2)
    watch.start('a', 100)
    watch.saw('a', 103)
    expect(watch.laps).toEqual([])
    expect(watch.isOpen('a')).toBe(true)
    watch.saw('a', 107)
    expect(watch.laps).toEqual([7])
    expect(watch.openLaps).toBe(0)
  })

  test('instances are timed apart, and messages of others are none of ours', () => {
    const watch = new Stopwatch(1)
    watch.start('a', 0)
    watch.start('b', 10)
    watch.saw('c', 11)
    watch.saw('b', 15)
    watch.saw('a', 20)
    expect(watch.laps).toEqual([5, 20])
  })

  test('what was the warm-up is forgotten, what is under way is not', () => {
    const watch = new Stopwatch(1)
    watch.start('a', 0)
    watch.saw('a', 50)
    watch.start('b', 60)
    watch.reset()
    watch.saw('b', 64)
    expect(watch.laps).toEqual([4])
  })

  test('a status event and a CHANGE_MAP name their instance, each in its place', () => {
    expect(instanceOf(Buffer.from('{"instanceId":"a","body":{}}'))).toBe('a')
    expect(instanceOf(Buffer.from('{"characterId":1,"body":{"instance":"b"}}'))).toBe('b')
    expect(instanceOf(null)).toBe('')
  })
})
