/**
 * Bad input by the million: plays cases in chunks, round after round, each round on a scene of its own so that its
 * seed alone replays it. After every chunk it looks at what no input may ever touch: the built-in prototypes, promises
 * that nobody holds, and the heap. FUZZ_CASES and FUZZ_SEED say how many and which (`npm run fuzz` sets them).
 */
import fc from 'fast-check'
import { Builtins } from './builtins.ts'
import { HeapWatch } from './heap-watch.ts'

/** Of all campaigns together. */
const CASES = Number(process.env.FUZZ_CASES ?? 20_000)
const SEED = Number(process.env.FUZZ_SEED ?? 20_261_123)
/** Chunks played on one scene. */
const CHUNKS_A_ROUND = 40
const MS_A_CASE_MAX = 50

export interface CampaignOptions<Case, Scene> {
  /** Of the cases of all campaigns, 0 to 1. */
  readonly share: number
  readonly aCase: fc.Arbitrary<Case>
  readonly chunkCasesMax: number
  readonly open: () => Scene | Promise<Scene>
  /** Throws at the first promise that is broken. */
  readonly play: (scene: Scene, cases: readonly Case[]) => Promise<void>
  readonly close: (scene: Scene) => Promise<void>
}

/** Vitest's limit for a test with a campaign of that share: only what hangs comes near it. */
export function limitMs(share: number): number {
  return 120_000 + CASES * share * MS_A_CASE_MAX
}

/** Resolves with how many cases were played. A failure names seed and path, and shows the shrunk chunk. */
export async function campaign<Case, Scene>(options: CampaignOptions<Case, Scene>): Promise<number> {
  const { share, aCase, chunkCasesMax, open, play, close } = options
  const chunk = fc.array(aCase, { minLength: 1, maxLength: chunkCasesMax, size: 'max' })
  const builtins = new Builtins()
  const heap = new HeapWatch()
  const unheld: unknown[] = []
  const onUnheld = (reason: unknown) => unheld.push(reason)
  process.on('unhandledRejection', onUnheld)
  let played = 0
  try {
    for (let round = 0; played < CASES * share; round++) {
      let scene = await open()
      const property = fc.asyncProperty(chunk, async cases => {
        played += cases.length
        try {
          await play(scene, cases)
          builtins.assertUntouched()
          if (unheld.length > 0) throw new Error('a promise was rejected and nobody held it', { cause: unheld.shift() })
        } catch (error) {
          // Shrinking tries smaller chunks, and on what a failure left behind all of them would fail.
          void close(scene).catch(() => {})
          scene = await open()
          throw error
        }
      })
      await fc.assert(property, { seed: SEED + round, numRuns: CHUNKS_A_ROUND })
      await close(scene)
      heap.measure()
    }
  } finally {
    process.off('unhandledRejection', onUnheld)
  }
  heap.assertFlat()
  return played
}
