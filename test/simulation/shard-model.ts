/**
 * What a shard must do with its commands: each first copy once, in the order of its log, one after the other on plain
 * maps, every step by a live actor. No batches, overlays, watermarks, indexes or commits: a character is looked for in
 * all instances, and a copy is known by its origin. It is told which timers to fire, and says when that is wrong.
 */

import type { PartyQuestEvent } from '../../machines/party-quest.ts'
import { contextOf, type Instance, nextTimer } from '../../src/actor/instance.ts'
import type { Config } from '../../src/config.ts'
import { decodeCommand } from '../../src/contract/commands.ts'
import { deadLetter } from '../../src/contract/dead-letter.ts'
import { gameOfOrigin, type ReadGameEvent, readGameEvent } from '../../src/contract/game-events.ts'
import type { InstanceId } from '../../src/contract/ids.ts'
import { type LogRecord, type NewRecord, partitionName } from '../../src/contract/log-record.ts'
import { readLookupAnswered } from '../../src/contract/lookup.ts'
import { encodeMessage } from '../../src/contract/messages.ts'
import { type Origin, type OriginalRecord, originName } from '../../src/contract/origin.ts'
import { type Refusal, refuse } from '../../src/contract/refusal.ts'
import { readShardCommand } from '../../src/contract/shard-command.ts'
import type { PendingRegistration } from '../../src/contract/state-record.ts'
import { decodeTenant, isSameTenant, tenantHeaders, tenantKey } from '../../src/contract/tenant.ts'
import { channelName, claim, tenantOf } from '../../src/shard/claims.ts'
import type { InstanceView, Outcome } from '../../src/shard/outcome.ts'
import type { Registrar } from '../../src/shard/registrar.ts'
import { happeningOf, type Supervisor } from '../../src/shard/supervisor.ts'
import type { AskedEffect } from './judge-effects.ts'
import type { Violation } from './violation.ts'

export interface ModelOptions {
  readonly supervisor: Supervisor
  readonly registrar: Registrar
  readonly topics: { readonly statusEvents: string; readonly characterCommands: string; readonly deadLetters: string }
  /** Whether there is a monster service. */
  readonly wantsEffects: boolean
  readonly neighbours: Config['neighbours']
}

/** What must have happened, counted. */
export interface ModelCounts {
  applied: number
  refused: number
  copies: number
  timers: number
  lookups: number
  effects: number
  /** What the game told, and LEAVE. */
  happenings: number
}

export class ShardModel {
  readonly instances = new Map<InstanceId, Instance>()
  /** By the name of their origin. */
  readonly pending = new Map<string, PendingRegistration>()
  /** Names of origins. */
  readonly applied = new Set<string>()
  /** Highest origin offset applied, by public partition. */
  readonly watermarks = new Map<string, number>()
  readonly counts: ModelCounts = { applied: 0, refused: 0, copies: 0, timers: 0, lookups: 0, effects: 0, happenings: 0 }
  readonly #options: ModelOptions
  #said: NewRecord[] = []
  #asked: AskedEffect[] = []

  constructor(options: ModelOptions) {
    this.#options = options
  }

  /** In the order of their deadlines. */
  dueAt(now: number): readonly { readonly id: InstanceId; readonly at: number }[] {
    return [...this.instances]
      .flatMap(([id, instance]) => {
        const at = nextTimer(instance)?.at
        return at !== undefined && at <= now ? [{ id, at }] : []
      })
      .sort((a, b) => a.at - b.at)
  }

  /** What was said since the last call, in order; messages without their trace. */
  takeSaid(): readonly NewRecord[] {
    const said = this.#said
    this.#said = []
    return said
  }

  /** What was asked of the monster service since the last call, in order. */
  takeAsked(): readonly AskedEffect[] {
    const asked = this.#asked
    this.#asked = []
    return asked
  }

  /** @throws Violation it had no timer that was due */
  fire(id: InstanceId, now: number, violation: (what: string) => Violation): void {
    const outcome = this.#options.supervisor.timer(this.#view, id, { now, traceparent: '' })
    if (outcome.kind !== 'changed') throw violation(`instance ${id} has no timer that is due`)
    this.counts.timers++
    this.#keep(outcome)
  }

  /** The next record of its log. */
  take(record: LogRecord, now: number): void {
    const read = readShardCommand(record)
    switch (read.kind) {
      case 'forwarded':
        if (this.#isFirst(read.origin)) this.#forwarded(read.origin, read.original, now)
        return
      case 'oversized':
        if (this.#isFirst(read.origin)) throw new Error('no command of a simulation is that large')
        return
      case 'internal':
        this.#answer(read.value, now)
        return
      case 'unreadable':
        throw new Error(`nobody but the service writes to its shards: ${read.reason}`)
    }
  }

  #isFirst(origin: Origin): boolean {
    const name = originName(origin)
    if (this.applied.has(name)) {
      this.counts.copies++
      return false
    }
    this.applied.add(name)
    this.watermarks.set(partitionName(origin), origin.offset)
    return true
  }

  #forwarded(origin: Origin, original: OriginalRecord, now: number): void {
    const { characterEvents, monsterEvents } = this.#options.neighbours
    const game = gameOfOrigin(origin.topic, { character: characterEvents, monster: monsterEvents })
    if (game === undefined) this.#command(origin, original, now)
    else this.#happening(readGameEvent(game, original.value), original, now)
  }

