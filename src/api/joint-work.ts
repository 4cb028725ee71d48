/**
 * One answer for all who ask the same thing at about the same time: whoever asks gets one that was begun after he
 * asked, and of each name one is begun at most every so often, however many ask. Found no further once nobody waits.
 */
import type { Clock } from '../clock.ts'

/** One for all: an error that is made for each abort costs more than the rest of it. */
const NOBODY_ASKS = new DOMException('nobody waits for the answer any more', 'AbortError')

interface Round<T> {
  readonly answer: Promise<T>
  /** When another of its name may begin. */
  readonly over: Promise<void>
  readonly stop: AbortController
  hasBegun: boolean
  askers: number
}

export class JointWork<T> {
  readonly #clock: Clock
  readonly #everyMs: number
  /** The round of each name that was asked for last: it may have begun, and even be over. */
  readonly #rounds = new Map<string, Round<T>>()

  constructor(clock: Clock, everyMs: number) {
    this.#clock = clock
    this.#everyMs = everyMs
  }

  /** @throws what the work throws, or the reason of `signal` as soon as it aborts */
  async ask(name: string, signal: AbortSignal, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
    signal.throwIfAborted()
    const last = this.#rounds.get(name)
    const round = last === undefined || last.hasBegun || last.stop.signal.aborted ? this.#next(name, last, work) : last
    round.askers += 1
    const aborted = abortOf(signal)
    try {
      return await Promise.race([round.answer, aborted.promise])
    } finally {
      aborted.forget()
      round.askers -= 1
      if (round.askers === 0) round.stop.abort(NOBODY_ASKS)
    }
  }

  /** Begins when the one before it is over. */
  #next(name: string, before: Round<T> | undefined, work: (signal: AbortSignal) => Promise<T>): Round<T> {
    const stop = new AbortController()
    const turn = before?.over ?? Promise.resolve()
    const answer = turn.then(() => {
      stop.signal.throwIfAborted()
      round.hasBegun = true
      return work(stop.signal)
    })
    const over = turn
      .then(() => Promise.allSettled([answer, this.#clock.sleep(this.#everyMs)]))
      .then(() => {
        if (this.#rounds.get(name) === round) this.#rounds.delete(name)
      })
    const round: Round<T> = { answer, over, stop, hasBegun: false, askers: 0 }
    this.#rounds.set(name, round)
    return round
  }
}

function abortOf(signal: AbortSignal): { readonly promise: Promise<never>; readonly forget: () => void } {
  let forget = () => {}
  const promise = new Promise<never>((_, reject) => {
    const onAbort = () => reject(signal.reason)
    signal.addEventListener('abort', onAbort, { once: true })
    forget = () => signal.removeEventListener('abort', onAbort)
  })
  return { promise, forget }
}
