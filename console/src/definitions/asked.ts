/**
 * What the API said to one question, asked again when instances began or ended (once in two seconds at the most). Keeps
 * the last answer while the next is on its way, or fails.
 */
import { useCallback, useEffect, useRef, useState } from 'preact/hooks'
import type { Answer, Failure } from '../api/client.ts'
import { onChange } from '../api/live.ts'

export interface Asked<Value> {
  readonly value: Value | null
  readonly failure: Failure | null
  readonly refresh: () => void
}

const AGAIN_MS = 2000

/** `key`: what the question depends on. */
export function useAsked<Value>(key: string, ask: (signal: AbortSignal) => Promise<Answer<Value>>): Asked<Value> {
  const [seen, setSeen] = useState<Omit<Asked<Value>, 'refresh'>>({ value: null, failure: null })
  const question = useRef<() => void>(() => {})
  useEffect(() => {
    const given = new AbortController()
    let waiting: ReturnType<typeof setTimeout> | undefined
    const now = async () => {
      const answer = await ask(given.signal)
      if (given.signal.aborted) return
      setSeen(before =>
        answer.kind === 'ok' ? { value: answer.value, failure: null } : { ...before, failure: answer },
      )
    }
    question.current = () => void now()
    void now()
    const stop = onChange(({ isPopulation, isMore }) => {
      if (!isPopulation && !isMore) return
      waiting ??= setTimeout(() => {
        waiting = undefined
        void now()
      }, AGAIN_MS)
    })
    return () => {
      stop()
      clearTimeout(waiting)
      given.abort()
    }
  }, [key])
  const refresh = useCallback(() => question.current(), [])
  return { ...seen, refresh }
}
