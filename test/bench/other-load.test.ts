/** What others took of the machine is all that it spent less what we did, and a figure made beside them says so. */
import { describe, expect, test } from 'vitest'
import {
  DISTURBED_SHARE,
  familyTicks,
  othersCell,
  othersShare,
  parseMachineTicks,
  parseProcess,
  watched,
} from '../../bench/other-load.ts'

const STAT = 'cpu  4838606 730335 864880 2818961 10898 7 39071 2624 5 6\ncpu0 1 2 3 4 5 6 7 8 9 0\n'
const PROCESS = '17038 (node (a) b) S 17000 1 1 0 -1 4194560 100 200 0 0 312 45 67 8 20 0 11 0 99 0 0'

describe('the load of others', () => {
  test('of the machine, user, nice, system and stolen time count; idling and interrupts do not', () => {
    expect(parseMachineTicks(STAT)).toBe(4838606 + 730335 + 864880 + 2624)
  })

  test('a process is read whatever brackets and spaces its name holds', () => {
    expect(parseProcess(PROCESS)).toEqual({ pid: 17038, parent: 17000, own: 357, ended: 75 })
  })

  test('what is no line of a process is refused', () => {
    expect(() => parseProcess('')).toThrow('/proc/<pid>/stat')
  })

  test('a family is its root, all below it, and those of them that have ended', () => {
    const family = familyTicks(
      [
        { pid: 1, parent: 0, own: 1000, ended: 1000 },
        { pid: 10, parent: 1, own: 1, ended: 2 },
        { pid: 11, parent: 10, own: 4, ended: 8 },
        { pid: 12, parent: 11, own: 16, ended: 32 },
        { pid: 13, parent: 1, own: 500, ended: 500 },
      ],
      10,
    )
    expect(family).toBe(63)
  })

  test('the share of others is what was spent beside us, of one core, and never below nothing', () => {
    const before = { at: 10, all: 100, ours: 50 }
    expect(othersShare(before, { at: 12, all: 104, ours: 53 })).toBe(0.5)
    expect(othersShare(before, { at: 12, all: 102, ours: 53 })).toBe(0)
  })

  test('a figure made on a quiet machine shows the share alone, one made beside others says that the machine was busy', () => {
    expect(othersCell([0.01, DISTURBED_SHARE, 0.02])).toBe('2 %')
    expect(othersCell([0.01, 0.02, 0.5])).toBe('the machine was busy: 2–50 %')
  })

  test('what was run is handed on beside the share', async () => {
    expect((await watched(async () => 'done')).value).toBe('done')
  })
})
