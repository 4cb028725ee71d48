/**
 * Watches a simulated log and holds everything that becomes visible in it to what must be: after each event, what readers
 * see is whole transactions of shards, each exactly what the model makes of the same commands at the same moment, with
 * the state and the offset that belong to it. Changes nothing, and believes nothing that a replica says.
 */
import { isDeepStrictEqual } from 'node:util'
import type { Config } from '../../src/config.ts'
import { type GameTopic, gameOriginTopic } from '../../src/contract/game-events.ts'
import type { InstanceId } from '../../src/contract/ids.ts'
import { type LogRecord, partitionName, type TopicPartition } from '../../src/contract/log-record.ts'
import { originName } from '../../src/contract/origin.ts'
import { eventRouteOf, routeOf } from '../../src/contract/routing.ts'
import { readShardCommand } from '../../src/contract/shard-command.ts'
import { decodePosition, type Position } from '../../src/contract/state-record.ts'
import type { MemoryLog } from '../../src/transport/memory/memory-log.ts'
import { EffectJudge } from './judge-effects.ts'
import { SpeechJudge } from './judge-speech.ts'
import { differencesOfState } from './judge-state.ts'
import type { ShardModel } from './shard-model.ts'
import { Violation } from './violation.ts'

export interface JudgeOptions {
  readonly log: MemoryLog
  readonly topics: {
    readonly commands: string
    readonly statusEvents: string
    readonly characterCommands: string
    readonly deadLetters: string
  }
  readonly neighbours: Config['neighbours']
  /** Of the commands; with `-character` and `-monster` behind it, of the events. */
  readonly ingressGroup: string
  readonly shardCommands: string
  readonly shardState: string
  readonly groupId: string
  readonly models: readonly ShardModel[]
  readonly batchRecordsMax: number
}

/** Reads one partition on, as a reader outside would. */
class Follower {
  readonly place: TopicPartition
  readonly #log: MemoryLog
  #next = 0
  #isDirty = true

  constructor(log: MemoryLog, place: TopicPartition) {
    this.#log = log
    this.place = place
    log.partition(place).watch(() => {
      this.#isDirty = true
    })
  }

  get isStable(): boolean {
    const { lastStable, end } = this.#log.partition(this.place)
    return lastStable === end
  }

  /** What became visible since. */
  read(): readonly LogRecord[] {
    if (!this.#isDirty) return []
    this.#isDirty = false
    const { records, next } = this.#log.partition(this.place).read(this.#next, Number.POSITIVE_INFINITY)
    this.#next = next
    return records
  }
}

interface FollowedShard {
  readonly shard: number
  readonly model: ShardModel
  readonly state: Follower
  readonly commands: Follower
  /** Read, and not committed yet. */
  waiting: LogRecord[]
}

export class Judge {
  readonly #options: JudgeOptions
  readonly #public: readonly Follower[]
  readonly #commands: readonly Follower[]
  readonly #shards: readonly FollowedShard[]
  /** Commands as readers see them, by place. */
  readonly #published = new Map<string, LogRecord>()
  /** Of those, the ones that must have an effect, and where. */
  readonly #wanted = new Map<string, readonly number[]>()
  /** Events that were told before anybody read their topic: they may have an effect. */
  readonly #optional = new Map<string, readonly number[]>()
  readonly #events: readonly { readonly game: GameTopic; readonly topicId: string; readonly follower: Follower }[]
  /** By life and transactional id: its clock when it wrote. */
  readonly #preparedAt = new Map<string, number>()
  #committer: string | undefined
  #commits = 0
  readonly #speech = new SpeechJudge()
  readonly effects = new EffectJudge()

