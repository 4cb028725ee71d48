/** What befalls a simulated world from outside, when and to whom: all of it as the seed decides. */
import type { MemoryLog } from '../../src/transport/memory/memory-log.ts'
import type { Dice } from './dice.ts'
import type { Fleet } from './fleet.ts'
import type { Network, Outage } from './network.ts'
import type { Players } from './players.ts'
import type { SimulatedTime } from './simulated-time.ts'
import type { Disaster, Weather } from './weather.ts'

const RESTART_MS_MAX = 8000
const PAUSE_MS_MIN = 200
/** Beyond the session and the transaction time-out. */
const PAUSE_MS_MAX = 20_000
const OUTAGE_MS_MAX = 9000
const WALL_JUMP_MS_MAX = 30_000

export interface DirectorOptions {
  readonly log: MemoryLog
  readonly fleet: Fleet
  readonly network: Network
  readonly players: Players
  readonly time: SimulatedTime
  readonly dice: Dice
  readonly weather: Weather
  readonly transactionTimeoutMs: number
  readonly trace: (line: string) => void
}

export class Director {
  readonly counts = new Map<Disaster, number>()
  readonly #options: DirectorOptions
  #isOver = false

  constructor(options: DirectorOptions) {
    this.#options = options
    if (options.weather.disasters.some(([, weight]) => weight > 0)) this.#next()
  }

  /** Nothing more happens, and what has happened is put right. */
  end(): void {
    this.#isOver = true
    this.#options.network.calm()
    this.#options.fleet.heal()
  }

  #next(): void {
    const { time, dice, weather } = this.#options
    time.after(dice.gap(weather.disasterMs), () => {
      if (this.#isOver) return
      const disaster = dice.weighted(weather.disasters)
      this.counts.set(disaster, (this.counts.get(disaster) ?? 0) + 1)
      this.#strike(disaster)
      this.#next()
    })
  }

  #strike(disaster: Disaster): void {
    const { fleet, dice, players, trace } = this.#options
    const { running } = fleet
    const name = running.length > 0 ? dice.pick(running) : undefined
    if (name !== undefined) this.#strikeReplica(disaster, name)
    if (disaster === 'outage') this.#outage()
    else if (disaster === 'expire transaction') this.#expireTransaction()
    else if (disaster === 'compact') this.#compact()
    else if (disaster === 'copy again') this.#copyAgain()
    else if (disaster === 'aborted commands') {
      trace('players send in a transaction')
      players.actInTransaction()
    }
  }

  #strikeReplica(disaster: Disaster, name: string): void {
    const { fleet, dice, trace } = this.#options
    switch (disaster) {
      case 'kill':
        fleet.kill(name)
        this.#restart(name)
        break
      case 'stop':
        fleet.stop(name)
        this.#restart(name)
        break
      case 'pause':
        this.#pause(name)
        break
      case 'expire member':
        this.#expireMember(name)
        break
      case 'wall jump':
        trace(`the clock of ${name} jumps`)
        fleet.setSkew(name, Math.round(dice.between(-WALL_JUMP_MS_MAX, WALL_JUMP_MS_MAX)))
        break
    }
  }

  #expireTransaction(): void {
    const { log, fleet, dice, trace } = this.#options
    const id = transactionalId(fleet, dice.int(0, fleet.config.shards - 1))
    trace(`the transaction of ${id} runs out of time`)
    log.expireTransaction(id)
  }

  #compact(): void {
    const { log, fleet, trace } = this.#options
    trace('the state is compacted')
    log.compact(fleet.config.shardStateTopic)
  }

  /** Under its own name, once it is down: at once, or when it is long forgotten. */
  #restart(name: string): void {
    const { time, dice, fleet } = this.#options
    time.after(dice.chance(0.3) ? 1 : dice.between(1, RESTART_MS_MAX), () => {
      if (fleet.down.includes(name)) fleet.start(name)
      else this.#restart(name)
    })
  }

  #pause(name: string): void {
    const { dice, fleet, time, log, transactionTimeoutMs } = this.#options
    const ms = dice.between(PAUSE_MS_MIN, PAUSE_MS_MAX)
    fleet.pause(name, ms)
    if (ms < transactionTimeoutMs) return
    // The broker ends what the sleeper left open. It may be anybody's by then: that one is fenced, and comes back.
    time.after(transactionTimeoutMs, () => {
      for (let shard = 0; shard < fleet.config.shards; shard++) {
        if (dice.chance(0.5)) log.expireTransaction(transactionalId(fleet, shard))
      }
    })
  }

  #outage(): void {
    const { dice, network, time, fleet, trace } = this.#options
    const { shardCommandsTopic, shardStateTopic } = fleet.config
    const ms = dice.between(100, OUTAGE_MS_MAX)
    const [what, outage] = dice.pick<readonly [string, Outage]>([
      ['the log', () => true],
      ['the coordinator of transactions', operation => operation.startsWith('sink.')],
      ['the coordinator of groups', operation => operation.startsWith('group.')],
      ['the leader of the commands of shards', (_, target) => target.startsWith(shardCommandsTopic)],
      ['the leader of the state of shards', (_, target) => target.startsWith(shardStateTopic)],
    ])
    trace(`${what} is away for ${Math.round(ms)} ms`)
    network.begin(outage)
    time.after(ms, () => {
      network.end(outage)
      trace(`${what} is back`)
    })
  }

  #expireMember(name: string): void {
    const { log, trace } = this.#options
    const life = this.#options.fleet.lifeNamed(name)
    if (life === undefined) return
    trace(`the groups go on without ${life.name}`)
    log.expireMember(life.name)
  }

  /** A sender that had lost its answer sends the end of a shard's commands once more. */
  #copyAgain(): void {
    const { log, fleet, dice, time, trace } = this.#options
    const { shardCommandsTopic, shards } = fleet.config
    const place = { topic: shardCommandsTopic, partition: dice.int(0, shards - 1) }
    if (log.describe(place.topic) === undefined) return
    const partition = log.partition(place)
    const { records } = partition.read(partition.earliest, Number.POSITIVE_INFINITY)
    const again = records.slice(-dice.int(1, 20))
    trace(`${again.length} records of ${place.topic}/${place.partition} are sent again`)
    partition.append(again, Math.floor(time.now))
  }
}

function transactionalId({ config }: Fleet, shard: number): string {
  return `${config.internalTopicPrefix}.shard-${shard}`
}
