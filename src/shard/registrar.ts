/**
 * REGISTER: joins a lobby, makes an instance, asks a service first, or refuses, in the order of refusals that
 * docs/behaviour.md gives. Everything it must know of other instances is in this shard: a channel is never split.
 */
import { requirementsHold } from '../../machines/conditions.ts'
import type { PartyMember } from '../../machines/context.ts'
import { contextOf, stateOf } from '../actor/instance.ts'
import type { RegisterCommand } from '../contract/commands.ts'
import type { CharacterId } from '../contract/ids.ts'
import { cut } from '../contract/json.ts'
import type { Lookup, LookupAnswer, ResolvedMember } from '../contract/lookup.ts'
import type { Origin } from '../contract/origin.ts'
import { type RefusalCode, refuse } from '../contract/refusal.ts'
import { newInstanceId, shardKeyHash } from '../contract/shard-key.ts'
import type { Tenant } from '../contract/tenant.ts'
import type { CompiledDefinition } from '../definitions/catalogue.ts'
import { unreachable } from '../errors.ts'
import type { Log } from '../log.ts'
import { channelName, lobbyName } from './claims.ts'
import type { InstanceView, Moment, Outcome } from './outcome.ts'
import type { RuleBook } from './rule-book.ts'
import type { Supervisor } from './supervisor.ts'
import { TenantBook } from './tenant-book.ts'

/** Which services can be asked. */
export interface LookupServices {
  readonly parties: boolean
  readonly guilds: boolean
}

const LET_IN = 'registered without what the quest requires'

/** A REGISTER with what came beside its value. */
export interface Registration {
  readonly command: RegisterCommand
  readonly tenant: Tenant
  readonly origin: Origin
}

export interface RegistrarOptions {
  readonly supervisor: Supervisor
  readonly ruleBook: RuleBook
  readonly services: LookupServices
  /** Part of every new InstanceId. */
  readonly clusterId: string
  /** Told of what REQUIREMENTS=warn lets in. */
  readonly log: Log
}

export class Registrar {
  readonly #supervisor: Supervisor
  readonly #ruleBook: RuleBook
  readonly #services: LookupServices
  readonly #clusterId: string
  readonly #log: Log
  readonly #tenants = new TenantBook()

  constructor(options: RegistrarOptions) {
    this.#supervisor = options.supervisor
    this.#ruleBook = options.ruleBook
    this.#services = options.services
    this.#clusterId = options.clusterId
    this.#log = options.log
  }

  register(view: InstanceView, registration: Registration, moment: Moment): Outcome {
    const checked = this.#check(view, registration)
    if ('kind' in checked) return checked
    const lookup = this.#lookupFor(checked, registration.command)
    if (lookup === undefined) return this.#enter(view, registration, checked, 0, moment)
    const late = lookup.kind === 'members' ? this.#lateForParty(view, registration, checked) : undefined
    return late ?? { kind: 'waits', lookup }
  }

  /** Goes on where `register` waited. The world may have changed since, so everything is checked again. */
  resolve(view: InstanceView, registration: Registration, answer: LookupAnswer, moment: Moment): Outcome {
    const checked = this.#check(view, registration)
    if ('kind' in checked) return checked
    switch (answer.type) {
      case 'LOOKUP_FAILED':
        return refused('LOOKUP_FAILED', answer.reason)
      case 'AFFINITY_RESOLVED':
        if (answer.affinity === 0) {
          const reason = `${name(registration)} is in no ${checked.definition.registration.affinity}`
          if (this.#ruleBook.requirements === 'enforce') return refused('REQUIREMENTS_NOT_MET', reason)
          this.#log.warn({ questId: registration.command.questId, reason }, LET_IN)
        }
        return this.#enter(view, registration, checked, answer.affinity, moment)
      case 'MEMBERS_RESOLVED':
        return (
          this.#lateForParty(view, registration, checked) ??
          this.#enterTogether(view, registration, checked, answer.members, moment)
        )
      default:
        return unreachable(answer)
    }
  }

  /** What can be refused before any look-up, in the order of the codes. */
  #check(view: InstanceView, registration: Registration): CompiledDefinition | Outcome {
    const { command, tenant } = registration
    const compiled = this.#ruleBook.catalogue.get(command.questId)
    if (compiled === undefined)
      return refused('QUEST_NOT_FOUND', `no definition has the questId "${cut(command.questId)}"`)
    const { definition } = compiled
    if (definition.stages.length === 0) return refused('QUEST_NOT_PLAYABLE', `${definition.questId} has no stages`)

    const channel = channelName(tenant, command.worldId, command.channelId)
    const elsewhere = view.claims.instanceOf(channel, command.characterId)
    const instance = elsewhere && view.instance(elsewhere)
    if (instance !== undefined) {
      const inLobby = stateOf(instance) === 'registering'
      if (inLobby && contextOf(instance).identity.questId === definition.questId) return { kind: 'unchanged' }
      return refused('ALREADY_REGISTERED', `${name(registration)} is in instance ${elsewhere}`)
    }

    const { type, mapId } = definition.registration
    if (type === 'individual' && command.mapId !== 0 && mapId !== 0 && command.mapId !== mapId) {
      return refused('WRONG_MAP', `${definition.questId} is registered for on map ${mapId}, not ${command.mapId}`)
    }
    return compiled
  }

