/**
 * The dead letters that were read: the newest kept up with, older ones as they are asked for. Draws nothing.
 */
import { type ReadonlySignal, signal } from '@preact/signals'
import type { Silence } from '../../../src/api/documents.ts'
import { type Failure, getDeadLetters } from '../api/client.ts'
import { type Letter, merged } from './letters.ts'

export interface Inbox {
  /** Newest first; undefined until the first answer. */
  readonly letters: readonly Letter[] | undefined
  readonly silent: readonly Silence[]
  /** Where older ones are; undefined: that was all. */
  readonly next: string | undefined
  readonly isReadingOlder: boolean
  readonly failure: Failure | undefined
}

const EVERY_MS = 10_000
/** So many stay on the page; older ones are for `party-quests tail`. */
const LETTERS_MAX = 2000

export class DeadLetterInbox {
  readonly #state = signal<Inbox>({
    letters: undefined,
    silent: [],
    next: undefined,
    isReadingOlder: false,
    failure: undefined,
  })
  readonly #closing = new AbortController()
  #timer: ReturnType<typeof setTimeout> | undefined

  constructor() {
    void this.again()
  }

  get state(): ReadonlySignal<Inbox> {
    return this.#state
  }

  close(): void {
    this.#closing.abort()
    clearTimeout(this.#timer)
  }

  /** The newest, now. */
  async again(): Promise<void> {
    clearTimeout(this.#timer)
    if (!document.hidden) await this.#readNewest()
    if (!this.#closing.signal.aborted) this.#timer = setTimeout(() => void this.again(), EVERY_MS)
  }

  async older(): Promise<void> {
    const { next, letters, isReadingOlder } = this.#state.value
    if (next === undefined || isReadingOlder) return
    this.#state.value = { ...this.#state.value, isReadingOlder: true }
    const answer = await getDeadLetters(next, this.#closing.signal)
    if (this.#closing.signal.aborted) return
    if (answer.kind === 'failed') {
      this.#state.value = { ...this.#state.value, isReadingOlder: false, failure: answer }
      return
    }
    const read = [...(letters ?? []), ...answer.value.data.map(({ id, attributes }) => ({ id, letter: attributes }))]
    const isFull = read.length >= LETTERS_MAX
    this.#state.value = {
      letters: merged(read, []),
      silent: answer.value.meta.silent,
      next: isFull ? undefined : (answer.value.links.next ?? undefined),
      isReadingOlder: false,
      failure: undefined,
    }
  }

  async #readNewest(): Promise<void> {
    const answer = await getDeadLetters(undefined, this.#closing.signal)
    if (this.#closing.signal.aborted) return
    const { letters, next } = this.#state.value
    if (answer.kind === 'failed') {
      this.#state.value = { ...this.#state.value, failure: answer }
      return
    }
    const newest = answer.value.data.map(({ id, attributes }) => ({ id, letter: attributes }))
    this.#state.value = {
      ...this.#state.value,
      letters: merged(newest, letters ?? []).slice(0, LETTERS_MAX),
      silent: answer.value.meta.silent,
      next: letters === undefined ? (answer.value.links.next ?? undefined) : next,
      failure: undefined,
    }
  }
}