  constructor(options: JudgeOptions) {
    this.#options = options
    const { log, topics, shardCommands, shardState } = options
    const follow = (topic: string) =>
      log.partitions(topic).map((_, partition) => new Follower(log, { topic, partition }))
    const { neighbours } = options
    const others = [neighbours.reactorCommands, neighbours.systemMessages, neighbours.mapCommands]
    this.#public = [topics.statusEvents, topics.characterCommands, topics.deadLetters, ...others].flatMap(topic =>
      topic === null ? [] : follow(topic),
    )
    this.#events = (
      [
        ['character', neighbours.characterEvents],
        ['monster', neighbours.monsterEvents],
      ] as const
    ).flatMap(([game, topic]) =>
      topic === null ? [] : follow(topic).map(follower => ({ game, topicId: log.describe(topic)?.id ?? '', follower })),
    )
    this.#commands = follow(topics.commands)
    const [commands, state] = [follow(shardCommands), follow(shardState)]
    this.#shards = options.models.map((model, shard) => ({
      ...{ shard, model, waiting: [] },
      ...{ state: existing(state[shard]), commands: existing(commands[shard]) },
    }))
  }

  get commits(): number {
    return this.#commits
  }

  get published(): number {
    return this.#published.size
  }

  /** A life writes a transaction that it made at `now`, by its own clock. */
  prepared(life: string, transactionalId: string, now: number): void {
    this.#preparedAt.set(`${life}/${transactionalId}`, now)
  }

  /** The request of a life to commit has arrived. */
  ending(life: string, transactionalId: string): void {
    this.#committer = `${life}/${transactionalId}`
  }

  /** After every event. @throws Violation */
  look(): void {
    for (const follower of this.#commands) for (const record of follower.read()) this.#publish(record)
    for (const { game, topicId, follower } of this.#events) {
      for (const record of follower.read()) this.#tell(game, topicId, record)
    }
    for (const shard of this.#shards) for (const record of shard.commands.read()) this.#arrive(shard, record)
    const said = this.#public.flatMap(follower => follower.read())
    const changed = this.#shards.flatMap(shard => {
      const records = shard.state.read()
      return records.length === 0 ? [] : [{ shard, records }]
    })
    const [only, ...others] = changed
    if (others.length > 0) throw new Violation('two shards changed at one moment')
    if (only !== undefined) this.#commit(only.shard, only.records)
    for (const record of said) this.#speech.seen(record)
    this.effects.check()
    if ((only !== undefined || said.length > 0) && this.#isAllStable())
      this.#failOn('all is stable', this.#speech.hidden)
  }

  /** Whether no transaction is open that could hide a message. */
  #isAllStable(): boolean {
    return this.#public.every(({ isStable }) => isStable)
  }

  /** What has not happened yet of what must; empty: everything has. */
  unfinished(now: number): readonly string[] {
    const lines: string[] = [...this.#speech.hidden]
    for (const { place, isStable } of this.#commands) {
      if (!isStable) lines.push(`a transaction of players is open in ${partitionName(place)}`)
    }
    for (const [place, shards] of this.#wanted) {
      for (const shard of shards) {
        if (!this.#shards[shard]?.model.applied.has(place)) lines.push(`command ${place} has had no effect`)
      }
    }
    for (const { shard, model, waiting } of this.#shards) {
      if (waiting.length > 0) lines.push(`${waiting.length} records wait in shard ${shard}`)
      for (const name of model.pending.keys()) lines.push(`the look-up of ${name} has no answer`)
      for (const { id, at } of model.dueAt(now)) lines.push(`a timer of ${id} is ${now - at} ms late`)
    }
    const keys = this.#shards.flatMap(({ shard }) => [...this.#readState(shard).keys()])
    return [...lines, ...this.effects.unfinished(keys)]
  }

  /** At the end: the log holds exactly the state of the models. @throws Violation */
  close(): void {
    for (const { shard, model } of this.#shards) {
      this.#failOn(`shard ${shard}`, differencesOfState(model, this.#readState(shard)))
    }
  }

  #publish(record: LogRecord): void {
    const place = originName(record)
    this.#published.set(place, record)
    const route = routeOf(record, this.#shards.length)
    if (route.kind === 'shard') this.#wanted.set(place, [route.shard])
    if (route.kind === 'every-shard') this.#wanted.set(place, [...this.#shards.keys()])
  }

  /** From the first offset on that its group has committed, nothing that is told is lost. */
  #tell(game: GameTopic, topicId: string, record: LogRecord): void {
    const { log, ingressGroup } = this.#options
    const place = originName({ ...record, topic: gameOriginTopic(record.topic, topicId) })
    this.#published.set(place, record)
    const route = eventRouteOf(game, record, this.#shards.length)
    if (route.kind !== 'shard') return
    const [committed] = log.group(`${ingressGroup}-${game}`).committed([record])
    const isRead = committed !== undefined && committed <= record.offset
    const wanted = isRead ? this.#wanted : this.#optional
    wanted.set(place, [route.shard])
  }

  #arrive(shard: FollowedShard, record: LogRecord): void {
    shard.waiting.push(record)
    const read = readShardCommand(record)
    if (read.kind === 'internal') return
    if (read.kind !== 'forwarded') throw new Violation(`shard ${shard.shard} got a record that is ${read.kind}`)
    const place = originName(read.origin)
    const published = this.#published.get(place)
    if (published === undefined) throw new Violation(`${place} was forwarded, and no reader has ever seen it`)
    const { key, value, headers, timestamp } = published
    if (!isDeepStrictEqual({ key, value, headers }, read.original) || timestamp !== read.origin.timestamp) {
      throw new Violation(`${place} is not what was sent`)
    }
    const wanted = this.#wanted.get(place) ?? this.#optional.get(place) ?? []
    if (!wanted.includes(shard.shard)) throw new Violation(`${place} was sent to shard ${shard.shard}`)
  }

  #commit(followed: FollowedShard, records: readonly LogRecord[]): void {
    const { shard, model } = followed
    const fail = (what: string) => new Violation(`shard ${shard}, commit ${this.#commits + 1}: ${what}`)
    const now = this.#preparedAt.get(this.#committer ?? '')
    if (now === undefined) throw fail('nobody has asked for it')
    const positions = records.filter(({ key }) => key?.toString() === 'position')
    const position = positions[0]?.value
    if (!position || positions.length !== 1) throw fail(`${positions.length} positions in one transaction`)
    const { next, watermarks } = decodePosition(position)

    const before = new Map(model.instances)
    const taken = followed.waiting.findIndex(({ offset }) => offset >= next)
    const batch = followed.waiting.splice(0, taken === -1 ? followed.waiting.length : taken)
    if (batch.length > this.#options.batchRecordsMax) throw fail(`${batch.length} commands`)
    for (const id of this.#fired(model, records, batch, now)) model.fire(id, now, fail)
    for (const record of batch) model.take(record, now)

    this.#speech.said(model.takeSaid())
    this.effects.commit(records, model.takeAsked(), fail)
    this.#failOn(`shard ${shard}`, differencesOfState(model, this.#changes(followed, before, records)))
    this.#checkPosition(followed, { next, watermarks }, batch, fail)
    this.#commits++
  }

  /**
   * Those that were due when the batch was made, the earliest first. Of more at one moment than there was room for,
   * those that the records show: touched, and not due at that moment any more. One that ended may owe it to a command
   * of the batch: it comes last.
   */
  #fired(
    model: ShardModel,
    records: readonly LogRecord[],
    batch: readonly LogRecord[],
    now: number,
  ): readonly InstanceId[] {
    const due = model.dueAt(now)
    const count = Math.min(due.length, this.#options.batchRecordsMax)
    const last = due[count - 1]?.at
    const surely = due.filter(({ at }) => last !== undefined && at < last)
    const perhaps = due.filter(({ at }) => at === last)
    const left = count - surely.length
    if (perhaps.length <= left) return [...surely, ...perhaps].map(({ id }) => id)
    const values = new Map(records.map(({ key, value }) => [key?.toString(), value]))
    const commands = batch.map(({ value }) => value?.toString() ?? '')
    const isNamed = (id: InstanceId) => commands.some(command => command.includes(id))
    const shown = perhaps.filter(({ id, at }) => {
      const value = values.get(`instance/${id}`)
      return value === null || (value !== undefined && !deadlinesOf(value).includes(at))
    })
    const chosen = shown.sort((a, b) => Number(isNamed(a.id)) - Number(isNamed(b.id))).slice(0, left)
    return [...surely, ...chosen].map(({ id }) => id)
  }

  /** The value in the log of everything that changed in the model; what was born and died meanwhile has none. */
  #changes(
    { shard, model }: FollowedShard,
    before: ReadonlyMap<InstanceId, unknown>,
    records: readonly LogRecord[],
  ): ReadonlyMap<string, Buffer | null> {
    const values = new Map(records.map(({ key, value }) => [key?.toString() ?? '', value]))
    const changed = [...model.instances].filter(([id, instance]) => before.get(id) !== instance).map(([id]) => id)
    const gone = [...before.keys()].filter(id => !model.instances.has(id))
    const missing = [...changed, ...gone].map(id => `instance/${id}`).filter(key => !values.has(key))
    if (missing.length === 0) return values
    // Compaction may have taken the newest tombstones with it.
    const all = this.#readState(shard)
    for (const key of missing) values.set(key, all.get(key) ?? null)
    return values
  }

  #checkPosition(
    { shard, model, waiting }: FollowedShard,
    { next, watermarks }: Pick<Position, 'next' | 'watermarks'>,
    batch: readonly LogRecord[],
    fail: (what: string) => Violation,
  ): void {
    const { log, groupId, shardCommands } = this.#options
    const place = { topic: shardCommands, partition: shard }
    const [committed] = log.group(groupId).committed([place])
    if (committed !== next) throw fail(`the group's offset is ${committed}, the position ${next}`)
    if (waiting[0] !== undefined && waiting[0].offset < next) throw fail('commands were passed over')
    if (batch.some(({ offset }) => offset >= next)) throw fail('commands will be read again')
    if (!isDeepStrictEqual(new Map([...watermarks].sort()), new Map([...model.watermarks].sort()))) {
      throw fail(`watermarks ${JSON.stringify([...watermarks])} instead of ${JSON.stringify([...model.watermarks])}`)
    }
  }

  #readState(shard: number): ReadonlyMap<string, Buffer | null> {
    const partition = this.#options.log.partition({ topic: this.#options.shardState, partition: shard })
    const values = new Map<string, Buffer | null>()
    for (const { key, value } of partition.read(partition.earliest, Number.POSITIVE_INFINITY).records) {
      if (value === null) values.delete(key?.toString() ?? '')
      else values.set(key?.toString() ?? '', value)
    }
    return values
  }

  #failOn(where: string, differences: readonly string[]): void {
    if (differences.length === 0) return
    throw new Violation(`${where}, commit ${this.#commits + 1}:\n  ${differences.join('\n  ')}`)
  }
}

function existing(follower: Follower | undefined): Follower {
  if (follower === undefined) throw new Error('the internal topics have fewer partitions than there are shards')
  return follower
}

function deadlinesOf(value: Buffer): readonly unknown[] {
  return Object.values(JSON.parse(value.toString()).context.run.deadlines)
}
