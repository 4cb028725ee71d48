/**
 * The stages of an instance as segments of one bar. Pure.
 */
import type { InstanceRow } from '../../../src/api/documents.ts'

export type Segment = 'done' | 'current' | 'cleared' | 'ahead'

export const SEGMENTS_MAX = 10

type Progressing = Pick<InstanceRow, 'state' | 'stages' | 'currentStageIndex'>

/** `words`: the same for who does not see it. */
export function segmentsOf({ state, stages, currentStageIndex }: Progressing): {
  readonly segments: readonly Segment[]
  readonly words: string
} {
  const count = Math.min(stages, SEGMENTS_MAX)
  const all = (segment: Segment) => Array.from({ length: count }, () => segment)
  switch (state) {
    case 'registering':
      return { segments: all('ahead'), words: `not begun, ${stages} stages` }
    case 'active':
    case 'cleared': {
      const here = Math.min(count - 1, Math.floor((currentStageIndex * count) / Math.max(1, stages)))
      const now: Segment = state === 'active' ? 'current' : 'cleared'
      const segments = all('ahead').map((ahead, at): Segment => (at < here ? 'done' : at === here ? now : ahead))
      return { segments, words: `stage ${currentStageIndex + 1} of ${stages}${state === 'cleared' ? ', cleared' : ''}` }
    }
    case 'completed':
    case 'bonus':
      return { segments: all('done'), words: `all ${stages} stages done` }
    case 'destroyed':
      return { segments: all('ahead'), words: 'ended' }
    default: {
      const missed: never = state
      return missed
    }
  }
}
