/**
 * Hop 1: public topics in, `shard-commands` out, at least once; the shard's watermarks make it exactly once. That
 * rests on three things kept here: a record's shard is a pure function of the record, one sender forwards a partition
 * in order and awaits each batch, and an offset is committed only behind the acknowledgement of all before it.
 * After a failed append the same batch is sent again from its first record; nothing is ever skipped. What is read, and
 * where it goes, is its intake's (intake.ts): the commands, or one topic of the game's events.
 */
import { Alarm } from '../alarm.ts'
import { type BackOff, backOffMs } from '../back-off.ts'
import type { Clock, Random } from '../clock.ts'
import { encodeHandover } from '../contract/handover.ts'
import { type LogRecord, partitionName, recordBytes, type TopicPartition } from '../contract/log-record.ts'
import { forward, forwardOversized } from '../contract/shard-command.ts'
import { OffsetOutOfRangeError, RecordTooLargeError, UnrestorableError } from '../errors.ts'
import type { Log } from '../log.ts'
import { Reminder } from '../reminder.ts'
import type { Telemetry } from '../telemetry.ts'
import type {
  Appender,
  Assignment,
  GroupMembership,
  LogAdmin,
  LogReader,
  PartitionFeed,
  Transport,
} from '../transport/port.ts'
import type { Intake } from './intake.ts'
import { OffsetCommitter } from './offset-committer.ts'

/** Records taken from one partition for one append. */
const TAKE_RECORDS_MAX = 1000
/** What is larger stays behind once shard-commands has refused a batch as too large; halved while it goes on refusing. */
const FORWARDED_BYTES_KEPT = 900_000
/** The longest wait for records; waking up for nothing is cheap. */
const IDLE_MS_MAX = 60_000
/** Where a sieve passes records over, nobody is woken to commit that they were. */
const SIEVED_IDLE_MS_MAX = 1000
/** A topic that was just made, or a leader that is moving, answers within a few tries: nobody needs to hear of it. */
const QUIET_FAILURES = 4
const RETRY: BackOff = { msMin: 50, msMax: 2000 }

export interface IngressOptions {
  readonly transport: Transport
  readonly admin: LogAdmin
  readonly intake: Intake
  readonly groupId: string
  readonly shardCommands: string
  readonly shards: number
  /** Id of the topic `shardCommands`. */
  readonly shardCommandsId: string
  /** Looks whether the topics are still those of the start; `refuse` is called first where one is not. */
  readonly lookAtTopics: () => Promise<void>
  /** A public topic is not what it was. */
  readonly onLost: (error: UnrestorableError) => void
  readonly clock: Clock
  readonly random: Random
  readonly log: Log
  readonly telemetry: Telemetry
}

interface Taken {
  readonly source: Source
  readonly records: readonly LogRecord[]
  readonly passedOver: number
  readonly upTo: number
}

interface RoutedRecord {
  readonly record: LogRecord
  readonly shard: number
}

/** A public partition that is ours to forward. */
interface Source {
  readonly partition: TopicPartition
  feed: PartitionFeed | undefined
  isWatched: boolean
  /** Records that its sieve turned down, as far as they are told of. */
  passedOver: number
}

export class Ingress {
  readonly #options: IngressOptions
  readonly #reader: LogReader
  readonly #appender: Appender
  readonly #sources = new Map<string, Source>()
  readonly #stop = new AbortController()
  #isAssigned = false
  #membership: GroupMembership | undefined
  #committer: OffsetCommitter | undefined
  /** Beside every offset that is committed. */
  #note = ''
  #done: Promise<void> | undefined
  #isRefused = false
  #trouble: string | undefined
  readonly #alarm: Alarm
  readonly #unappended: Reminder

  constructor(options: IngressOptions) {
    this.#options = options
    this.#alarm = new Alarm(options.clock)
    this.#unappended = new Reminder(options.clock)
    const { name, readAhead } = options.intake
    this.#reader = options.transport.openReader(name, readAhead)
    this.#appender = options.transport.openAppender(name)
  }

  /** Whether the group has told, once at least, what is ours. */
  get isAssigned(): boolean {
    return this.#isAssigned
  }

  /** Why what was read cannot be appended, since the last try. */
  get trouble(): string | undefined {
    return this.#trouble
  }

  get membership(): GroupMembership | undefined {
    return this.#membership
  }

