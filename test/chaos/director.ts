/**
 * Carries out the faults of a plan on a stage, up to two at a time and never two on one victim, spread over the load.
 * After each it waits until the victim has healed by itself, and notes a victim that does not. Judges no messages.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import type { BrokerNode } from '../../scripts/kafka-broker/broker-node.ts'
import { unreachable } from '../../src/errors.ts'
import { eventually } from '../support/eventually.ts'
import { brokerOf } from './coordinators.ts'
import { describeFault, type Fault, killsIn } from './plan.ts'
import type { Replica } from './replica.ts'
import { PREFIX, SESSION_TIMEOUT_MS, SHARDS, type Stage, TRANSACTION_TIMEOUT_MS } from './stage.ts'

const AT_ONCE_MAX = 2
/** Beyond a time-out, before a replica that is not to be missed any more comes back. */
const BEYOND_MS = 500
/** Until the load has come as far as the next fault. */
const PROGRESS_LIMIT_MS = 300_000
const EXIT_OK = 0

export interface DirectorOptions {
  readonly stage: Stage
  readonly plan: readonly Fault[]
  readonly say: (line: string) => void
}

export class Director {
  readonly #options: DirectorOptions
  readonly #busy = new Set<string>()
  #started = 0
  #kills = 0
  #brokersDown = 0

  constructor(options: DirectorOptions) {
    this.#options = options
  }

  /** SIGKILLs that were sent. */
  get kills(): number {
    return this.#kills
  }

  /** The share of the plan that has begun. */
  get progress(): number {
    return this.#options.plan.length === 0 ? 1 : this.#started / this.#options.plan.length
  }

  /**
   * Resolves when every fault is over and every victim well again.
   * @param loadProgress the share of the load that was sent: faults are spread evenly over it
   * @throws Error a victim did not heal, or the load does not come on
   */
  async run(loadProgress: () => number): Promise<void> {
    const { plan } = this.#options
    const running = new Set<Promise<void>>()
    const failures: unknown[] = []
    for (const [index, fault] of plan.entries()) {
      await eventually(
        () => {
          if (failures.length > 0) throw failures[0]
          return loadProgress() >= index / plan.length && running.size < AT_ONCE_MAX && !this.#busy.has(victimOf(fault))
        },
        { limitMs: PROGRESS_LIMIT_MS, pollMs: 20 },
      )
      this.#started++
      this.#busy.add(victimOf(fault))
      const carried = this.#carryOut(fault, index)
        .catch(error => failures.push(new Error(`fault ${index}, ${describeFault(fault)}: ${error}`, { cause: error })))
        .finally(() => {
          this.#busy.delete(victimOf(fault))
          running.delete(carried)
        })
        .then(() => {})
      running.add(carried)
    }
    await Promise.all(running)
    if (failures.length > 0) throw failures[0]
  }

  async #carryOut(fault: Fault, index: number): Promise<void> {
    const { stage, say } = this.#options
    await sleep(fault.delayMs)
    say(`fault ${index + 1}/${this.#options.plan.length}: ${describeFault(fault)}`)
    this.#kills += killsIn(fault)
    switch (fault.kind) {
      case 'replica-kill':
        return this.#kill(
          stage.replica(fault.replica),
          fault.restart === 'at once' ? 0 : SESSION_TIMEOUT_MS + BEYOND_MS,
        )
      case 'replica-kill-twice':
        return this.#killTwice(stage.replica(fault.replica), fault.betweenMs)
      case 'replica-stop':
        return this.#stop(stage.replica(fault.replica))
      case 'replica-freeze': {
        const timeoutMs = fault.past === 'session' ? SESSION_TIMEOUT_MS : TRANSACTION_TIMEOUT_MS
        return this.#freeze(stage.replica(fault.replica), timeoutMs + fault.byMs)
      }
      case 'broker-kill':
      case 'broker-freeze':
        this.#brokersDown++
        return this.#disturb(await this.#brokerOf(fault), fault.kind, fault.ms)
      default:
        return unreachable(fault)
    }
  }

  async #kill(replica: Replica, downMs: number): Promise<void> {
    await replica.kill()
    await sleep(downMs)
    replica.start()
    await replica.untilReady()
  }

  async #killTwice(replica: Replica, betweenMs: number): Promise<void> {
    await replica.kill()
    replica.start()
    await sleep(betweenMs)
    await this.#kill(replica, 0)
  }

  async #stop(replica: Replica): Promise<void> {
    const isDisturbed = this.#busy.has(BROKER)
    const brokersDown = this.#brokersDown
    const code = await replica.terminate()
    // Without its brokers it cannot leave in order, and gives up after SHUTDOWN_TIMEOUT_MS.
    if (code !== EXIT_OK && !isDisturbed && brokersDown === this.#brokersDown)
      this.#options.stage.mishaps.push(`${replica.name} ended with ${code} on SIGTERM`)
    replica.start()
    await replica.untilReady()
  }

  async #freeze(replica: Replica, ms: number): Promise<void> {
    replica.freeze()
    await sleep(ms)
    replica.thaw()
    await replica.untilReady()
  }

  async #disturb(node: BrokerNode, kind: 'broker-kill' | 'broker-freeze', ms: number): Promise<void> {
    if (kind === 'broker-kill') await node.kill9()
    else node.stop()
    await sleep(ms)
    if (kind === 'broker-freeze') node.cont()
    else await node.restart()
    for (const replica of this.#options.stage.replicas) {
      // One that is another fault's victim is waited for there.
      if (!this.#busy.has(replica.name)) await replica.untilReady()
    }
  }

  async #brokerOf(fault: Fault & { kind: 'broker-kill' | 'broker-freeze' }): Promise<BrokerNode> {
    const { cluster } = this.#options.stage
    const shard = Math.floor(fault.shard * SHARDS)
    const id = cluster.nodes.length === 1 ? 1 : await brokerOf(cluster.bootstrap, PREFIX, { ...fault, shard })
    const node = cluster.nodes.find(one => one.id === id)
    if (node === undefined) throw new Error(`there is no broker ${id}`)
    return node
  }
}

const BROKER = 'broker'

/** One broker at a time: two of three down is an outage of the cluster, not of the service. */
function victimOf(fault: Fault): string {
  return 'replica' in fault ? `replica-${fault.replica}` : BROKER
}
