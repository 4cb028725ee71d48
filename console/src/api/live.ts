/**
 * The one stream of server-sent events of this tab: what changed, how busy the service is, and the server's clock.
 * Comes back by itself, with a back-off, and then tells its listeners that anything may have changed. Fetches no data:
 * the pages do.
 */
import { type ReadonlySignal, signal } from '@preact/signals'
import type { ChangeEvent, Hello } from '../../../src/api/documents.ts'
import { apiUrl, getInstances } from './client.ts'

export type { ChangeEvent, Hello }

export interface Live {
  readonly phase: 'connecting' | 'open' | 'reconnecting'
  /** Null until the first hello; the last one's while it reconnects. */
  readonly hello: Hello | null
  readonly operationsPerSecond: number
}

const BACK_OFF_FIRST_MS = 500
const BACK_OFF_MAX_MS = 10_000
/** An EventSource does not say that it was a 401; a plain question does, and leads to the login. */
const ATTEMPTS_BEFORE_ASKING = 2
const QUIET_AFTER_MS = 2500

const state = signal<Live>({ phase: 'connecting', hello: null, operationsPerSecond: 0 })
/** What to add to this browser's clock, milliseconds, to have the server's. */
export const clockOffset = signal(0)
/** The server's time, epoch milliseconds, anew each second while the page is seen: for countdowns. */
export const now = signal(Date.now())

export const live: ReadonlySignal<Live> = state

const listeners = new Set<(change: ChangeEvent) => void>()

/** Called at most ten times a second. Returns how to stop. */
export function onChange(listener: (change: ChangeEvent) => void): () => void {
  listeners.add(listener)
  return () => listeners.delete(listener)
}

const returnListeners = new Set<() => void>()

/** Called when the stream is there again after it was gone. Returns how to stop. */
export function onReturn(listener: () => void): () => void {
  returnListeners.add(listener)
  return () => returnListeners.delete(listener)
}

let attempts = 0
/** By this browser's clock. */
let changedAt = 0

/** Once, when the page starts. */
export function startLive(): void {
  connect()
  setInterval(tick, 1000)
  document.addEventListener('visibilitychange', tick)
}

function tick(): void {
  if (document.hidden) return
  now.value = Date.now() + clockOffset.value
  // Nothing is sent of a second in which nothing happened.
  if (state.value.operationsPerSecond > 0 && Date.now() - changedAt > QUIET_AFTER_MS) {
    state.value = { ...state.value, operationsPerSecond: 0 }
  }
}

function connect(): void {
  const source = new EventSource(apiUrl('live'))
  source.addEventListener('hello', event => {
    const hello = parsed<Hello>(event.data)
    if (hello === undefined) return
    const isAgain = state.value.hello !== null
    attempts = 0
    setClock(hello.now)
    state.value = { ...state.value, phase: 'open', hello }
    if (!isAgain) return
    tell({ now: hello.now, ids: [], isMore: true, isPopulation: true, operationsPerSecond: 0 })
    for (const listener of returnListeners) listener()
  })
  source.addEventListener('change', event => {
    const change = parsed<ChangeEvent>(event.data)
    if (change === undefined) return
    changedAt = Date.now()
    setClock(change.now)
    if (change.operationsPerSecond !== state.value.operationsPerSecond) {
      state.value = { ...state.value, operationsPerSecond: change.operationsPerSecond }
    }
    tell(change)
  })
  source.addEventListener('error', () => {
    source.close()
    state.value = { ...state.value, phase: state.value.hello === null ? 'connecting' : 'reconnecting' }
    attempts += 1
    if (attempts === ATTEMPTS_BEFORE_ASKING) void getInstances({ search: '', size: 1 })
    const wait = Math.min(BACK_OFF_MAX_MS, BACK_OFF_FIRST_MS * 2 ** (attempts - 1))
    // Half of it by chance: after a restart not all tabs of all people come at once.
    setTimeout(connect, wait * (0.5 + Math.random() / 2))
  })
}

function tell(change: ChangeEvent): void {
  for (const listener of listeners) listener(change)
}

/** Small steps are the network's, not the clock's; following them would make countdowns tremble. */
function setClock(serverNow: number): void {
  const offset = serverNow - Date.now()
  if (Math.abs(offset - clockOffset.value) > 250) clockOffset.value = offset
  tick()
}

function parsed<Data>(text: unknown): Data | undefined {
  try {
    return typeof text === 'string' ? (JSON.parse(text) as Data) : undefined
  } catch {
    return undefined
  }
}
