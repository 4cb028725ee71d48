/**
 * Prepare: the operations of one transaction, run one after the other on the overlay. Each one is added whole or,
 * when it throws, not at all (its record becomes an INSTANCE_FAULT dead letter). Nothing here is written or awaited.
 */
import { requirementsHold } from '../../machines/conditions.ts'
import { contextOf, type Instance, stateOf } from '../actor/instance.ts'
import { type Command, decodeCommand, type LeaveCommand } from '../contract/commands.ts'
import { readEffectSettled } from '../contract/effect-record.ts'
import { type GameEvent, type GameTopic, gameOfOrigin, readGameEvent } from '../contract/game-events.ts'
import type { InstanceId } from '../contract/ids.ts'
import type { LogRecord } from '../contract/log-record.ts'
import { type LookupAnswered, readLookupAnswered } from '../contract/lookup.ts'
import type { Origin, OriginalRecord } from '../contract/origin.ts'
import { type Refusal, refuse } from '../contract/refusal.ts'
import { readShardCommand } from '../contract/shard-command.ts'
import type { PendingRegistration } from '../contract/state-record.ts'
import { decodeTenant, isSameTenant, type Tenant, tenantKey } from '../contract/tenant.ts'
import { continueTrace, type Span, startTrace, traceparent } from '../contract/trace-context.ts'
import { UnrestorableError, unreachable } from '../errors.ts'
import { entryOf, type Trigger } from '../journal/entry.ts'
import { Outbox } from '../outbox/outbox.ts'
import { BatchReport } from './batch-report.ts'
import { channelName } from './claims.ts'
import type { Moment, Outcome } from './outcome.ts'
import { Overlay } from './overlay.ts'
import type { ShardDependencies } from './shard-dependencies.ts'
import type { ShardState } from './shard-state.ts'
import { dueTimer, happeningOf } from './supervisor.ts'
import { ungrantedRewards } from './ungranted-rewards.ts'

/** A batch takes no more operations beyond this; one transaction must end well within its time-out. */
const OUTBOX_BYTES_MAX = 8 << 20
/** A timer whose instance is at fault is tried again after this. */
const FAULTY_TIMER_RETRY_MS = 60_000
const NO_ROOM_TO_WAIT = 'too many registrations wait for the same answer already: register again later'

type Changed = Extract<Outcome, { kind: 'changed' }>

interface Ran {
  readonly type: string
  readonly outcome: Outcome | undefined
  /** What there was to run. */
  readonly command?: Command
  /** It had waited for the answer to a look-up. */
  readonly isAnswer?: boolean
}

export class Batch {
  readonly overlay: Overlay
  readonly outbox: Outbox
  readonly report = new BatchReport()
  /** Timers that were taken from the index, and when one that threw is tried again. */
  readonly #timers = new Map<InstanceId, number | undefined>()
  readonly #state: ShardState
  readonly #dependencies: ShardDependencies
  #records = 0

  constructor(state: ShardState, dependencies: ShardDependencies, deadLetterBytesMax: number) {
    this.#state = state
    this.#dependencies = dependencies
    this.overlay = new Overlay(state)
    this.outbox = new Outbox({ topics: dependencies.topics, neighbours: dependencies.neighbours, deadLetterBytesMax })
  }

  get isFull(): boolean {
    return this.outbox.bytes > OUTBOX_BYTES_MAX
  }

  /** Of `shard-commands`, taken so far. */
  get records(): number {
    return this.#records
  }

