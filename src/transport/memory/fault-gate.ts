/**
 * The way between a replica and the log. In peace a call passes straight through; for tests and simulations it may be
 * delayed, lost before or after it took effect, or cut for one replica. Knows nothing of what a call does.
 */
import type { Clock } from '../../clock.ts'
import { TransportUnavailableError } from '../../errors.ts'

export type LogOperation =
  | 'connect'
  | 'admin.brokerCount'
  | 'admin.describeTopics'
  | 'admin.createTopics'
  | 'admin.offsets'
  | 'admin.deleteRecords'
  | 'admin.committed'
  | 'group.join'
  | 'group.committed'
  | 'group.commit'
  | 'group.members'
  | 'group.leave'
  | 'reader.fetch'
  | 'reader.toEnd'
  | 'appender.append'
  | 'sink.fence'
  | 'sink.write'
  | 'sink.end'

export interface LogCall {
  readonly replica: string
  readonly operation: LogOperation
  /** What the call is about: `topic/partition`, a topic, a group, a transactional id, or nothing. */
  readonly target: string
  /** Thrown `before`, it never took effect; thrown `after`, it did and the answer is lost. */
  readonly phase: 'before' | 'after'
}

/** May delay by resolving later, or fail the call by throwing; a TransportUnavailableError is what a broker's loss is. */
export type Intercept = (call: LogCall) => Promise<void> | void

/** `FaultGate.call` for one replica, whose transport is open. */
export type LogCaller = <T>(operation: LogOperation, target: string, effect: () => T, records?: number) => Promise<T>

// Everything here resolves in microtasks, so a long backlog would starve timers and sockets: every so many records
// one call lets the event loop turn.
const BREATH_RECORDS = 1_000

export class FaultGate {
  readonly clock: Clock
  readonly #intercept: Intercept | undefined
  /** When each replica that is cut off was. */
  readonly #cut = new Map<string, number>()
  #sinceBreath = 0

  constructor(clock: Clock, intercept: Intercept | undefined) {
    this.clock = clock
    this.#intercept = intercept
  }

  cut(replica: string): void {
    if (!this.#cut.has(replica)) this.#cut.set(replica, this.clock.now())
  }

  mend(replica: string): void {
    this.#cut.delete(replica)
  }

  /** Epoch milliseconds since which the replica is cut off; `undefined` when it is not. */
  cutSince(replica: string): number | undefined {
    return this.#cut.get(replica)
  }

  /** Runs `effect` at the log, all of it at once. `records`: how many it moves about. */
  async call<T>(replica: string, operation: LogOperation, target: string, effect: () => T, records = 0): Promise<T> {
    await this.breathe(1 + records)
    this.#refuseCut(replica, operation, target)
    if (this.#intercept) {
      await this.#intercept({ replica, operation, target, phase: 'before' })
      this.#refuseCut(replica, operation, target)
    }
    const answer = effect()
    if (this.#intercept) {
      await this.#intercept({ replica, operation, target, phase: 'after' })
      this.#refuseCut(replica, operation, target)
    }
    return answer
  }

  async breathe(records: number): Promise<void> {
    this.#sinceBreath += records
    if (this.#sinceBreath < BREATH_RECORDS) return
    this.#sinceBreath = 0
    await this.clock.sleep(0)
  }

  #refuseCut(replica: string, operation: LogOperation, target: string): void {
    if (!this.#cut.has(replica)) return
    throw new TransportUnavailableError(
      `${operation} ${target}: ${replica} is disconnected from the memory log until it is reconnected`,
    )
  }
}
