/** One answer for all who ask the same thing while it is being found; found no further once nobody waits for it. */

interface Running<T> {
  readonly answer: Promise<T>
  readonly stop: AbortController
  askers: number
}

export class SharedWork<T> {
  readonly #running = new Map<string, Running<T>>()

  /**
   * `work` is started if no other of that `name` is under way.
   * @throws what the work throws, or the reason of `signal` as soon as it aborts
   */
  async ask(name: string, signal: AbortSignal, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
    signal.throwIfAborted()
    const running = this.#running.get(name) ?? this.#start(name, work)
    running.askers += 1
    const aborted = abortOf(signal)
    try {
      return await Promise.race([running.answer, aborted.promise])
    } finally {
      aborted.forget()
      running.askers -= 1
      if (running.askers === 0) {
        running.stop.abort()
        this.#end(name, running)
      }
    }
  }

  #start(name: string, work: (signal: AbortSignal) => Promise<T>): Running<T> {
    const stop = new AbortController()
    const answer = work(stop.signal)
    const running = { answer, stop, askers: 0 }
    this.#running.set(name, running)
    const end = () => this.#end(name, running)
    answer.then(end, end)
    return running
  }

  #end(name: string, running: Running<T>): void {
    if (this.#running.get(name) === running) this.#running.delete(name)
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