  /** The next record of `shard-commands`. */
  apply(record: LogRecord): void {
    this.#records += 1
    this.overlay.moveTo(record.offset + 1)
    const read = readShardCommand(record)
    switch (read.kind) {
      case 'forwarded':
        if (this.#isFirstCopy(read.origin)) this.#forwarded(read.origin, read.original)
        return
      case 'oversized':
        if (this.#isFirstCopy(read.origin)) this.#refuseOversized(read.origin, read.bytes)
        return
      case 'internal': {
        const answered = readLookupAnswered(read.value)
        const settled = answered === undefined ? readEffectSettled(read.value) : undefined
        if (answered !== undefined) this.#answer(answered)
        else if (settled !== undefined) this.overlay.dropEffect(settled)
        else this.#dependencies.log.error({ value: read.value }, 'unknown internal command')
        return
      }
      case 'unreadable':
        this.#dependencies.log.error({ offset: record.offset, reason: read.reason }, 'foreign record in shard-commands')
        this.#refuse('', record, record, refuse('MALFORMED', read.reason))
        return
      default:
        unreachable(read)
    }
  }

  /** Every copy after the first changes nothing. */
  #isFirstCopy(origin: Origin): boolean {
    const isFirst = !this.overlay.isApplied(origin)
    if (isFirst) this.overlay.markApplied(origin)
    else this.report.handled('', 'duplicate')
    return isFirst
  }

  #refuseOversized(origin: Origin, bytes: number): void {
    const { shardCommands } = this.#dependencies.internal
    const reason = `its ${bytes} bytes do not fit ${shardCommands}: raise that topic's max.message.bytes`
    this.#refuse('', origin, { key: null, value: null, headers: [] }, refuse('MALFORMED', reason))
  }

  /** The earliest timer of an instance, if it is due. */
  fire(id: InstanceId): void {
    const { clock, random, supervisor, log } = this.#dependencies
    const instance = this.overlay.instance(id)
    const timer = instance && dueTimer(instance)
    if (instance === undefined || timer === undefined) return
    const now = clock.now()
    const since = this.#stopwatch()
    const span = startTrace(random)
    const name = `timer.${timer.timer}`
    this.#timers.set(id, undefined)
    try {
      const outcome = supervisor.timer(this.overlay, id, { now, traceparent: traceparent(span) })
      // Due and yet without effect, it would be due again at once, for ever.
      if (outcome.kind !== 'changed' && timer.at <= now) throw new RangeError(`${name} is due and changes nothing`)
      this.#keep(outcome, span)
      if (outcome.kind === 'changed') {
        this.report.fired((now - timer.at) / 1000)
        this.#journal(outcome, { kind: 'timer', timer: timer.timer, dueAt: timer.at }, now, since)
      }
      this.report.traced(span, name, now, { instanceId: id }, timer.armedBy)
    } catch (error) {
      if (error instanceof UnrestorableError) throw error
      // There is no record to bury: the instance stays as it is, and its timer is tried again later.
      this.#timers.set(id, now + FAULTY_TIMER_RETRY_MS)
      log.error({ err: error, instanceId: id, timer: timer.timer }, 'instance fault: a timer threw')
      this.report.refused('INSTANCE_FAULT')
    }
  }

