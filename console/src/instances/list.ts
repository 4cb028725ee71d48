/**
 * One search and its rows, kept up with the service: reads pages as they come into view, reads those in view again when
 * something in them happened, and forgets those far away. One question at a time. Draws nothing.
 */
import { type ReadonlySignal, signal } from '@preact/signals'
import type { ChangeEvent, Document, Silence, State } from '../../../src/api/documents.ts'
import { type Answer, type Failure, getInstances } from '../api/client.ts'
import { live, onChange } from '../api/live.ts'
import { appended, forgotten, lengthOf, NO_PAGES, type Pages, pagesAt, replaced } from './pages.ts'

export interface Found {
  readonly total: number
  readonly states: Partial<Record<State, number>>
  readonly silent: readonly Silence[]
}

/** The first page is small, to be there at once. */
const PAGE_ROWS_FIRST = 100
const PAGE_ROWS = 200
/** A page may have grown since; beyond, it is parted. */
const PAGE_ROWS_AGAIN = 250
/** So many rows before the end the next page is asked for. */
const AHEAD_ROWS = 150
/** Pages on each side of the view whose rows are kept. */
const KEPT_PAGES = 10
const REFRESH_MS = 1000
/** Where so much happens that nobody's eye follows, each page takes half of what it would. */
const REFRESH_BUSY_MS = 2000
const BUSY_OPERATIONS_PER_SECOND = 1000
const REFRESH_MANY_MS = 5000
/** 100,000 instances are asked for every five seconds. */
const ROWS_PER_MS = 20
/** Searches by time change by themselves. */
const REFRESH_ANYWAY_MS = 10_000
const RETRY_MS = 3000

export class InstanceList {
  readonly search: string
  readonly #pages = signal<Pages>(NO_PAGES)
  readonly #found = signal<Found | undefined>(undefined)
  readonly #failure = signal<Failure | undefined>(undefined)
  readonly #closing = new AbortController()
  readonly #stopListening: () => void
  #view = { first: 0, end: 50 }
  #isAsking = false
  #isStale = false
  #readAt = 0
  #tookMs = 0
  #timer: ReturnType<typeof setTimeout> | undefined

  constructor(search: string) {
    this.search = search
    this.#stopListening = onChange(change => this.#note(change))
    void this.#pump()
  }

  get pages(): ReadonlySignal<Pages> {
    return this.#pages
  }

  /** Undefined until the first answer. */
  get found(): ReadonlySignal<Found | undefined> {
    return this.#found
  }

  /** Of the last question; what was read before it stays. */
  get failure(): ReadonlySignal<Failure | undefined> {
    return this.#failure
  }

  /** The rows that are seen, as far as there are any. */
  look(first: number, end: number): void {
    if (first === this.#view.first && end === this.#view.end) return
    this.#view = { first, end }
    void this.#pump()
  }

  retry(): void {
    this.#failure.value = undefined
    this.#isStale = true
    this.#readAt = 0
    void this.#pump()
  }

  close(): void {
    this.#stopListening()
    this.#closing.abort()
    clearTimeout(this.#timer)
  }

  #note({ ids, isMore, isPopulation }: ChangeEvent): void {
    if (this.#isStale) return
    this.#isStale = isMore || isPopulation || this.#shows(ids)
    if (this.#isStale) void this.#pump()
  }

  #shows(ids: readonly string[]): boolean {
    const changed = new Set(ids)
    const { first, end } = this.#view
    return pagesAt(this.#pages.value, first, end).some(at =>
      this.#pages.value.list[at]?.rows?.some(({ id }) => changed.has(id)),
    )
  }

  async #pump(): Promise<void> {
    if (this.#isAsking) return
    clearTimeout(this.#timer)
    this.#isAsking = true
    try {
      // A broken search stays broken: another one makes another list.
      while (!this.#closing.signal.aborted && this.#failure.value?.status !== 400) {
        if (!(await this.#step())) break
      }
    } finally {
      this.#isAsking = false
    }
  }

  /** Reads one page, the one that is wanted most. False: none is, or the server failed; a timer goes on then. */
  async #step(): Promise<boolean> {
    const pages = this.#pages.value
    const { first, end } = this.#view
    const seen = pagesAt(pages, first, end)
    const missing = seen.find(at => pages.list[at]?.rows === undefined)
    if (missing !== undefined) return this.#read(missing)
    const isFirst = pages.list.length === 0
    if (isFirst || (pages.next !== undefined && end + AHEAD_ROWS > lengthOf(pages))) return this.#read(undefined)
    const wait = this.#refreshAt() - Date.now()
    if (document.hidden || wait > 0) {
      this.#wake(Math.max(wait, REFRESH_MS))
      return false
    }
    this.#isStale = false
    const [most = 0, ...others] = seen
    for (const at of [most, ...others]) if (!(await this.#read(at))) return false
    return true
  }

  /** Each answer counts all instances: where they are many, or it took long, it is asked for less often. */
  #refreshAt(): number {
    const isBusy = live.value.operationsPerSecond > BUSY_OPERATIONS_PER_SECOND
    const byRate = isBusy ? REFRESH_BUSY_MS : REFRESH_MS
    const bySize = Math.min(REFRESH_MANY_MS, (this.#found.value?.total ?? 0) / ROWS_PER_MS)
    // A replica that answers again does not say so; and how long a silent one was waited for was nobody's work.
    if ((this.#found.value?.silent.length ?? 0) > 0) return this.#readAt + Math.max(RETRY_MS, bySize)
    return this.#readAt + (this.#isStale ? Math.max(byRate, bySize, this.#tookMs * 20) : REFRESH_ANYWAY_MS)
  }

  #wake(afterMs: number): void {
    clearTimeout(this.#timer)
    this.#timer = setTimeout(() => void this.#pump(), afterMs)
  }

  /** `at` undefined: the page behind all others. */
  async #read(at: number | undefined): Promise<boolean> {
    const cursor = at === undefined ? this.#pages.value.next : this.#pages.value.list[at]?.cursor
    const first = cursor === undefined ? PAGE_ROWS_FIRST : PAGE_ROWS
    const size = at === undefined ? first : PAGE_ROWS_AGAIN
    const began = Date.now()
    const asked = { search: this.search, size, ...(cursor === undefined ? {} : { after: cursor }) }
    const answer = await getInstances(asked, this.#closing.signal)
    if (this.#closing.signal.aborted) return false
    this.#readAt = Date.now()
    this.#tookMs = this.#readAt - began
    return this.#take(at, answer)
  }

  #take(at: number | undefined, answer: Answer<Document<'Instances'>>): boolean {
    if (answer.kind === 'failed') {
      this.#failure.value = answer
      this.#isStale = true
      if (answer.status !== 400) this.#wake(RETRY_MS)
      return false
    }
    const { data, meta, links } = answer.value
    const fetched = { rows: data.map(({ id, attributes }) => ({ id, attributes })), next: cursorOf(links.next) }
    const pages = at === undefined ? appended(this.#pages.value, fetched) : replaced(this.#pages.value, at, fetched)
    const seen = pagesAt(pages, this.#view.first, this.#view.end)
    this.#pages.value = forgotten(pages, seen[0] ?? 0, seen.at(-1) ?? 0, KEPT_PAGES)
    this.#found.value = { total: meta.total, states: meta.states, silent: meta.silent }
    this.#failure.value = undefined
    return true
  }
}

function cursorOf(next: string | null): string | undefined {
  return next === null ? undefined : (new URLSearchParams(next).get('page[after]') ?? undefined)
}
