/**
 * One replica: wires transport, ingress and shards, starts them in order and stops them in order. It decides nothing
 * about quests, and prints nothing but its log. Imported by main.ts and the commands that run a service.
 */
import { createStepper } from './actor/stepper.ts'
import { type BackOff, backOffMs } from './back-off.ts'
import type { Clock, Random } from './clock.ts'
import type { Config } from './config.ts'
import type { Catalogue } from './definitions/catalogue.ts'
import { TransportUnavailableError, type UnrestorableError } from './errors.ts'
import { GameEventsIngress } from './ingress/game-events-ingress.ts'
import { Ingress } from './ingress/ingress.ts'
import { commandIntake } from './ingress/intake.ts'
import { type Recorder, silentJournal } from './journal/recorder.ts'
import type { Log } from './log.ts'
import { NeighbourTopics } from './neighbour-topics.ts'
import { EffectRunner, type MonsterClient } from './shard/effect-runner.ts'
import { type LookupClient, LookupRunner } from './shard/lookup-runner.ts'
import { Registrar } from './shard/registrar.ts'
import { ResidencyBudget } from './shard/residency.ts'
import { RuleBook } from './shard/rule-book.ts'
import type { ShardDependencies } from './shard/shard-dependencies.ts'
import { type Held, type ShardPhase, ShardSet } from './shard/shard-set.ts'
import { Supervisor } from './shard/supervisor.ts'
import type { Telemetry } from './telemetry.ts'
import { TopicWatch } from './topic-watch.ts'
import { prepareTopics } from './topics.ts'
import type { Tracer } from './tracing.ts'
import type { GroupMembership, Member, Transport } from './transport/port.ts'

const CONNECT_BACK_OFF: BackOff = { msMin: 200, msMax: 5000 }

export interface ServiceOptions {
  readonly config: Config
  readonly transport: Transport
  readonly catalogue: Catalogue
  readonly lookupClient: LookupClient
  /** By default there is no monster service. */
  readonly monsterClient?: MonsterClient | undefined
  readonly clock: Clock
  readonly random: Random
  readonly log: Log
  readonly telemetry: Telemetry
  readonly tracer: Tracer
  /** What remembers the last operations for people; by default nobody does. */
  readonly journal?: Recorder
  /** A broken promise: the process must end. */
  readonly onFatal: (error: unknown) => void
}

export interface ServiceStatus {
  /** False when a shard is dead for good. */
  readonly isLive: boolean
  /** What keeps the replica from being ready, one sentence each; empty: it is. */
  readonly missing: readonly string[]
  readonly shards: Readonly<Record<string, ShardPhase>>
}

export class Service {
  readonly #options: ServiceOptions
  readonly #stop = new AbortController()
  #isConnected = false
  /** Why the last try of the start failed. */
  #trouble: string | undefined
  #hasTopics = false
  readonly #watch: TopicWatch
  /** What all that we do rests on is lost: nothing is done any more. */
  #loss: UnrestorableError | undefined
  #ingress: Ingress | undefined
  readonly #neighbours: NeighbourTopics
  #gameEvents: GameEventsIngress | undefined
  #membership: GroupMembership | undefined
  #isAssigned = false
  #shards: ShardSet | undefined
  #closing: Promise<void> | undefined
  #releases: (() => Promise<void>)[] = []

