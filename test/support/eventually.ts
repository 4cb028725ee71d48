/**
 * Waiting for a condition with a limit, for tests beside things that answer when they like. Never a fixed sleep:
 * it returns as soon as the condition holds, and says what last stood in the way when it never did.
 */
import { setTimeout as sleep } from 'node:timers/promises'

const LIMIT_MS = 10_000
const POLL_MS = 10

export interface EventuallyOptions {
  /** Milliseconds after which the wait fails. */
  readonly limitMs?: number
  /** Milliseconds between two calls: more where a call is dear. */
  readonly pollMs?: number
}

/**
 * Calls `condition` again and again until it returns (or resolves with) something truthy and does not throw; resolves
 * with that. For assertions that return nothing, return true behind them.
 * @throws the last error of `condition`, or one that says that it never held.
 */
export async function eventually<T>(
  condition: () => T | Promise<T>,
  { limitMs = LIMIT_MS, pollMs = POLL_MS }: EventuallyOptions = {},
): Promise<NonNullable<T>> {
  const deadline = performance.now() + limitMs
  for (;;) {
    let failure: unknown
    try {
      const result = await condition()
      if (result) return result
      failure = new Error(`not within ${limitMs} ms (return true behind assertions): ${condition}`)
    } catch (error) {
      failure = error
    }
    if (performance.now() >= deadline) throw failure
    await sleep(pollMs)
  }
}