  #lookupFor({ definition }: CompiledDefinition, command: RegisterCommand): Lookup | undefined {
    const { type, affinity } = definition.registration
    const { characterId, partyId } = command
    if (type === 'party') {
      return partyId > 0 && this.#services.parties ? { kind: 'members', partyId } : undefined
    }
    if (affinity === 'guild' && this.#services.guilds) return { kind: 'guild', characterId }
    if (affinity === 'party' && this.#services.parties) return { kind: 'party', characterId }
    return undefined
  }

  #lobbyOf(view: InstanceView, { command, tenant }: Registration, compiled: CompiledDefinition, affinity: number) {
    const { questId, registration } = compiled.definition
    const lobby = lobbyName(registration.type, questId, command.partyId, affinity)
    const channel = channelName(tenant, command.worldId, command.channelId)
    return lobby === undefined ? undefined : view.claims.lobby(channel, lobby)
  }

  /** A party registers once: while its lobby is open, whoever is not in it came too late. */
  #lateForParty(view: InstanceView, registration: Registration, compiled: CompiledDefinition): Outcome | undefined {
    if (this.#lobbyOf(view, registration, compiled, 0) === undefined) return undefined
    const { partyId } = registration.command
    return refused('ALREADY_REGISTERED', `party ${partyId} has registered without ${name(registration)}`)
  }

  /** One character joins the lobby that matches, or opens one. */
  #enter(
    view: InstanceView,
    registration: Registration,
    compiled: CompiledDefinition,
    affinity: number,
    moment: Moment,
  ): Outcome {
    const member: PartyMember = { characterId: registration.command.characterId }
    const lobby = this.#lobbyOf(view, registration, compiled, affinity)
    const instance = lobby && view.instance(lobby)
    if (instance !== undefined) {
      return this.#supervisor.deliver(instance, { type: 'REGISTER', member, now: moment.now }, moment)
    }
    return this.#open(registration, compiled, [member], affinity, moment)
  }

  /** The whole party of a party service's answer, or nobody. */
  #enterTogether(
    view: InstanceView,
    registration: Registration,
    compiled: CompiledDefinition,
    resolved: readonly ResolvedMember[],
    moment: Moment,
  ): Outcome {
    const { command, tenant } = registration
    const { definition } = compiled
    const channel = channelName(tenant, command.worldId, command.channelId)
    const members = new Map<CharacterId, PartyMember>()
    for (const { characterId, worldId, channelId, level } of resolved) {
      if (worldId !== command.worldId || channelId !== command.channelId) continue
      const elsewhere = view.claims.instanceOf(channel, characterId)
      if (elsewhere !== undefined) {
        return refused('ALREADY_REGISTERED', `member ${characterId} of party ${command.partyId} is in ${elsewhere}`)
      }
      members.set(characterId, level === undefined ? { characterId } : { characterId, level })
    }

    const enforce = this.#ruleBook.requirements === 'enforce'
    if (!members.has(command.characterId)) {
      const reason = `${name(registration)} is not in party ${command.partyId}`
      if (enforce) return refused('REQUIREMENTS_NOT_MET', reason)
      this.#log.warn({ questId: command.questId, reason }, LET_IN)
      members.set(command.characterId, { characterId: command.characterId })
    }
    // The list is complete, so an instant quest that it does not suit would wait for ever.
    const party = [...members.values()]
    const instant = definition.registration.mode === 'instant'
    if (enforce && instant && !requirementsHold(definition.startRequirements, party)) {
      const reason = `party ${command.partyId} does not meet the start requirements of ${definition.questId}`
      return refused('REQUIREMENTS_NOT_MET', reason)
    }
    return this.#open(registration, compiled, party, 0, moment)
  }

  #open(
    { command, tenant, origin }: Registration,
    compiled: CompiledDefinition,
    members: readonly PartyMember[],
    affinity: number,
    moment: Moment,
  ): Outcome {
    const { worldId, channelId } = command
    const { questId, registration } = compiled.definition
    const hash = shardKeyHash(tenant.id, worldId, channelId)
    const instanceId = newInstanceId(this.#clusterId, origin, hash)
    const partyId = registration.type === 'individual' ? 0 : command.partyId
    const shared = this.#tenants.shared(tenant)
    const identity = { instanceId, tenant: shared, questId, worldId, channelId, partyId, affinity }
    const input = { identity, rules: this.#ruleBook.rulesOf(compiled), members, now: moment.now }
    return this.#supervisor.spawn(input, compiled.ref, moment)
  }
}

function refused(code: RefusalCode, reason: string): Outcome {
  return { kind: 'refused', refusal: refuse(code, reason) }
}

function name({ command }: Registration): string {
  return `character ${command.characterId}`
}