  #forwarded(origin: Origin, original: OriginalRecord): void {
    const { topics, gameTopics } = this.#dependencies
    const game = origin.topic === topics.commands ? undefined : gameOfOrigin(origin.topic, gameTopics)
    if (game === undefined) this.#command(origin, original)
    else this.#happening(game, { ...origin, topic: gameTopics[game] ?? origin.topic }, original)
  }

  #command(origin: Origin, original: OriginalRecord): void {
    const { registrar, supervisor } = this.#dependencies
    let elsewhere: readonly { readonly id: InstanceId; readonly command: LeaveCommand }[] = []
    this.#operation(origin, original, (span, now) => {
      const decoded = decodeCommand(original.value)
      // A newer ingress may know types that we do not.
      if (decoded.kind === 'foreign') return { type: 'other', outcome: undefined }
      if (decoded.kind === 'malformed') return { type: '', outcome: { kind: 'refused', refusal: decoded.refusal } }
      const { command } = decoded
      const read = decodeTenant(original.headers)
      if ('refusal' in read) return { type: command.type, outcome: { kind: 'refused', refusal: read.refusal } }
      const { tenant } = read
      if (command.type === 'LEAVE') {
        // Its own world is not looked at: scripts and operators send it, and need not know where the quest plays.
        const [id, ...others] = this.overlay.claims.inTenant(tenantKey(tenant), command.characterId)
        elsewhere = others.map(id => ({ id, command }))
        return this.#leave(id, command, span, now)
      }
      const moment = this.#moment(span, now)
      const outcome =
        command.type === 'REGISTER'
          ? registrar.register(this.overlay, { command, tenant, origin }, moment)
          : supervisor.command(this.overlay, command, tenant, moment)
      return { type: command.type, outcome, command }
    })
    for (const { id, command } of elsewhere) {
      this.#operation(origin, original, (span, now) => this.#leave(id, command, span, now))
    }
  }

  /** Each shard is told: one that does not have the character passes over it. */
  #leave(id: InstanceId | undefined, command: LeaveCommand, span: Span, now: number): Ran {
    const { type, characterId } = command
    const instance = id && this.overlay.instance(id)
    if (instance === undefined) return { type, outcome: undefined }
    const event = { type, characterId, reason: 'voluntary', now } as const
    const outcome = this.#dependencies.supervisor.happening(instance, event, this.#moment(span, now))
    return outcome.kind === 'changed' ? { type, outcome, command } : { type, outcome: undefined }
  }

  /** What the game tells: never refused, never a dead letter. */
  #happening(game: GameTopic, origin: Origin, original: OriginalRecord): void {
    const { clock, random, supervisor, log } = this.#dependencies
    const read = readGameEvent(game, original.value)
    const tenant = decodeTenant(original.headers)
    const instance =
      read.kind === 'event' && 'tenant' in tenant ? this.#concerned(read.event, tenant.tenant) : undefined
    if (instance === undefined || read.kind !== 'event') {
      this.report.happened(game, 'skipped')
      return
    }
    const { event } = read
    const now = clock.now()
    const since = this.#stopwatch()
    const span = continueTrace(original.headers, random)
    try {
      const happening = happeningOf(event, now)
      const outcome = supervisor.happening(instance, happening, this.#moment(span, now))
      this.#keep(outcome, span)
      this.report.happened(game, outcome.kind === 'changed' ? 'applied' : 'skipped')
      if (outcome.kind !== 'changed') return
      this.#journal(outcome, { kind: 'event', event: happening, origin }, now, since)
      this.report.traced(span, event.type, now, instanceAttributes(outcome))
    } catch (error) {
      if (error instanceof UnrestorableError) throw error
      const { instanceId } = contextOf(instance).identity
      log.error({ err: error, instanceId, event }, 'instance fault: an event of the game threw and was undone')
      this.report.happened(game, 'fault')
      this.report.refused('INSTANCE_FAULT')
    }
  }

  #concerned(event: GameEvent, tenant: Tenant): Instance | undefined {
    const { claims } = this.overlay
    const id =
      event.kind === 'monster'
        ? event.instanceId
        : claims.instanceOf(channelName(tenant, event.worldId, event.channelId), event.characterId)
    const instance = id && this.overlay.instance(id)
    return instance !== undefined && isSameTenant(contextOf(instance).identity.tenant, tenant) ? instance : undefined
  }

  /** The answer to a look-up. A second answer finds nothing pending and is dropped. */
  #answer({ pending: name, answer }: LookupAnswered): void {
    const pending = this.overlay.pendingRegistration(name)
    if (pending === undefined) return
    this.overlay.dropPending(name)
    this.#operation(pending.origin, pending.original, (span, now) => {
      const { command, tenant } = readRegistration(pending)
      const registration = { command, tenant, origin: pending.origin }
      const outcome = this.#dependencies.registrar.resolve(this.overlay, registration, answer, this.#moment(span, now))
      return { type: command.type, outcome, command, isAnswer: true }
    })
  }

  /** Runs one operation for one record, and undoes it alone when it throws. */
  #operation(origin: Origin, original: OriginalRecord, run: (span: Span, now: number) => Ran): void {
    const { clock, random, log } = this.#dependencies
    const startedAt = clock.now()
    const since = this.#stopwatch()
    const span = continueTrace(original.headers, random)
    try {
      const { type, outcome, command, isAnswer = false } = run(span, startedAt)
      if (outcome?.kind === 'refused') {
        this.#refuse(type, origin, original, outcome.refusal)
        this.report.traced(span, type === '' ? 'malformed' : type, startedAt, { 'error.type': outcome.refusal.code })
        return
      }
      if (outcome?.kind === 'waits') {
        // Counted when it is answered.
        if (this.overlay.keepPending({ origin, original, lookup: outcome.lookup })) return
        this.#dependencies.lookups.turnedAway(outcome.lookup, this.#dependencies)
        this.#refuse(type, origin, original, refuse('LOOKUP_FAILED', NO_ROOM_TO_WAIT))
        this.report.traced(span, type, startedAt, { 'error.type': 'LOOKUP_FAILED' })
        return
      }
      if (outcome !== undefined) this.#keep(outcome, span)
      if (outcome?.kind === 'changed' && command !== undefined) {
        this.#journal(outcome, { kind: 'command', command, origin, isAnswer }, startedAt, since)
      }
      this.report.handled(type, outcome === undefined ? 'skipped' : 'applied')
      this.report.traced(span, type, startedAt, outcome === undefined ? {} : instanceAttributes(outcome))
    } catch (error) {
      // The instance is at fault, not the record: the shard stops, and the record waits for whoever can read it.
      if (error instanceof UnrestorableError) throw error
      const { topic, partition, offset } = origin
      log.error({ err: error, topic, partition, offset }, 'instance fault: an operation threw and was undone')
      this.#refuse(
        '',
        origin,
        original,
        refuse('INSTANCE_FAULT', error instanceof Error ? error.message : String(error)),
      )
    }
  }

  #keep(outcome: Outcome, span: Span): void {
    if (outcome.kind !== 'changed') return
    const { before, after, identity, messages, effects } = outcome
    this.outbox.send(messages, identity, span)
    const born = before === undefined && after !== undefined
    this.overlay.keep(outcome, born ? this.#dependencies.ruleBook.catalogue.get(identity.questId) : undefined)
    this.report.moved(identity.questId, before && stateOf(before), after && stateOf(after))
    this.report.ungranted(ungrantedRewards(outcome))
    // Where no monster service is named, nobody wants them.
    if (effects.length > 0 && this.#dependencies.effects.isWanted) {
      this.report.dropped(this.overlay.keepEffects(effects, identity, traceparent(span)))
    }
    if (after !== undefined && messages.some(({ type }) => type === 'STARTED')) this.#warnOfStart(after)
  }

  /** Where nobody reads it, the time is not measured either. */
  #stopwatch(): number {
    const { journal, clock } = this.#dependencies
    return journal.isSilent ? 0 : clock.elapsed()
  }

  /** Kept for whoever looks, once it is committed. */
  #journal(outcome: Changed, trigger: Trigger, at: number, since: number): void {
    const { journal, clock } = this.#dependencies
    if (journal.isSilent) return
    const entry = entryOf(outcome.identity.instanceId, outcome, trigger, at, clock.elapsed() - since)
    if (entry !== undefined) this.report.recorded(entry)
  }

  /** REQUIREMENTS=warn: a start that would have been refused is only told of. */
  #warnOfStart(started: Instance): void {
    const { ruleBook, log } = this.#dependencies
    const { identity, rules, run } = contextOf(started)
    if (ruleBook.requirements === 'enforce' || requirementsHold(rules.definition.startRequirements, run.members)) return
    const { instanceId, questId } = identity
    log.warn({ instanceId, questId, members: run.members.length }, 'quest started without its requirements')
  }

  #refuse(type: string, origin: Origin, original: OriginalRecord, refusal: Refusal): void {
    this.outbox.bury(origin, original, refusal)
    this.report.handled(type, 'refused')
    this.report.refused(refusal.code)
  }

  /** `now` is one reading of the clock for all that an operation says of its time: its journal's entry plays again. */
  #moment(span: Span, now: number): Moment {
    return { now, traceparent: traceparent(span) }
  }

  /** Settle: the transaction is committed, and what it did becomes the state. */
  settle(): void {
    this.#state.settle(this.overlay)
    for (const [id, retryAt] of this.#timers) this.#state.rearm(id, retryAt)
    this.report.publish(this.#dependencies, this.outbox)
  }
}

function readRegistration({ original }: PendingRegistration) {
  const decoded = decodeCommand(original.value)
  const read: { tenant: Tenant } | { refusal: Refusal } = decodeTenant(original.headers)
  if (decoded.kind !== 'command' || decoded.command.type !== 'REGISTER' || 'refusal' in read) {
    throw new TypeError('a pending registration holds no REGISTER')
  }
  return { command: decoded.command, tenant: read.tenant }
}

function instanceAttributes(outcome: Outcome): Record<string, string> {
  return outcome.kind === 'changed' ? { instanceId: outcome.identity.instanceId } : {}
}
