/**
 * One seed, one world: replicas, players and disasters for a while, then calm; and the judge beside it after every
 * event. A seed gives the same world, event by event, wherever it runs.
 */

import { contextOf } from '../../src/actor/instance.ts'
import { makeCatalogue } from '../../src/definitions/catalogue.ts'
import { silentLog } from '../../src/log.ts'
import { Registrar } from '../../src/shard/registrar.ts'
import { RuleBook } from '../../src/shard/rule-book.ts'
import { Supervisor } from '../../src/shard/supervisor.ts'
import { createMemoryLog, type MemoryLog } from '../../src/transport/memory/memory-log.ts'
import { Dice } from './dice.ts'
import { Director } from './director.ts'
import { Fleet } from './fleet.ts'
import { Judge } from './judge.ts'
import { createLiveStepper } from './live-stepper.ts'
import { Network } from './network.ts'
import { type LiveInstance, Players } from './players.ts'
import { type ModelCounts, ShardModel } from './shard-model.ts'
import { SIM_QUESTS } from './sim-quests.ts'
import { SimulatedTime } from './simulated-time.ts'
import { Violation } from './violation.ts'
import { weatherOf } from './weather.ts'

const STORM_MS_MIN = 8000
const STORM_MS_MAX = 30_000
/** Of simulated time: what has not healed by then never will. */
const HEALING_LIMIT_MS = 120_000
/** How late a timer may be when all is well. */
const TIMER_LATE_MS = 1000
const TICK_MS = 250

export interface SimulationOptions {
  readonly seed: number
  /** What happened, a line each. */
  readonly trace?: (line: string) => void
}

export interface SimulationReport extends ModelCounts {
  readonly seed: number
  /** `undefined`: every promise held. */
  readonly violation: string | undefined
  readonly commands: number
  readonly commits: number
  readonly events: number
  /** Of simulated time. */
  readonly seconds: number
  readonly disasters: Readonly<Record<string, number>>
}

export async function simulate({ seed, trace }: SimulationOptions): Promise<SimulationReport> {
  const world = new World(seed, trace)
  let violation: string | undefined
  try {
    await world.live()
  } catch (error) {
    if (!(error instanceof Error)) throw error
    violation = error instanceof Violation ? error.message : (error.stack ?? error.message)
    world.trace(`VIOLATION ${violation}`)
  }
  return world.report(violation)
}

class World {
  readonly #seed: number
  readonly #trace: ((line: string) => void) | undefined
  readonly #time: SimulatedTime
  readonly #dice: Dice
  readonly #network: Network
  readonly #fleet: Fleet
  readonly #models: readonly ShardModel[]
  readonly #judge: Judge
  readonly #players: Players
  readonly #director: Director

  constructor(seed: number, trace: ((line: string) => void) | undefined) {
    this.#seed = seed
    this.#trace = trace
    const dice = new Dice(seed)
    this.#dice = dice
    const time = new SimulatedTime(dice.fork().random)
    this.#time = time
    const weather = weatherOf(dice)
    const say = (line: string) => this.trace(line)
    this.#network = new Network({
      time,
      dice: dice.fork(),
      weather,
      lifeOf: name => this.#fleet.lifeOf(name),
      onRequest: ({ operation, target }, life) => {
        if (operation === 'sink.write') this.#judge.prepared(life.name, target, life.clock.now())
      },
      onArrival: ({ operation, replica, target }) => {
        if (operation === 'sink.end') this.#judge.ending(replica, target)
        if (operation !== 'reader.fetch') this.trace(`${replica} ${operation} ${target}`)
      },
      trace: say,
    })
    const environment = environmentOf(dice)
    const log = createMemoryLog({
      clock: time.clock(),
      clusterId: `simulation-${seed}`,
      sessionTimeoutMs: Number(environment.SESSION_TIMEOUT_MS),
      intercept: this.#network.intercept,
    })
    const names = ['a', 'b', 'c'].slice(
      0,
      dice.weighted([
        [1, 1],
        [2, 3],
        [3, 1],
      ]),
    )
    this.#fleet = new Fleet({
      log,
      time,
      dice: dice.fork(),
      environment,
      names,
      effects: () => this.#judge.effects,
      trace: say,
    })
    const { config } = this.#fleet
    const { topics, shards, shardCommandsTopic, shardStateTopic, internalTopicPrefix, batchRecordsMax } = config

    const partitions = dice.int(1, 3)
    makeTopics(log, config, { commands: partitions, others: 2 })
    this.#models = makeModels(config, log.clusterId)
    this.#judge = new Judge({
      ...{
        log,
        topics,
        neighbours: config.neighbours,
        ingressGroup: `${internalTopicPrefix}.ingress`,
        models: this.#models,
        batchRecordsMax,
      },
      ...{ shardCommands: shardCommandsTopic, shardState: shardStateTopic, groupId: `${internalTopicPrefix}.shards` },
    })
    this.#players = new Players({
      ...{ log, time, dice: dice.fork(), topic: topics.commands, partitions, live: () => this.#liveInstances() },
      ...{ characterEvents: 'EVENT_TOPIC_CHARACTER_STATUS', monsterEvents: 'EVENT_TOPIC_MONSTER_STATUS' },
    })
    this.#director = new Director({
      ...{ log, time, weather, dice: dice.fork(), fleet: this.#fleet, network: this.#network, players: this.#players },
      ...{ transactionTimeoutMs: config.transactionTimeoutMs, trace: say },
    })
    for (const name of names) this.#fleet.start(name)
    say(`a world of ${shards} shards, ${names.length} replicas: ${JSON.stringify({ weather, environment })}`)
  }

  trace(line: string): void {
    this.#trace?.(`${(this.#time.passed / 1000).toFixed(4).padStart(9)} ${line}`)
  }

  async live(): Promise<void> {
    const end = this.#dice.between(STORM_MS_MIN, STORM_MS_MAX)
    this.#playFor(end, this.#dice.pick([80, 200, 500]))
    await this.#until('the storm ends', Number.POSITIVE_INFINITY, () => this.#time.passed >= end)
    this.trace('all is calm')
    this.#director.end()
    await this.#untilSettled('what was sent in the storm')

    for (const instance of this.#liveInstances()) this.#players.command('STAGE_CLEAR_ATTEMPT', instance)
    await this.#untilSettled('a command for each instance')
    for (const instance of this.#liveInstances()) this.#players.command('FORFEIT', instance)
    await this.#untilSettled('the end of each instance')
    const left = this.#liveInstances()
    if (left.length > 0) throw new Violation(`instance ${left[0]?.id} does not end`)
    this.#judge.close()
  }

  report(violation: string | undefined): SimulationReport {
    const sum = (count: keyof ModelCounts) => this.#models.reduce((total, { counts }) => total + counts[count], 0)
    return {
      seed: this.#seed,
      violation,
      commands: this.#judge.published,
      commits: this.#judge.commits,
      events: this.#time.events,
      seconds: this.#time.passed / 1000,
      disasters: Object.fromEntries(this.#director.counts),
      ...{ applied: sum('applied'), refused: sum('refused'), copies: sum('copies') },
      ...{ timers: sum('timers'), lookups: sum('lookups'), effects: sum('effects'), happenings: sum('happenings') },
    }
  }

  #playFor(end: number, gapMs: number): void {
    this.#time.after(this.#dice.gap(gapMs), () => {
      if (this.#time.passed >= end) return
      this.#players.act()
      this.#playFor(end, gapMs)
    })
  }

  async #untilSettled(what: string): Promise<void> {
    this.#judge.look()
    const unfinished = () => [...this.#judge.unfinished(this.#time.now - TIMER_LATE_MS), ...this.#fleet.missing()]
    const limit = this.#time.passed + HEALING_LIMIT_MS
    await this.#until(what, limit, () => unfinished().length === 0, unfinished)
  }

  /** Event by event, with the judge looking on; `isOver` is asked now and then. */
  async #until(what: string, limit: number, isOver: () => boolean, why: () => readonly string[] = () => []) {
    for (let askAt = this.#time.passed; ; ) {
      if (this.#time.passed >= askAt) {
        if (isOver()) return
        if (this.#time.passed > limit) throw new Violation(`${what} does not come to an end:\n  ${why().join('\n  ')}`)
        askAt = this.#time.passed + TICK_MS
        this.#time.after(TICK_MS, () => {})
      }
      await this.#time.step()
      this.#judge.look()
      this.#fleet.check()
    }
  }

  #liveInstances(): readonly LiveInstance[] {
    return this.#models.flatMap(({ instances }) =>
      [...instances].map(([id, instance]) => ({ id, tenant: contextOf(instance).identity.tenant })),
    )
  }
}

