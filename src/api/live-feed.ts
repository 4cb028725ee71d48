/**
 * What changes, told to the clients of `GET /api/live`: all that watch the same share one watch of the view and each
 * event's bytes. Events are coalesced; a client with a full buffer misses some and is told that it did, and one that
 * takes nothing is dropped. Holds no state of any instance.
 */
import { Alarm } from '../alarm.ts'
import type { Clock } from '../clock.ts'
import type { InstanceId } from '../contract/ids.ts'
import type { Log } from '../log.ts'
import type { ChangeEvent, Hello } from './documents.ts'
import { EventClient, eventBytes } from './event-client.ts'
import { CHANGED_IDS_MAX, type Change, type View } from './view.ts'

export const LIVE_CLIENTS_MAX = 200
const CHANGE_EVERY_MS = 100
/** Of all clients together: what they cost stays the same, however many they are. */
const EVENTS_PER_SECOND_MAX = 50
const BUFFER_BYTES_MAX = 64 << 10
/** Nothing changes: how long one wait for a change is. */
const WAIT_MS = 60_000

export interface LiveOptions {
  readonly hello: () => Hello
  readonly clock: Clock
  readonly log: Log
  readonly closing: AbortSignal
}

export class LiveFeeds {
  readonly #options: LiveOptions
  /** Of those who watch everything, by view. */
  readonly #shared = new Map<View, LiveFeed>()
  #clients = 0

  constructor(options: LiveOptions) {
    this.#options = options
  }

  /** `ids` undefined: everything. `undefined` where LIVE_CLIENTS_MAX are there. */
  open(view: View, ids: readonly InstanceId[] | undefined): ReadableStream<Uint8Array> | undefined {
    if (this.#clients >= LIVE_CLIENTS_MAX) return undefined
    this.#clients += 1
    const feed = ids === undefined ? this.#sharedFeed(view) : this.#newFeed(view, ids, () => {})
    const client = new EventClient({
      clock: this.#options.clock,
      bufferBytesMax: BUFFER_BYTES_MAX,
      closing: this.#options.closing,
      onEnded: () => {
        this.#clients -= 1
        feed.leave(client)
      },
    })
    client.send(eventBytes('hello', this.#options.hello()))
    feed.join(client)
    return client.readable
  }

  #sharedFeed(view: View): LiveFeed {
    const existing = this.#shared.get(view)
    if (existing !== undefined) return existing
    const feed = this.#newFeed(view, undefined, () => this.#shared.delete(view))
    this.#shared.set(view, feed)
    return feed
  }

  #newFeed(view: View, ids: readonly InstanceId[] | undefined, onEmpty: () => void): LiveFeed {
    const everyMs = () => Math.max(CHANGE_EVERY_MS, (this.#clients * 1000) / EVENTS_PER_SECOND_MAX)
    return new LiveFeed({ ...this.#options, view, ids, everyMs, onEmpty })
  }
}

interface LiveFeedOptions extends LiveOptions {
  readonly view: View
  readonly ids: readonly InstanceId[] | undefined
  /** Between two events of a client, at the least. */
  readonly everyMs: () => number
  readonly onEmpty: () => void
}

class LiveFeed {
  readonly #options: LiveFeedOptions
  readonly #clients = new Set<EventClient>()
  /** With a full buffer when an event came. */
  readonly #behind = new Set<EventClient>()
  readonly #changed: Alarm
  readonly #empty = new AbortController()
  readonly #unwatch: () => void
  #pending: Change | undefined

  constructor(options: LiveFeedOptions) {
    this.#options = options
    this.#changed = new Alarm(options.clock)
    this.#unwatch = options.view.watch(options.ids, change => {
      this.#pending = merged(this.#pending, change)
      this.#changed.ring()
    })
    void this.#run()
  }

  join(client: EventClient): void {
    if (client.ended.aborted) this.leave(client)
    else this.#clients.add(client)
  }

  leave(client: EventClient): void {
    this.#clients.delete(client)
    this.#behind.delete(client)
    if (this.#clients.size > 0 || this.#empty.signal.aborted) return
    this.#empty.abort()
    this.#unwatch()
    this.#changed.ring()
    this.#options.onEmpty()
  }

  async #run(): Promise<void> {
    const { clock, everyMs } = this.#options
    const { signal } = this.#empty
    while (!signal.aborted) {
      await this.#changed.wait(WAIT_MS)
      const change = this.#pending
      if (change === undefined || signal.aborted) continue
      this.#pending = undefined
      this.#tell(change)
      await clock.sleep(everyMs(), signal)
    }
  }

  #tell(change: Change): void {
    const event: ChangeEvent = { ...change, ids: [...change.ids], now: this.#options.clock.now() }
    const bytes = eventBytes('change', event)
    for (const client of this.#clients) {
      if (client.hasRoom) client.send(bytes)
      else if (!this.#behind.has(client)) void this.#catchUp(client, event)
    }
  }

  /** What it missed is not kept: it is told to look again at everything. */
  async #catchUp(client: EventClient, missed: ChangeEvent): Promise<void> {
    this.#behind.add(client)
    try {
      await client.room()
      this.#behind.delete(client)
      const now = this.#options.clock.now()
      client.send(eventBytes('change', { ...missed, now, ids: [], isMore: true, isPopulation: true }))
    } catch (err) {
      this.#options.log.warn({ err }, 'a client of /api/live was dropped')
      client.end()
    }
  }
}

/** Both together: with CHANGED_IDS_MAX ids at most, and with none where there are more, since nobody can go by them then. */
function merged(before: Change | undefined, change: Change): Change {
  const isAnyway = (before?.isMore ?? false) || change.isMore
  const ids = isAnyway ? [] : [...new Set([...(before?.ids ?? []), ...change.ids])]
  const isMore = isAnyway || ids.length > CHANGED_IDS_MAX
  return {
    ids: isMore ? [] : ids,
    isMore,
    isPopulation: (before?.isPopulation ?? false) || change.isPopulation,
    operationsPerSecond: change.operationsPerSecond,
  }
}
