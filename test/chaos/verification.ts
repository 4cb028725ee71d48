/**
 * Judges a whole run from its public topics alone: what each accepted command must have caused is recomputed by the
 * oracle, and held to what lies in the topics, byte for byte and in order, as both come by in a stream. It shares no
 * code with the service. What has found its counterpart is forgotten; the rest is what it reports at the end.
 */
import type { JavaRecord } from '../support/kafka/independent-client.ts'
import { type ExpectedOperation, Oracle, type OracleQuest } from '../support/oracle.ts'
import {
  changeMapOut,
  characterLane,
  deadLetterLine,
  elsewhereLane,
  expectedDeadLetterLine,
  expectedLine,
  idKey,
  originOf,
  outgoingLine,
  reactorsGone,
  statusOf,
} from './lines.ts'
import { Tally, type VerdictCounts } from './tally.ts'
import { Told } from './told.ts'
import { parentOf, type TraceParent, traceFault } from './trace-parent.ts'

export interface JudgedTopics {
  readonly commands: string
  readonly status: string
  readonly character: string
  readonly deadLetters: string
  readonly reactor: string
  readonly systemMessage: string
  readonly map: string
  /** What the game tells. */
  readonly characterStatus: string
  readonly monsterStatus: string
}

export interface VerificationOptions {
  readonly topics: JudgedTopics
  readonly quests: readonly OracleQuest[]
  readonly clusterId: string
  /** Instances are told apart by it where silences are measured. */
  readonly shards: number
}

export interface Verdict {
  readonly counts: VerdictCounts
  /** One line a difference, the first of them; empty: all is as it must be. */
  readonly faults: readonly string[]
  /** How many there are in all. */
  readonly faultsCount: number
}

const FAULTS_MAX = 50

/** What all messages of one operation have in common. */
interface Cause {
  /** For people: which command or timer. */
  readonly name: string
  readonly kind: 'command' | 'timer'
  /** Epoch milliseconds, before which none may have come. */
  readonly notBefore: number
  readonly parent: TraceParent | undefined
  /** That of the operation: of the first of its messages that was found, and then of all. */
  spanId: string | undefined
}

interface Wanted {
  readonly line: string
  readonly cause: Cause
}

interface Found {
  readonly line: string
  readonly record: JavaRecord
}

/** All that has one order: an instance's events, a character's commands, the dead letter of one origin. */
interface Lane {
  readonly name: string
  partition: number | undefined
  readonly wanted: Wanted[]
  readonly found: Found[]
  /** After a difference the rest would differ too. */
  isSpoilt: boolean
}

export class Verification {
  readonly #options: VerificationOptions
  readonly #quests: ReadonlyMap<string, OracleQuest>
  readonly #oracle: Oracle
  readonly #lanes = new Map<string, Lane>()
  readonly #ends = new Map<string, number>()
  readonly #faults: string[] = []
  readonly #tally: Tally
  readonly #told = new Told()
  #faultsCount = 0

  constructor(options: VerificationOptions) {
    this.#options = options
    this.#quests = new Map(options.quests.map(quest => [quest.questId, quest]))
    this.#oracle = new Oracle(options)
    this.#tally = new Tally(options.shards)
  }

  /** Any record of the topics; those of one partition in their order, all that the game told before the first other. */
  take(record: JavaRecord): void {
    this.#checkOrder(record)
    const { topics } = this.#options
    switch (record.topic) {
      case topics.commands:
        this.#command(record)
        break
      case topics.status:
        this.#tally.status(record)
        this.#found(`status events of ${record.key}`, record, outgoingLine(record))
        break
      case topics.character:
        this.#tally.character()
        this.#found(characterLane(record.key, record.headers), record, outgoingLine(record))
        break
      case topics.reactor:
      case topics.systemMessage:
      case topics.map:
        this.#tally.elsewhere()
        this.#found(elsewhereLane(record.key, String(record.value), record.headers), record, outgoingLine(record))
        break
      case topics.characterStatus:
        this.#told.keep(record, 'character')
        break
      case topics.monsterStatus:
        this.#told.keep(record, 'monster')
        break
      case topics.deadLetters:
        this.#tally.deadLetter()
        this.#found(`dead letter of ${originOf(record)}`, record, deadLetterLine(record))
        break
      default:
        this.#fault(`${placeOf(record)} is of no topic that is judged`)
    }
  }

  /** After the last record. */
  end(): Verdict {
    for (const { name, wanted, found, isSpoilt } of this.#lanes.values()) {
      if (isSpoilt) continue
      const [missing] = wanted
      const [surplus] = found
      if (missing !== undefined)
        this.#fault(`${name}: ${missing.cause.name} must have caused this, and it never came:\n  ${missing.line}`)
      if (surplus !== undefined)
        this.#fault(`${name}: no command causes ${placeOf(surplus.record)}:\n  ${surplus.line}`)
    }
    return { counts: this.#tally.counts(), faults: this.#faults, faultsCount: this.#faultsCount }
  }

  #command(record: JavaRecord): void {
    const effect = this.#oracle.take(record)
    this.#tally.command(record, effect)
    if (typeof effect === 'string') return
    const { topic, partition, offset, timestamp } = record
    const name = `the command ${partition}@${offset}`
    const cause: Cause = { name, kind: 'command', notBefore: timestamp, parent: parentOf(record), spanId: undefined }
    if ('code' in effect) {
      this.#want(`dead letter of ${topic}/${partition}@${offset}`, { line: expectedDeadLetterLine(effect), cause })
      return
    }
    this.#operation(effect, cause, record)
    this.#alarm(effect, cause)
    this.#happenings(effect)
  }