  /** @param onFatal called with an error that no reaction is known for; the ingress has then stopped. */
  start(onFatal: (error: unknown) => void): void {
    const { transport, groupId, intake, shards, shardCommandsId, clock, log } = this.#options
    this.#membership = transport.joinGroup({
      groupId,
      topics: [intake.topic],
      onAssigned: assignment => this.#assign(assignment),
    })
    this.#note = encodeHandover({ topicId: shardCommandsId, shards })
    this.#committer = new OffsetCommitter(this.#membership, this.#note, clock, log)
    this.#done = this.#forwardAll().catch(onFatal)
  }

  /** Stops reading, commits what was acknowledged, leaves the group at once. */
  async close(): Promise<void> {
    this.#stop.abort()
    this.#alarm.ring()
    for (const source of this.#sources.values()) source.feed?.close()
    await this.#done
    await this.#committer?.close()
    await this.#membership?.leave()
    await Promise.all([this.#reader.close(), this.#appender.close()])
  }

  /**
   * What we read or write is not what it was: forwards and commits nothing more. Stays in its group, so that nobody
   * else is given what must not be forwarded.
   */
  refuse(): void {
    this.#isRefused = true
    for (const source of this.#sources.values()) this.#giveUp(source)
    this.#alarm.ring()
  }

  #assign({ partitions }: Assignment): void {
    this.#isAssigned = true
    const ours = new Map(partitions.map(partition => [partitionName(partition), partition]))
    for (const [name, source] of this.#sources) {
      if (!ours.has(name)) this.#giveUp(source)
    }
    for (const [name, partition] of ours) {
      if (!this.#isRefused && !this.#sources.has(name))
        this.#sources.set(name, { partition, feed: undefined, isWatched: false, passedOver: 0 })
    }
    this.#committer?.repeat()
    this.#options.log.info({ partitions: [...ours.keys()] }, `${this.#options.intake.name} assigned`)
    this.#alarm.ring()
  }

  #giveUp({ feed, partition }: Source): void {
    feed?.close()
    this.#sources.delete(partitionName(partition))
    this.#committer?.forget(partition)
  }

  async #forwardAll(): Promise<void> {
    const { clock } = this.#options
    const { signal } = this.#stop
    for (let failures = 0; !signal.aborted; ) {
      try {
        await this.#openFeeds()
        const taken = this.#take()
        if (taken.length > 0 && !(await this.#forward(taken.flatMap(({ records }) => records)))) continue
        this.#acknowledge(taken)
        if (taken.length === 0) await this.#waitForRecords()
        failures = 0
      } catch (error) {
        if (signal.aborted) return
        const level = failures < QUIET_FAILURES ? 'debug' : 'warn'
        this.#options.log[level]({ err: error, failures }, 'ingress cannot read, trying again')
        await clock.sleep(backOffMs(failures++, RETRY, this.#options.random), signal)
      }
    }
  }

  /** Each new partition goes on where the group left it: everything before was acknowledged. */
  async #openFeeds(): Promise<void> {
    const unopened = [...this.#sources.values()].filter(({ feed }) => feed === undefined)
    if (unopened.length === 0 || this.#membership === undefined) return
    await this.#options.lookAtTopics()
    const committed = await this.#membership.committed(unopened.map(({ partition }) => partition))
    for (const [index, source] of unopened.entries()) {
      const known = committed[index]
      const from = known ?? (await this.#begin(source))
      if (from === undefined || !this.#isOurs(source)) continue
      source.feed = this.#open(source.partition, from)
    }
  }

  /**
   * Where a partition that nobody has read begins. An end is kept before anything is read: two of us that began at
   * different ends would pass over what lies between. `undefined`: it was not ours all the time, and whoever had it
   * meanwhile may have kept another.
   */
  async #begin(source: Source): Promise<number | undefined> {
    const { admin, intake } = this.#options
    const { partition } = source
    const offsets = await admin.offsets(partition.topic)
    if (!this.#isOurs(source)) return undefined
    const from = offsets[partition.partition]?.[intake.begins] ?? 0
    if (intake.begins === 'end') await this.#membership?.commit([{ ...partition, next: from, note: this.#note }])
    return from
  }

  /** The assignment may have moved on, and come back: a partition that was gone meanwhile is another source. */
  #isOurs(source: Source): boolean {
    return this.#sources.get(partitionName(source.partition)) === source && !this.#stop.signal.aborted
  }

  #open(partition: TopicPartition, from: number): PartitionFeed {
    const { keep } = this.#options.intake
    return keep === undefined ? this.#reader.open(partition, from) : this.#reader.open(partition, from, keep)
  }

  #take(): readonly Taken[] {
    const taken: Taken[] = []
    for (const source of this.#sources.values()) {
      const { feed } = source
      const records = feed?.take(TAKE_RECORDS_MAX) ?? []
      if (feed === undefined || (records.length === 0 && feed.passedOver === source.passedOver)) continue
      const passedOver = feed.passedOver - source.passedOver
      source.passedOver = feed.passedOver
      taken.push({ source, records, passedOver, upTo: this.#upTo(feed, records) })
    }
    return taken
  }

  /** The last offset that is dealt with once `records` are; behind it may lie what was passed over. */
  #upTo(feed: PartitionFeed, records: readonly LogRecord[]): number {
    const last = records.at(-1)?.offset ?? -1
    return this.#options.intake.keep === undefined ? last : Math.max(last, feed.position - 1)
  }

  #acknowledge(taken: readonly Taken[]): void {
    const { telemetry, intake } = this.#options
    for (const { source, records, passedOver, upTo } of taken) {
      if (intake.keep === undefined) telemetry.ingressRecords(records.length)
      if (passedOver > 0) intake.passedOver(passedOver)
      const { partition } = source
      if (this.#sources.get(partitionName(partition)) !== source) continue
      if (upTo >= 0) this.#committer?.acknowledged({ ...partition, offset: upTo })
    }
  }

  async #waitForRecords(): Promise<void> {
    for (const source of this.#sources.values()) {
      if (source.feed === undefined || source.isWatched) continue
      source.isWatched = true
      source.feed
        .ready()
        .catch(error => this.#recover(source, error))
        .finally(() => {
          source.isWatched = false
          this.#alarm.ring()
        })
    }
    await this.#alarm.wait(this.#options.intake.keep === undefined ? IDLE_MS_MAX : SIEVED_IDLE_MS_MAX)
  }

  /** Retention has passed the committed offset, or the topic is not what it was: there is nothing to wait for. */
  async #recover(source: Source, error: unknown): Promise<void> {
    const { partition } = source
    if (!(error instanceof OffsetOutOfRangeError)) {
      this.#options.log.error({ ...partition, err: error }, 'ingress lost a partition, opening it again')
      source.feed = undefined
      source.passedOver = 0
      return
    }
    const { feed } = source
    await this.#options.lookAtTopics().catch(() => undefined)
    // The assignment may have moved on while we looked.
    if (this.#sources.get(partitionName(partition)) !== source || source.feed !== feed) return
    const position = feed?.position ?? error.earliest
    if (position > error.end) {
      this.refuse()
      this.#options.onLost(lostEnd(partition, position, error))
      return
    }
    // Counted in offsets, the markers of transactions among them: at most so many records.
    const lost = Math.max(0, error.earliest - position)
    this.#options.telemetry.ingressLostRecords(partition.topic, lost)
    this.#options.log.error(
      { ...partition, lost, earliest: error.earliest, end: error.end, err: error },
      'the committed offset is not in the log any more: going on at the earliest record, what was between is lost to us',
    )
    source.feed = this.#open(partition, error.earliest)
    source.passedOver = 0
  }

  /** Appends until all are acknowledged, and tells whether they are: only then may their offsets be committed. */
  async #forward(records: readonly LogRecord[]): Promise<boolean> {
    const { shards, intake } = this.#options
    const routed: RoutedRecord[] = []
    for (const record of records) {
      // A record for all shards is in the batch once for each: sent again, it is sent again to all of them.
      for (const shard of intake.shardsOf(record, shards)) routed.push({ record, shard })
    }
    // Not acknowledged and not committed: whoever comes after us reads these records again.
    if (routed.length > 0 && !(await this.#append(routed))) return false
    return !this.#isRefused
  }

  /** Whether all of them are acknowledged; false when we are to stop first. */
  async #append(routed: readonly RoutedRecord[]): Promise<boolean> {
    const { clock, log, telemetry, shardCommands, shards, intake } = this.#options
    const { signal } = this.#stop
    let bytesMax = Number.POSITIVE_INFINITY
    for (let failures = 0; !signal.aborted && !this.#isRefused; failures++) {
      try {
        await this.#appender.append(
          routed.flatMap(({ record, shard }) => {
            const from = intake.originTopic === record.topic ? record : { ...record, topic: intake.originTopic }
            if (recordBytes(record) <= bytesMax) return forward(from, shard, shardCommands)
            return intake.isOversizedFor(from, shard, shards) ? forwardOversized(from, shard, shardCommands) : []
          }),
        )
        this.#trouble = undefined
        return true
      } catch (error) {
        telemetry.ingressAppendFailed()
        if (error instanceof RecordTooLargeError) {
          // One record that does not fit must not hold up the others: it is refused by its shard, without its bytes.
          bytesMax = Math.min(bytesMax, FORWARDED_BYTES_KEPT * 2) / 2
          log.error({ err: error, bytesMax }, 'a record does not fit shard-commands: raise its max.message.bytes')
        } else {
          this.#trouble = error instanceof Error ? error.message : String(error)
          this.#unappended.happened(times =>
            log.warn(
              { err: error, records: routed.length, failed: times },
              'ingress cannot append, sending the same batch again',
            ),
          )
        }
        await clock.sleep(backOffMs(failures, RETRY, this.#options.random), signal)
      }
    }
    return false
  }
}

/** Retention takes a topic's beginning, never its end. */
function lostEnd(partition: TopicPartition, position: number, { earliest, end }: OffsetOutOfRangeError) {
  return new UnrestorableError(
    `the ingress is to go on at offset ${position} of ${partitionName(partition)}, which holds ${earliest} to ${end}: ` +
      'the topic was deleted and made again, or lost its end, and new records would be taken for copies of old ones. ' +
      'Restore it, or begin with new internal topics (another INTERNAL_TOPIC_PREFIX)',
  )
}
