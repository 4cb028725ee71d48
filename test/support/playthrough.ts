/**
 * One instance of the machine, stepped as a shard steps it, with the messages of each step as lines:
 * `CHANGE_MAP 1001 100`, `CHANGE_MAP 1001 900 nil`, `STARTED 0 [100]`. Nothing of a message is left out of its line.
 */
import type { PartyMember, Rules } from '../../machines/context.ts'
import type { Deadlines } from '../../machines/deadlines.ts'
import type { PartyQuestEvent, PartyQuestInput } from '../../machines/party-quest.ts'
import type { InstanceSnapshot } from '../../src/actor/instance.ts'
import { createStepper, type Step } from '../../src/actor/stepper.ts'
import { type InstanceId, NIL_INSTANCE } from '../../src/contract/ids.ts'
import type { LeaveReason, Message } from '../../src/contract/messages.ts'
import type { CompiledDefinition } from '../../src/definitions/catalogue.ts'
import { unreachable } from '../../src/errors.ts'
import { character, TENANT } from './tenants.ts'

export const INSTANCE = '6f1b2a38-5a4e-8d1c-9b7f-00a1b2c3d4e5' as InstanceId
/** Epoch milliseconds at which every playthrough registers. */
export const T0 = 1_700_000_000_000

/** An event without its `now`. */
type Timeless<Event> = Event extends { readonly now: number } ? Omit<Event, 'now'> : never
export type Happening = Timeless<PartyQuestEvent>

export interface PlaythroughOptions {
  readonly members?: readonly PartyMember[]
  readonly rules?: Partial<Omit<Rules, 'definition'>>
}

const stepper = createStepper('playthrough')

export function inputOf({ definition }: CompiledDefinition, options: PlaythroughOptions = {}): PartyQuestInput {
  return {
    identity: {
      instanceId: INSTANCE,
      tenant: TENANT,
      questId: definition.questId,
      worldId: 0,
      channelId: 1,
      partyId: 88,
      affinity: 0,
    },
    rules: {
      definition,
      advance: definition.advance ?? 'command',
      requirements: 'enforce',
      lobbyLimitSeconds: 3600,
      bonusLimitSeconds: 1800,
      ...options.rules,
    },
    members: options.members ?? members(1001, 1002),
    now: T0,
  }
}

export function members(...ids: readonly number[]): PartyMember[] {
  return ids.map(id => ({ characterId: character(id) }))
}

export class Playthrough {
  #step: Step
  #now = T0

  constructor(compiled: CompiledDefinition, options: PlaythroughOptions = {}) {
    this.#step = stepper.spawn(inputOf(compiled, options))
  }

  /** What the last step sent. */
  get sent(): readonly string[] {
    return this.#step.messages.map(lineOf)
  }

  get step(): Step {
    return this.#step
  }

  get snapshot(): InstanceSnapshot {
    return this.#step.snapshot
  }

  get state(): unknown {
    return this.snapshot.value
  }

  /** Seconds after registration, by timer. */
  get deadlines(): Record<string, number> {
    const deadlines: Deadlines = this.snapshot.context.run.deadlines
    return Object.fromEntries(Object.entries(deadlines).map(([timer, at]) => [timer, (at - T0) / 1000]))
  }

  /** From here on it is so many seconds after registration. */
  at(seconds: number): this {
    this.#now = T0 + seconds * 1000
    return this
  }

  /** Delivers and keeps what became of it; what the step sent is returned. */
  send(...happenings: readonly Happening[]): readonly string[] {
    for (const happening of happenings) {
      this.#step = stepper.deliver(this.snapshot, { ...happening, now: this.#now } as PartyQuestEvent)
    }
    return this.sent
  }

  /** Delivers without keeping anything of it. */
  wouldSend(happening: Happening): Step {
    return stepper.deliver(this.snapshot, { ...happening, now: this.#now } as PartyQuestEvent)
  }
}

export const register = (id: number): Happening => ({ type: 'REGISTER', member: { characterId: character(id) } })

/** `{ 4001008: 4 }` by item, then by monster. */
export function update(items: Readonly<Record<number, number>>, kills: Readonly<Record<number, number>> = {}) {
  return { type: 'UPDATE_STAGE_STATE', itemCounts: counts(items), monsterKills: counts(kills) } as const
}

function counts(byId: Readonly<Record<number, number>>): ReadonlyMap<number, number> {
  return new Map(Object.entries(byId).map(([id, count]) => [Number(id), count]))
}

/** `{ key: text }`, then what is one more. */
export function customData(updates: Readonly<Record<string, string>>, ...increments: readonly string[]) {
  return { type: 'UPDATE_CUSTOM_DATA', updates: new Map(Object.entries(updates)), increments } as const
}

export const leave = (id: number, reason: LeaveReason = 'voluntary'): Happening => {
  return { type: 'LEAVE', characterId: character(id), reason }
}

export function lineOf(message: Message): string {
  switch (message.type) {
    case 'INSTANCE_CREATED':
      return `INSTANCE_CREATED ${message.partyId}`
    case 'REGISTRATION_OPENED':
      return `REGISTRATION_OPENED ${message.duration}`
    case 'STARTED':
    case 'STAGE_CLEARED':
    case 'STAGE_ADVANCED':
      return `${message.type} ${message.stageIndex} [${message.mapIds.join()}]`
    case 'FAILED':
      return `FAILED ${message.reason}`
    case 'CHARACTER_REGISTERED':
      return `CHARACTER_REGISTERED ${message.characterId}`
    case 'CHARACTER_LEFT':
      return `CHARACTER_LEFT ${message.characterId} ${message.reason}`
    case 'BONUS_ENTERED':
      return `BONUS_ENTERED ${message.mapId}`
    case 'AWARD_EXPERIENCE':
      return `AWARD_EXPERIENCE ${message.characterId} ${message.amount}`
    case 'DESTROY_IN_FIELD':
      return `DESTROY_IN_FIELD ${message.mapId}`
    case 'SEND_MESSAGE':
      return `SEND_MESSAGE ${message.characterId} ${message.messageType} ${message.message}`
    case 'WEATHER_START':
      return `WEATHER_START ${message.mapId} ${message.itemId} ${message.durationMs} ${message.message}`
    case 'COMPLETED':
    case 'INSTANCE_DESTROYED':
      return message.type
    case 'CHANGE_MAP':
      return `CHANGE_MAP ${message.characterId} ${message.mapId}${where(message.instance)}`
    default:
      return unreachable(message)
  }
}

function where(instance: InstanceId): string {
  if (instance === INSTANCE) return ''
  return instance === NIL_INSTANCE ? ' nil' : ` in ${instance}`
}
