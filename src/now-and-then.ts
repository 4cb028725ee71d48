/** Work that is done again and again beside all else, with a pause before each time, until somebody stops it. */
import type { Clock } from './clock.ts'

/** Resolves when `stop` is aborted and nothing is under way. @throws what the work throws, which ends it */
export async function nowAndThen(
  work: () => Promise<void>,
  intervalMs: number,
  clock: Clock,
  stop: AbortSignal,
): Promise<void> {
  for (;;) {
    await clock.sleep(intervalMs, stop)
    if (stop.aborted) return
    await work()
  }
}
