/**
 * A question that is asked again every so often while the page is seen, and at once after the stream came back. Keeps
 * the last good answer beside the last failure.
 */
import { type ReadonlySignal, signal } from '@preact/signals'
import { useEffect, useMemo } from 'preact/hooks'
import type { Answer, Failure } from './client.ts'
import { onReturn } from './live.ts'

export interface Polled<Value> {
  /** Undefined until the first good answer. */
  readonly value: Value | undefined
  /** Of the last question. */
  readonly failure: Failure | undefined
}

export interface Polling<Value> {
  readonly polled: ReadonlySignal<Polled<Value>>
  /** At once. */
  readonly again: () => void
}

/** `ask` must be the same function as long as the question is the same. */
export function usePolled<Value>(
  ask: (signal: AbortSignal) => Promise<Answer<Value>>,
  everyMs: number,
): Polling<Value> {
  const polling = useMemo(() => startPolling(ask, everyMs), [ask, everyMs])
  useEffect(() => polling.stop, [polling])
  return polling
}

function startPolling<Value>(ask: (signal: AbortSignal) => Promise<Answer<Value>>, everyMs: number) {
  const polled = signal<Polled<Value>>({ value: undefined, failure: undefined })
  const closing = new AbortController()
  let timer: ReturnType<typeof setTimeout> | undefined
  let isAsking = false

  async function round(): Promise<void> {
    clearTimeout(timer)
    if (isAsking || closing.signal.aborted) return
    if (!document.hidden) {
      isAsking = true
      const answer = await ask(closing.signal)
      isAsking = false
      if (closing.signal.aborted) return
      polled.value =
        answer.kind === 'ok'
          ? { value: answer.value, failure: undefined }
          : { value: polled.value.value, failure: answer }
    }
    timer = setTimeout(() => void round(), everyMs)
  }

  const again = () => void round()
  document.addEventListener('visibilitychange', again)
  const stopListening = onReturn(again)
  again()
  return {
    polled,
    again,
    stop: () => {
      closing.abort()
      clearTimeout(timer)
      stopListening()
      document.removeEventListener('visibilitychange', again)
    },
  }
}