  constructor(options: ServiceOptions) {
    this.#options = options
    const { config, transport, clock, log } = options
    this.#watch = new TopicWatch({
      admin: transport.admin,
      commands: config.topics.commands,
      shardCommands: config.shardCommandsTopic,
      shardState: config.shardStateTopic,
      shards: config.shards,
      clock,
      log,
      onLost: error => this.#lose(error),
    })
    this.#neighbours = new NeighbourTopics({
      topics: config.neighbours,
      admin: transport.admin,
      clock,
      log,
      onLook: async found => await this.#gameEvents?.follow(found),
    })
  }

  /**
   * Resolves when the groups are being joined; `status` tells when the replica is ready. While no broker answers it
   * tries again for ever, until `close`.
   * @throws ConfigError topics that are not as they must be
   */
  async start(): Promise<void> {
    const { config, transport, clock, log } = this.#options
    if (!(await this.#whileUnavailable('connect', () => transport.connect()))) return
    this.#isConnected = true
    log.info({ clusterId: transport.clusterId, durable: transport.durable }, 'connected to the log')
    if (!(await this.#whileUnavailable('topics', () => prepareTopics(config, transport.admin, clock, log)))) return
    if (!(await this.#whileUnavailable('topics', () => this.#watch.start()))) return
    if (!(await this.#whileUnavailable('topics', () => this.#neighbours.start()))) return
    this.#hasTopics = true
    this.#startShards()
    this.#startIngress()
    await this.#startGameEvents()
  }

  status(): ServiceStatus {
    const phases = this.#shards?.phases() ?? new Map<number, ShardPhase>()
    return {
      isLive: this.#loss === undefined && ![...phases.values()].includes('dead'),
      missing: this.#missing(phases),
      shards: Object.fromEntries(phases),
    }
  }

  /** Whether the log was reached: from then on it is known which one it is. */
  get isConnected(): boolean {
    return this.#isConnected
  }

  /** The shards that this replica holds now, to be read; none before they are started. */
  held(): readonly Held[] {
    return this.#shards?.held() ?? []
  }

  /** The replicas that own the shards. @throws TransportUnavailableError the group does not tell, or is not joined yet */
  async members(): Promise<readonly Member[]> {
    if (this.#membership === undefined) {
      throw new TransportUnavailableError('the group of the shards has not been joined yet')
    }
    return await this.#membership.members()
  }

  /** Stops reading, finishes open transactions, leaves the groups at once, closes. Ends no quest. */
  close(): Promise<void> {
    this.#closing ??= this.#close()
    return this.#closing
  }

  async #close(): Promise<void> {
    this.#stop.abort()
    const watched = Promise.all([this.#watch.close(), this.#neighbours.close()])
    // All together, so that nobody waits for our drain: it is over long before the others have heard of our leave and
    // shared out our shards, and who is quicker than that only fences us. The ingress leaves behind its last offsets.
    await Promise.all([
      this.#ingress?.close(),
      this.#gameEvents?.close(),
      this.#shards?.close(),
      this.#membership?.leave(),
    ])
    for (const release of this.#releases) await release()
    await this.#options.transport.close()
    await watched
  }

  /** Nothing is dropped, doubled or forgotten by one who does nothing: a person must decide. */
  #lose(error: UnrestorableError): void {
    if (this.#loss !== undefined) return
    this.#loss = error
    this.#options.log.fatal({ err: error }, 'a topic is not what it was: this replica does nothing any more')
    this.#ingress?.refuse()
    this.#gameEvents?.refuse()
    this.#shards?.condemn(error)
  }

  /** Whether `action` came through; false when the service is closed first. */
  async #whileUnavailable(what: string, action: () => Promise<void>): Promise<boolean> {
    const { clock, random, log } = this.#options
    for (let failures = 0; !this.#stop.signal.aborted; failures++) {
      try {
        await action()
        this.#trouble = undefined
        return !this.#stop.signal.aborted
      } catch (error) {
        if (!(error instanceof TransportUnavailableError)) throw error
        this.#trouble = error.message
        const ms = backOffMs(failures, CONNECT_BACK_OFF, random)
        log.warn({ err: error, what, retryInMs: Math.round(ms) }, 'the log cannot be reached, trying again')
        await clock.sleep(ms, this.#stop.signal)
      }
    }
    return false
  }

  #startIngress(): void {
    const { config, transport, clock, random, log, telemetry, onFatal } = this.#options
    this.#ingress = new Ingress({
      transport,
      admin: transport.admin,
      intake: commandIntake({ topic: config.topics.commands, telemetry }),
      groupId: `${config.internalTopicPrefix}.ingress`,
      shardCommands: config.shardCommandsTopic,
      shards: config.shards,
      shardCommandsId: this.#watch.idOf(config.shardCommandsTopic),
      lookAtTopics: () => this.#watch.look(),
      onLost: error => this.#lose(error),
      clock,
      random,
      log,
      telemetry,
    })
    this.#ingress.start(onFatal)
  }

  async #startGameEvents(): Promise<void> {
    const { config, transport, clock, random, log, telemetry, onFatal } = this.#options
    this.#gameEvents = new GameEventsIngress({
      transport,
      admin: transport.admin,
      topics: this.#gameTopics(),
      groupPrefix: config.internalTopicPrefix,
      shardCommands: config.shardCommandsTopic,
      shards: config.shards,
      shardCommandsId: this.#watch.idOf(config.shardCommandsTopic),
      clock,
      random,
      log,
      telemetry,
      onFatal,
    })
    await this.#gameEvents.follow(this.#neighbours)
  }

  #gameTopics() {
    const { characterEvents, monsterEvents } = this.#options.config.neighbours
    return { character: characterEvents, monster: monsterEvents }
  }

  #startShards(): void {
    const { config, transport, clock, random, log, onFatal } = this.#options
    const shared = this.#sharedDependencies()
    const shards = new ShardSet({
      dependenciesOf: shard => ({
        ...shared,
        shard,
        transactionalId: `${config.internalTopicPrefix}.shard-${shard}`,
      }),
      lastHeartbeatAt: () => this.#membership?.lastHeartbeatAt ?? 0,
      clock,
      random,
      log,
      onFatal,
    })
    this.#shards = shards
    this.#membership = transport.joinGroup({
      groupId: shared.groupId,
      topics: [config.shardCommandsTopic],
      onAssigned: ({ generation, partitions }) => {
        // What an operator added to the topic is no shard: nothing is ever routed there.
        const ours = partitions.map(({ partition }) => partition).filter(shard => shard < config.shards)
        log.info({ generation, shards: ours }, 'shards assigned')
        this.#isAssigned = true
        if (!this.#stop.signal.aborted) shards.assign(ours)
      },
    })
  }

  #sharedDependencies(): Omit<ShardDependencies, 'shard' | 'transactionalId'> {
    const { config, transport, catalogue, lookupClient, clock, random, log, telemetry, tracer } = this.#options
    const { journal = silentJournal } = this.#options
    const ruleBook = new RuleBook(catalogue, config.rules)
    const supervisor = new Supervisor(createStepper('party-quests'))
    const services = {
      parties: config.lookups.partiesServiceUrl !== undefined,
      guilds: config.lookups.guildsServiceUrl !== undefined,
    }
    const registrar = new Registrar({ supervisor, ruleBook, services, clusterId: transport.clusterId, log })
    const reader = transport.openReader('shards')
    const appender = transport.openAppender('lookups')
    this.#releases = [() => reader.close(), () => appender.close()]
    return {
      transport,
      reader,
      appender,
      admin: transport.admin,
      topics: config.topics,
      neighbours: this.#neighbours,
      gameTopics: this.#gameTopics(),
      internal: { shardCommands: config.shardCommandsTopic, shardState: config.shardStateTopic },
      groupId: `${config.internalTopicPrefix}.shards`,
      limits: { batchRecordsMax: config.batchRecordsMax },
      budget: new ResidencyBudget(config.residentInstances),
      ruleBook,
      supervisor,
      registrar,
      lookups: new LookupRunner({
        client: lookupClient,
        timeoutMs: config.lookups.timeoutMs,
        clock,
        random,
        telemetry,
      }),
      effects: new EffectRunner({ client: this.#options.monsterClient, clock, random, telemetry }),
      clock,
      random,
      log,
      telemetry,
      tracer,
      journal,
    }
  }

  #missing(phases: ReadonlyMap<number, ShardPhase>): readonly string[] {
    if (this.#stop.signal.aborted) return ['the replica is stopping']
    const trouble = this.#trouble === undefined ? '' : `: ${this.#trouble}`
    if (!this.#isConnected) return [`no broker has let us in yet${trouble}`]
    if (!this.#hasTopics) return [`the topics have not been checked yet${trouble}`]
    const missing: string[] = []
    if (this.#loss !== undefined) missing.push(this.#loss.message)
    missing.push(...this.#watch.missing)
    if (!this.#isAssigned) missing.push('the group of the shards has not been joined yet')
    if (!this.#ingress?.isAssigned) missing.push('the group of the ingress has not been joined yet')
    missing.push(...this.#silentGroups())
    const { trouble: unappended } = this.#ingress ?? {}
    if (unappended !== undefined) missing.push(`the ingress cannot append what it read: ${unappended}`)
    const troubles = this.#shards?.troubles()
    for (const [shard, phase] of phases) {
      const why = troubles?.get(shard)
      if (phase !== 'running') missing.push(`shard ${shard} is ${phase}${why === undefined ? '' : `: ${why}`}`)
    }
    return missing
  }

  /** A group that has not answered for a session has taken our partitions away, or is away itself. */
  #silentGroups(): readonly string[] {
    const { clock, config } = this.#options
    const silent = (membership: GroupMembership | undefined): boolean =>
      membership !== undefined &&
      membership.lastHeartbeatAt > 0 &&
      clock.now() - membership.lastHeartbeatAt > config.sessionTimeoutMs
    const missing: string[] = []
    if (silent(this.#membership)) missing.push('the group of the shards does not answer')
    if (silent(this.#ingress?.membership)) missing.push('the group of the ingress does not answer')
    return missing
  }
}
