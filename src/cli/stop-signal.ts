/**
 * How a command learns that it is to end: the first SIGINT or SIGTERM asks, the second one ends the process at once
 * with exit code 1.
 */
export interface StopSignal {
  readonly signal: AbortSignal
  /** Signals do again what they do by themselves. */
  release(): void
}

export function catchStopSignals(): StopSignal {
  const asked = new AbortController()
  const onSignal = () => {
    if (asked.signal.aborted) process.exit(1)
    asked.abort()
  }
  process.on('SIGINT', onSignal)
  process.on('SIGTERM', onSignal)
  return {
    signal: asked.signal,
    release: () => {
      process.off('SIGINT', onSignal)
      process.off('SIGTERM', onSignal)
    },
  }
}

/** Resolves when the signal is aborted. */
export function aborted(signal: AbortSignal): Promise<void> {
  return new Promise(resolve => {
    if (signal.aborted) return resolve()
    signal.addEventListener('abort', () => resolve(), { once: true })
  })
}