function environmentOf(dice: Dice): Record<string, string> {
  const services = dice.chance(0.5)
    ? { PARTIES_SERVICE_URL: 'http://parties.invalid/', GUILDS_SERVICE_URL: 'http://guilds.invalid/' }
    : {}
  const monsters = dice.chance(0.5) ? { MONSTERS_SERVICE_URL: 'http://monsters.invalid/' } : {}
  return {
    ...services,
    ...monsters,
    SHARDS: String(dice.int(1, 4)),
    BATCH_RECORDS_MAX: String(dice.pick([1, 3, 20, 250])),
    RESIDENT_INSTANCES: String(dice.pick([1, 5, 100_000])),
    SESSION_TIMEOUT_MS: '6000',
    TRANSACTION_TIMEOUT_MS: '10000',
    LOBBY_LIMIT_SECONDS: '20',
    BONUS_LIMIT_SECONDS: '10',
    LOOKUP_TIMEOUT_MS: String(dice.pick([300, 3000])),
  }
}

function makeTopics(
  log: MemoryLog,
  config: Fleet['config'],
  { commands, others }: { commands: number; others: number },
) {
  const { topics, neighbours, shards, shardCommandsTopic, shardStateTopic } = config
  const spec = (topic: string, partitions: number, topicConfig: Record<string, string> = {}) => ({
    ...{ topic, partitions, replicationFactor: 1, config: topicConfig },
  })
  log.createTopics([
    spec(topics.commands, commands),
    ...Object.values(neighbours).flatMap(topic => (topic === null ? [] : spec(topic, others))),
    ...[topics.statusEvents, topics.characterCommands, topics.deadLetters].map(topic => spec(topic, others)),
    spec(shardCommandsTopic, shards, { 'retention.ms': '-1', 'max.message.bytes': '100000000' }),
    spec(shardStateTopic, shards, { 'cleanup.policy': 'compact', 'max.message.bytes': '100000000' }),
  ])
}

function makeModels(config: Fleet['config'], clusterId: string): readonly ShardModel[] {
  const { topics, neighbours, shards, rules, lookups, effects } = config
  const supervisor = new Supervisor(createLiveStepper())
  const services = {
    parties: lookups.partiesServiceUrl !== undefined,
    guilds: lookups.guildsServiceUrl !== undefined,
  }
  const ruleBook = new RuleBook(makeCatalogue(SIM_QUESTS), rules)
  const wantsEffects = effects.monstersServiceUrl !== undefined
  const registrar = new Registrar({ supervisor, ruleBook, services, clusterId, log: silentLog })
  return Array.from(
    { length: shards },
    () => new ShardModel({ supervisor, registrar, topics, neighbours, wantsEffects }),
  )
}
