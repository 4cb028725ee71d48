/**
 * The replicas of a simulated world: each a whole service on the shared log, with a clock, a network and randomness of
 * its own. Starts, stops, kills and pauses them; a kill takes the memory, and nothing is said to anybody.
 */
import type { Random } from '../../src/clock.ts'
import { type Config, readConfig } from '../../src/config.ts'
import { makeCatalogue } from '../../src/definitions/catalogue.ts'
import type { Log, LogFields } from '../../src/log.ts'
import { Service } from '../../src/service.ts'
import { silentTelemetry } from '../../src/telemetry.ts'
import { silentTracer } from '../../src/tracing.ts'
import type { MemoryLog } from '../../src/transport/memory/memory-log.ts'
import { createMemoryTransport } from '../../src/transport/memory/memory-transport.ts'
import { logOf } from '../support/recorded-log.ts'
import type { Dice } from './dice.ts'
import { fakeMonsters, fakeServices } from './fake-services.ts'
import type { EffectJudge } from './judge-effects.ts'
import { SIM_QUESTS } from './sim-quests.ts'
import { SimulatedLife } from './simulated-life.ts'
import type { SimulatedTime } from './simulated-time.ts'
import { Violation } from './violation.ts'

const CATALOGUE = makeCatalogue(SIM_QUESTS)
/** A process that has not stopped by then is killed. */
const STOP_LIMIT_MS = 10_000

export interface FleetOptions {
  readonly log: MemoryLog
  readonly time: SimulatedTime
  readonly dice: Dice
  readonly environment: Readonly<Record<string, string>>
  readonly names: readonly string[]
  readonly effects: () => EffectJudge
  readonly trace: (line: string) => void
}

interface Replica {
  readonly name: string
  life: SimulatedLife
  service: Service
  isStopping: boolean
}

export class Fleet {
  readonly config: Config
  readonly #options: FleetOptions
  readonly #lives = new Map<string, SimulatedLife>()
  /** Those that run, paused ones among them. */
  readonly #replicas = new Map<string, Replica>()
  #violation: Violation | undefined
  #starts = 0

  constructor(options: FleetOptions) {
    this.#options = options
    this.config = readConfig(options.environment, { hostname: 'simulated' })
  }

  get running(): readonly string[] {
    return [...this.#replicas.keys()]
  }

  get down(): readonly string[] {
    return this.#options.names.filter(name => !this.#replicas.has(name))
  }

  lifeOf(name: string): SimulatedLife | undefined {
    return this.#lives.get(name)
  }

  /** The present life of a replica. */
  lifeNamed(name: string): SimulatedLife | undefined {
    return this.#replicas.get(name)?.life
  }

  /** @throws Violation what a replica holds for the end of everything */
  check(): void {
    if (this.#violation !== undefined) throw this.#violation
  }

  /** What keeps a replica from being ready. */
  missing(): readonly string[] {
    return [...this.#replicas.values()].flatMap(({ name, service }) =>
      service.status().missing.map(what => `${name}: ${what}`),
    )
  }

  start(name: string): void {
    if (this.#replicas.has(name)) return
    const { log, time, dice, trace, effects } = this.#options
    const life = new SimulatedLife(`${name}#${++this.#starts}`, time)
    this.#lives.set(life.name, life)
    const own = dice.fork()
    const random: Random = own.random
    const hasMonsters = this.config.effects.monstersServiceUrl !== undefined
    const service = new Service({
      config: this.config,
      transport: createMemoryTransport(log, { name: life.name, advertisedUrl: '' }),
      catalogue: CATALOGUE,
      lookupClient: fakeServices(time, life, own),
      monsterClient: hasMonsters ? fakeMonsters(time, life, dice.fork(), effects) : undefined,
      clock: life.clock,
      random,
      log: this.#logOf(life),
      telemetry: silentTelemetry,
      tracer: silentTracer,
      onFatal: error => this.#fail(life, error),
    })
    this.#replicas.set(name, { name, life, service, isStopping: false })
    trace(`${life.name} starts`)
    service.start().catch(error => this.#fail(life, error))
  }

  /** As kill -9: requests that are on their way may still arrive. */
  kill(name: string): void {
    const replica = this.#replicas.get(name)
    if (replica === undefined) return
    this.#options.trace(`${replica.life.name} is killed`)
    this.#end(replica)
  }

  /** As SIGTERM. */
  stop(name: string): void {
    const replica = this.#replicas.get(name)
    if (replica === undefined || replica.isStopping) return
    replica.isStopping = true
    const { trace, time } = this.#options
    const { life, service } = replica
    trace(`${life.name} stops`)
    life.perform(() => {
      service.close().then(
        () => {
          if (life.isDead) return
          trace(`${life.name} has stopped`)
          this.#end(replica)
        },
        error => this.#fail(life, error),
      )
    })
    time.after(STOP_LIMIT_MS, () => {
      if (!life.isDead) this.kill(name)
    })
  }

  /** As SIGSTOP: its session runs out if it lasts, and it wakes where it was. */
  pause(name: string, ms: number): void {
    const life = this.#replicas.get(name)?.life
    if (life === undefined || life.isPaused) return
    const { trace, time } = this.#options
    trace(`${life.name} is paused for ${Math.round(ms)} ms`)
    life.pause()
    this.#options.log.disconnect(life.name)
    time.after(ms, () => this.#resume(life))
  }

  setSkew(name: string, ms: number): void {
    this.#replicas.get(name)?.life.setSkew(ms)
  }

  /** Everybody is up, awake and on time. */
  heal(): void {
    for (const { life } of this.#replicas.values()) {
      this.#resume(life)
      life.setSkew(0)
    }
    for (const name of this.down) this.start(name)
  }

  /** A member that the groups still count on, be it one that was just joining, is gone with its session. */
  #end({ name, life }: Replica): void {
    const { time, log } = this.#options
    life.end()
    this.#replicas.delete(name)
    // One that was away is away no more, but gone.
    log.reconnect(life.name)
    time.after(this.config.sessionTimeoutMs, () => log.expireMember(life.name))
  }

  #resume(life: SimulatedLife): void {
    if (!life.isPaused) return
    this.#options.trace(`${life.name} goes on`)
    this.#options.log.reconnect(life.name)
    life.resume()
  }

  #fail(life: SimulatedLife, error: unknown): void {
    const text = error instanceof Error ? (error.stack ?? error.message) : String(error)
    if (!life.isDead) this.#violation ??= new Violation(`${life.name} cannot go on: ${text}`)
  }

  #logOf(life: SimulatedLife): Log {
    const line = (level: string) => (fields: LogFields, message: string) => {
      if (life.isDead) return
      const { err, ...others } = fields
      const error = err instanceof Error ? ` (${err.message})` : ''
      this.#options.trace(`${life.name} ${level}: ${message} ${JSON.stringify(others)}${error}`)
      // Nothing that happens here is to be lost for good, and no bug of the machine's is among it.
      if (level === 'fatal' || message.startsWith('instance fault')) {
        this.#violation ??= new Violation(`${life.name} says: ${message}${error}`)
      }
    }
    return logOf(line)
  }
}
