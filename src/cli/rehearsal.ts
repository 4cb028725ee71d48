/**
 * A play before it is played: the operations of one instance, stepped on the plain machine, with what each must say.
 * Which way is taken is that of an explored end, or chance. Knows no service and no clock: its time is that of explored lives.
 */
import type { RuleSettings, Rules } from '../../machines/context.ts'
import type { PartyQuestEvent, PartyQuestInput } from '../../machines/party-quest.ts'
import type { InstanceSnapshot } from '../actor/instance.ts'
import { createStepper, type Step } from '../actor/stepper.ts'
import type { Random } from '../clock.ts'
import type { QuestDefinition } from '../contract/definition.ts'
import type { InstanceId, TenantId } from '../contract/ids.ts'
import type { InstanceIdentity, Message } from '../contract/messages.ts'
import type { CompiledDefinition } from '../definitions/catalogue.ts'
import { InvariantError } from '../errors.ts'
import { explore } from '../exploration/explore.ts'
import { type End, type Exploration, LIFE_BEGINS_MS } from '../exploration/explored-life.ts'
import { lastLeaves, nextEvents } from '../exploration/next-events.ts'

/** One operation, as it must happen. */
export interface Operation {
  readonly event: PartyQuestEvent
  /** Milliseconds in which nothing happens before it. */
  readonly afterMs: number
  readonly messages: readonly Message[]
  readonly snapshot: InstanceSnapshot
}

/** Stands in all rehearsed messages where the real instance's id will stand. */
export const REHEARSED_ID = '00000000-0000-8000-8000-000000000001' as InstanceId

/** In one of so many operations each, somebody gives up, nobody does anything until a timer runs out, or one leaves. */
const FORFEIT_EVERY = 20
const WAIT_EVERY = 20
const LEAVE_EVERY = 20
/** By then somebody has given up, whatever the dice say. */
const OPERATIONS_MAX = 100

const stepper = createStepper('rehearsal')

/** Who and where: what a REGISTER says of it. */
export function identityFor({ questId, registration }: QuestDefinition, tenantId: TenantId): InstanceIdentity {
  return {
    instanceId: REHEARSED_ID,
    tenant: { id: tenantId, region: 'GMS', majorVersion: 83, minorVersion: 1 },
    questId,
    worldId: 0,
    channelId: 1,
    partyId: registration.type === 'party' ? 1 : 0,
    affinity: 0,
  }
}

/** Without a party service nobody's level is known, so a play asks for none. */
export function exploreWithoutLevels(compiled: CompiledDefinition, settings: RuleSettings): Exploration {
  const startRequirements = compiled.definition.startRequirements.filter(({ type }) => type === 'party_size')
  return explore({ ...compiled, definition: { ...compiled.definition, startRequirements } }, settings)
}

export class Rehearsal {
  readonly operations: Operation[] = []
  readonly #exploration: Exploration
  readonly #input: PartyQuestInput

  /** @throws InvariantError nobody can register: ask the exploration first. */
  constructor(exploration: Exploration, identity: InstanceIdentity, rules: Rules) {
    const [first] = exploration.party
    if (first === undefined) throw new InvariantError(`${identity.questId} has no party that could play it`)
    this.#exploration = exploration
    this.#input = { identity, rules, members: [first], now: LIFE_BEGINS_MS }
  }

  /** The way that was explored, timers at the moments at which they run out on it. */
  follow({ path }: End): readonly Operation[] {
    let now = this.#begin()
    for (const { event, afterMs } of path.slice(1)) {
      const timer = /^timer\.(\w+)$/.exec(event.type)?.[1]
      const armed = Object.entries(this.#last.snapshot.context.run.deadlines)
      const due = armed.find(([name]) => name === timer)?.[1] ?? now + afterMs
      const step = stepper.deliver(this.#last.snapshot, { ...event, now: due })
      this.#add({ ...event, now: due }, due - now, step)
      now = due
    }
    return this.operations
  }

  /** Any way, decided by the dice, that ends. */
  wander(random: Random): readonly Operation[] {
    let now = this.#begin()
    while (this.#last.snapshot.status === 'active') {
      const { event, step } = this.#pick(now, random)
      this.#add(event, event.now - now, step)
      now = event.now
    }
    return this.operations
  }

  get #last(): Operation {
    const last = this.operations.at(-1)
    if (last === undefined) throw new InvariantError('a rehearsal begins with REGISTER')
    return last
  }

  #begin(): number {
    const { members, now } = this.#input
    const [member] = members
    if (member === undefined) throw new InvariantError('a rehearsal begins with somebody')
    this.operations.length = 0
    this.#add({ type: 'REGISTER', member, now }, 0, stepper.spawn(this.#input))
    return now
  }

  #add(event: PartyQuestEvent, afterMs: number, { snapshot, messages, refusal, handled }: Step): void {
    if (!handled || refusal !== undefined) {
      throw new InvariantError(`the machine refuses ${event.type} after ${this.operations.length} operations of a play`)
    }
    this.operations.push({ event, afterMs, messages, snapshot })
  }

  #pick(now: number, random: Random): { readonly event: PartyQuestEvent; readonly step: Step } {
    const { snapshot } = this.#last
    const leave = lastLeaves(snapshot, now)
    const possible = [...nextEvents(snapshot, now, this.#exploration.party), ...(leave === undefined ? [] : [leave])]
      .map(event => ({ event, step: stepper.deliver(snapshot, event) }))
      .filter(({ step }) => step.handled && step.refusal === undefined)
    const of = (isWanted: (type: string) => boolean) => possible.filter(({ event }) => isWanted(event.type))
    const isRare = (type: string) => type === 'FORFEIT' || type === 'LEAVE' || type.startsWith('timer.')
    const dice = random.fraction()
    const isLate = this.operations.length >= OPERATIONS_MAX
    const [forfeitUpTo, waitUpTo] = [1 / FORFEIT_EVERY, 1 / FORFEIT_EVERY + 1 / WAIT_EVERY]
    const wish =
      isLate || dice < forfeitUpTo
        ? of(type => type === 'FORFEIT')
        : dice < waitUpTo
          ? of(type => type.startsWith('timer.'))
          : dice < waitUpTo + 1 / LEAVE_EVERY
            ? of(type => type === 'LEAVE')
            : of(type => !isRare(type))
    const candidates = wish.length > 0 ? wish : possible
    const move = candidates[Math.floor(random.fraction() * candidates.length)]
    if (move === undefined) throw new InvariantError(`nothing can happen in ${String(snapshot.value)}`)
    return move
  }
}
