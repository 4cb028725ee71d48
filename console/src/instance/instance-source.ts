/**
 * One instance as the page has it: fetched, fetched again when it changed (one question at a time, the next after it),
 * and kept as it was last seen when it can no longer be told. Draws nothing.
 */
import { useCallback, useEffect, useRef, useState } from 'preact/hooks'
import type { Instance, Machine, Silence } from '../../../src/api/documents.ts'
import { type Failure, getInstance, getMachine } from '../api/client.ts'
import { onChange } from '../api/live.ts'
import { continued } from './continued.ts'

export interface Seen {
  /** What was last told; null: nothing yet. */
  readonly instance: Instance | null
  /** Why the last question had no answer; null: it had one. */
  readonly failure: Failure | null
  readonly silent: readonly Silence[]
}

export interface InstanceSource extends Seen {
  readonly refresh: () => void
}

/** Questions a second at the most, whatever happens to the instance. */
const REFRESH_MS = 150
/** Where so many changed that they are not named, a page asks without knowing whether its own did: less often. */
const REFRESH_UNNAMED_MS = 500
/** An owner that was silent and answers again does not say so. */
const RETRY_MS = 3000
const ABSENT = 404

export function useInstance(id: string): InstanceSource {
  const [seen, setSeen] = useState<Seen>({ instance: null, failure: null, silent: [] })
  const ask = useRef<() => void>(() => {})
  useEffect(() => {
    const given = new AbortController()
    let isAsking = false
    let isWanted = false
    let pauseMs = REFRESH_MS
    let known: Instance | undefined
    let retry: ReturnType<typeof setTimeout> | undefined
    const question = async () => {
      if (isAsking) {
        isWanted = true
        return
      }
      isAsking = true
      clearTimeout(retry)
      const answer = await getInstance(id, known?.journal.at(-1), given.signal)
      if (given.signal.aborted) return
      if (answer.kind === 'ok') {
        const { data, meta } = answer.value
        const instance = continued(known, data.attributes) ?? null
        known = instance ?? undefined
        setSeen({ instance, failure: null, silent: meta.silent })
      } else {
        setSeen(before => ({ ...before, failure: answer }))
      }
      if (answer.kind === 'failed' && answer.status !== ABSENT) retry = setTimeout(() => void question(), RETRY_MS)
      setTimeout(() => {
        isAsking = false
        if (!isWanted || given.signal.aborted) return
        isWanted = false
        void question()
      }, pauseMs)
    }
    ask.current = () => void question()
    void question()
    const stop = onChange(({ ids, isMore }) => {
      const isNamed = ids.includes(id)
      if (!isMore && !isNamed) return
      pauseMs = isNamed ? REFRESH_MS : REFRESH_UNNAMED_MS
      void question()
    })
    return () => {
      stop()
      clearTimeout(retry)
      given.abort()
    }
  }, [id])
  const refresh = useCallback(() => ask.current(), [])
  return { ...seen, refresh }
}

let kept: Promise<Machine | null> | undefined

/** It is the same for as long as the page is: asked for once, and again only after a failure. */
export function useMachine(): Machine | null {
  const [machine, setMachine] = useState<Machine | null>(null)
  useEffect(() => {
    let isLeft = false
    kept ??= getMachine().then(answer => (answer.kind === 'ok' ? answer.value.data.attributes : null))
    void kept.then(found => {
      if (found === null) kept = undefined
      if (!isLeft) setMachine(found)
    })
    return () => {
      isLeft = true
    }
  }, [])
  return machine
}
