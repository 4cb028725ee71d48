/**
 * The live events of one other replica, for as long as somebody watches: one connection, made again with a back-off
 * when it ends. What came to pass meanwhile is not known: each new connection is told as a gap. Watches nobody itself.
 */
import { change } from '../api/documents.ts'
import type { Change } from '../api/view.ts'
import { type BackOff, backOffMs } from '../back-off.ts'
import type { Clock, Random } from '../clock.ts'
import type { InstanceId } from '../contract/ids.ts'
import { UUID_OUT } from '../contract/uuid-text.ts'
import type { Log } from '../log.ts'
import type { ServerSentEvent } from '../server-sent-events.ts'
import type { Owner } from './owners.ts'
import type { PeerClient } from './peer-client.ts'

export interface PeerFeedOptions {
  readonly client: Pick<PeerClient, 'follow'>
  readonly onChange: (change: Change) => void
  /** Any of its instances may have changed since it was heard last. */
  readonly onGap: () => void
  readonly clock: Clock
  readonly random: Random
  readonly log: Log
}

const RECONNECT_BACK_OFF: BackOff = { msMin: 200, msMax: 10_000 }

export class PeerFeed {
  readonly #options: PeerFeedOptions
  readonly #peer: Owner
  readonly #closing = new AbortController()
  readonly #running: Promise<void>

  constructor(peer: Owner, options: PeerFeedOptions) {
    this.#peer = peer
    this.#options = options
    this.#running = this.#run()
  }

  close(): Promise<void> {
    this.#closing.abort()
    return this.#running
  }

  /** Never throws. */
  async #run(): Promise<void> {
    const { client, clock, random, log } = this.#options
    const { signal } = this.#closing
    let failures = 0
    const hear = (event: ServerSentEvent) => {
      failures = 0
      if (!signal.aborted) this.#hear(event)
    }
    while (!signal.aborted) {
      const reason = await client.follow(this.#peer, hear, signal)
      if (signal.aborted) return
      const ms = backOffMs(failures, RECONNECT_BACK_OFF, random)
      failures += 1
      log.debug(
        { peer: this.#peer.replica.name, reason, retryInMs: Math.round(ms) },
        'the live events of another replica ended',
      )
      await clock.sleep(ms, signal)
    }
  }

  #hear({ event, data }: ServerSentEvent): void {
    const { onChange, onGap } = this.#options
    if (event === 'hello') onGap()
    if (event !== 'change') return
    const told = change.parse(JSON.parse(data))
    const ids = told.ids.filter(id => UUID_OUT.test(id)).map(id => id as InstanceId)
    const { isMore, isPopulation, operationsPerSecond } = told
    onChange({ ids, isMore, isPopulation, operationsPerSecond })
  }
}