  /** All that the game told of an instance, as soon as it has started: before that nothing, and no command between. */
  #happenings(operation: ExpectedOperation): void {
    if (!operation.status.some(value => statusOf(value).type === 'STARTED')) return
    for (const { record, game } of this.#told.take(operation)) {
      const effect = this.#oracle.tell(record, game)
      this.#tally.happening(effect)
      if (typeof effect === 'string') continue
      const { partition, offset, timestamp } = record
      const name = `what the game told at ${game} ${partition}@${offset}`
      const cause: Cause = { name, kind: 'command', notBefore: timestamp, parent: parentOf(record), spanId: undefined }
      this.#operation(effect, cause, record)
    }
  }

  #operation(operation: Omit<ExpectedOperation, 'command'>, cause: Cause, command?: JavaRecord): void {
    const { instanceId, tenantHeaders, status, character, elsewhere } = operation
    for (const value of status) {
      this.#want(`status events of ${instanceId}`, { line: expectedLine(value, tenantHeaders, command), cause })
    }
    for (const { characterId, value } of character) {
      const lane = characterLane(idKey(characterId), tenantHeaders)
      this.#want(lane, { line: expectedLine(value, tenantHeaders, command), cause })
    }
    for (const { id, value } of elsewhere) {
      const lane = elsewhereLane(idKey(id), value, tenantHeaders)
      this.#want(lane, { line: expectedLine(value, tenantHeaders, command), cause })
    }
  }

  /** A quest whose time is limited is left alone by the load, so its timer is what comes next. */
  #alarm({ instanceId, tenantHeaders, status, character }: ExpectedOperation, armed: Cause): void {
    const started = status.map(statusOf).find(({ type }) => type === 'STARTED')
    const quest = this.#quests.get(started?.questId ?? '')
    const seconds = quest?.stages[0]?.duration ?? 0
    if (started === undefined || quest === undefined || seconds === 0) return
    const { worldId, questId } = started
    const say = (type: string, body: object) => JSON.stringify({ worldId, instanceId, questId, type, body })
    this.#tally.timer()
    this.#operation(
      {
        ...{ instanceId, tenantHeaders },
        status: [say('FAILED', { reason: 'stage_time_expired' }), say('INSTANCE_DESTROYED', {})],
        elsewhere: (quest.stages[0]?.mapIds ?? []).map(id => ({
          ...{ topic: 'reactor' as const, id },
          value: reactorsGone(character[0]?.value ?? '', id),
        })),
        character: character.map(({ characterId, value }) => ({ characterId, value: changeMapOut(value, quest.exit) })),
      },
      {
        name: `the timer that ${armed.name} armed`,
        kind: 'timer',
        notBefore: armed.notBefore + seconds * 1000,
        ...{ parent: undefined, spanId: undefined },
      },
    )
  }

  #want(name: string, wanted: Wanted): void {
    const lane = this.#lane(name)
    lane.wanted.push(wanted)
    this.#settle(lane)
  }

  #found(name: string, record: JavaRecord, line: string): void {
    const lane = this.#lane(name)
    lane.partition ??= record.partition
    if (lane.partition !== record.partition)
      this.#fault(`${name}: ${placeOf(record)} lies on another partition than those before, ${lane.partition}`)
    lane.found.push({ line, record })
    this.#settle(lane)
  }

  #settle(lane: Lane): void {
    const [wanted] = lane.wanted
    const [found] = lane.found
    if (wanted === undefined || found === undefined || lane.isSpoilt) return
    lane.wanted.shift()
    lane.found.shift()
    const { line, record } = found
    const { cause } = wanted
    const place = `${lane.name}: ${placeOf(record)}`
    if (line !== wanted.line) {
      lane.isSpoilt = true
      this.#fault(`${place} is not what ${cause.name} must cause:\n  must be ${wanted.line}\n  is      ${line}`)
      return
    }
    this.#tally.waited(record.timestamp - cause.notBefore, cause.kind)
    if (record.timestamp < cause.notBefore) {
      this.#fault(`${place}, by ${cause.name}, came ${cause.notBefore - record.timestamp} ms early`)
    }
    if (record.topic === this.#options.topics.deadLetters) {
      // A second one would find a lane of its own, in which nothing is wanted.
      this.#lanes.delete(lane.name)
      return
    }
    const { fault, spanId } = traceFault(record, cause)
    if (fault !== undefined) this.#fault(`${place}, by ${cause.name}, ${fault}`)
    cause.spanId ??= spanId
  }

  #lane(name: string): Lane {
    let lane = this.#lanes.get(name)
    if (lane === undefined) {
      lane = { name, partition: undefined, wanted: [], found: [], isSpoilt: false }
      this.#lanes.set(name, lane)
    }
    return lane
  }

  /** The judge itself is judged: a read that skips back would double things by itself. */
  #checkOrder(record: JavaRecord): void {
    const name = `${record.topic}/${record.partition}`
    const last = this.#ends.get(name) ?? -1
    if (record.offset <= last)
      this.#fault(`${placeOf(record)} was read behind ${name}@${last}: the read is out of order`)
    this.#ends.set(name, record.offset)
  }

  #fault(line: string): void {
    this.#faultsCount++
    if (this.#faults.length < FAULTS_MAX) this.#faults.push(line)
  }
}

function placeOf({ topic, partition, offset }: JavaRecord): string {
  return `${topic}/${partition}@${offset}`
}