  #happening(read: ReadGameEvent, { headers }: OriginalRecord, now: number): void {
    const decoded = decodeTenant(headers)
    if (read.kind !== 'event' || 'refusal' in decoded) throw new Error('only events of ours are forwarded')
    const { event } = read
    const name = event.kind === 'monster' ? '' : channelName(decoded.tenant, event.worldId, event.channelId)
    for (const [id, instance] of this.instances) {
      const held = claim(instance)
      const isIts =
        event.kind === 'monster'
          ? id === event.instanceId && isSameTenant(contextOf(instance).identity.tenant, decoded.tenant)
          : held.channel === name && held.characters.includes(event.characterId)
      if (isIts) this.#happen(instance, happeningOf(event, now), now)
    }
  }

  #happen(instance: Instance, event: PartyQuestEvent, now: number): void {
    const outcome = this.#options.supervisor.happening(instance, event, { now, traceparent: '' })
    if (outcome.kind !== 'changed') return
    this.counts.happenings++
    this.#keep(outcome)
  }

  #command(origin: Origin, original: OriginalRecord, now: number): void {
    const decoded = decodeCommand(original.value)
    if (decoded.kind === 'foreign') return
    const read = decodeTenant(original.headers)
    if (decoded.kind === 'malformed') {
      this.#refuse(origin, original, decoded.refusal)
      return
    }
    if ('refusal' in read) {
      this.#refuse(origin, original, read.refusal)
      return
    }
    const { command } = decoded
    if (command.type === 'LEAVE') {
      const { type, characterId } = command
      for (const id of this.#view.claims.inTenant(tenantKey(read.tenant), characterId)) {
        const instance = this.instances.get(id)
        if (instance !== undefined) this.#happen(instance, { type, characterId, reason: 'voluntary', now }, now)
      }
      return
    }
    const { supervisor, registrar } = this.#options
    const moment = { now, traceparent: '' }
    this.#apply(
      origin,
      original,
      command.type === 'REGISTER'
        ? registrar.register(this.#view, { command, tenant: read.tenant, origin }, moment)
        : supervisor.command(this.#view, command, read.tenant, moment),
    )
  }

  #answer(value: unknown, now: number): void {
    const answered = readLookupAnswered(value)
    const pending = answered && this.pending.get(answered.pending)
    if (answered === undefined || pending === undefined) return
    this.pending.delete(answered.pending)
    this.counts.lookups++
    const { origin, original } = pending
    const decoded = decodeCommand(original.value)
    const read = decodeTenant(original.headers)
    if (decoded.kind !== 'command' || decoded.command.type !== 'REGISTER' || 'refusal' in read) {
      throw new Error('what waits for a look-up is a REGISTER')
    }
    const registration = { command: decoded.command, tenant: read.tenant, origin }
    const moment = { now, traceparent: '' }
    this.#apply(origin, original, this.#options.registrar.resolve(this.#view, registration, answered.answer, moment))
  }

  #apply(origin: Origin, original: OriginalRecord, outcome: Outcome): void {
    if (outcome.kind === 'refused') {
      this.#refuse(origin, original, outcome.refusal)
    } else if (outcome.kind === 'waits') {
      this.pending.set(originName(origin), { origin, original, lookup: outcome.lookup })
    } else {
      this.counts.applied++
      if (outcome.kind === 'changed') this.#keep(outcome)
    }
  }

  #keep({ identity, after, messages, effects }: Extract<Outcome, { kind: 'changed' }>): void {
    if (after === undefined) this.instances.delete(identity.instanceId)
    else this.instances.set(identity.instanceId, after)
    if (this.#options.wantsEffects) {
      this.counts.effects += effects.length
      for (const effect of effects) this.#asked.push({ instanceId: identity.instanceId, effect })
    }
    const { statusEvents, characterCommands } = this.#options.topics
    const headers = tenantHeaders(identity.tenant)
    for (const message of messages) {
      const { destination, key, value } = encodeMessage(message, identity)
      const { reactorCommands, systemMessages, mapCommands } = this.#options.neighbours
      const topic = {
        ...{ status: statusEvents, character: characterCommands },
        ...{ reactor: reactorCommands, systemMessage: systemMessages, map: mapCommands },
      }[destination]
      if (topic !== null) this.#said.push({ topic, key, value, headers })
    }
  }

  #refuse(origin: Origin, original: OriginalRecord, { code, reason }: Refusal): void {
    this.counts.refused++
    const refusal = refuse(code, reason.slice(0, 1000))
    this.#said.push(deadLetter(this.#options.topics.deadLetters, origin, original, refusal))
  }

  readonly #view: InstanceView = {
    instance: id => this.instances.get(id),
    claims: {
      instanceOf: (channel, character) =>
        this.#holding(held => held.channel === channel && held.characters.includes(character)),
      inTenant: (tenant, character) =>
        [...this.instances]
          .filter(([, instance]) => {
            const held = claim(instance)
            return tenantOf(held.channel) === tenant && held.characters.includes(character)
          })
          .map(([id]) => id),
      lobby: (channel, lobby) => this.#holding(held => held.channel === channel && held.lobby === lobby),
    },
  }

  #holding(isIt: (held: ReturnType<typeof claim>) => boolean): InstanceId | undefined {
    for (const [id, instance] of this.instances) if (isIt(claim(instance))) return id
    return undefined
  }
}
