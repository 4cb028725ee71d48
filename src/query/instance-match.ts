/**
 * Whether an instance is one of those that a search looks for. Made once a scan, and asked for each instance: first by
 * what costs nothing to know, then by its summary. Reads no bytes and keeps no instance.
 */
import type { State } from '../api/documents.ts'
import type { CharacterId, InstanceId } from '../contract/ids.ts'
import type { Tenant } from '../contract/tenant.ts'
import { unreachable } from '../errors.ts'
import type { Search, Term } from './search.ts'

/** What a search can ask of an instance. */
export interface Facts {
  readonly state: State
  readonly tenant: Tenant
  readonly worldId: number
  readonly channelId: number
  /** 0: none */
  readonly partyId: number
  readonly characters: readonly CharacterId[]
  /** Epoch milliseconds of the next timer. */
  readonly deadline: number | undefined
  /** `questId@hash` */
  readonly definition: string
  /** Epoch milliseconds, good where no operation was seen. */
  readonly stageStartedAt: number
}

export interface MatchContext {
  /** Epoch milliseconds. */
  readonly now: number
  /** Epoch milliseconds of the last operation; `undefined` where none was seen. */
  readonly lastOperationAt: (id: InstanceId) => number | undefined
}

export interface QuestName {
  readonly questId: string
  readonly name: string
}

const NUMBER = /^\d{1,10}$/

export class InstanceMatch {
  readonly #terms: readonly Term[]
  readonly #context: MatchContext
  /** The text that quests are looked for in, by definition. */
  readonly #quests = new Map<string, string>()

  constructor({ terms }: Search, context: MatchContext) {
    this.#terms = terms
    this.#context = context
  }

  /** Every live instance is meant. */
  get isAll(): boolean {
    return this.#terms.length === 0
  }

  /** Those that ended are meant too: only where they are asked for by name. */
  get includesEnded(): boolean {
    return this.#terms.some(term => term.kind === 'state' && term.states.includes('destroyed'))
  }

  /** One that every instance in question has among its characters; `undefined`: any may do. */
  get character(): CharacterId | undefined {
    const term = this.#terms.find(({ kind }) => kind === 'character')
    return term?.kind === 'character' ? (term.number as CharacterId) : undefined
  }

  includesShard(shard: number): boolean {
    return this.#terms.every(term => term.kind !== 'shard' || term.number === shard)
  }

  /** By the id alone: false is final. */
  mayBe(id: InstanceId): boolean {
    for (const term of this.#terms) if (term.kind === 'id' && !id.startsWith(term.prefix)) return false
    return true
  }

  matches(id: InstanceId, facts: Facts, quest: QuestName): boolean {
    for (const term of this.#terms) if (!this.#holds(term, id, facts, quest)) return false
    return true
  }

  #holds(term: Term, id: InstanceId, facts: Facts, quest: QuestName): boolean {
    switch (term.kind) {
      case 'state':
        return term.states.includes(facts.state)
      case 'quest':
        return this.#questText(facts, quest).includes(term.text)
      case 'character':
        return hasCharacter(facts, term.number)
      case 'party':
        return facts.partyId === term.number
      case 'world':
        return facts.worldId === term.number
      case 'channel':
        return facts.channelId === term.number
      case 'shard':
        // The whole shard was asked about before.
        return true
      case 'tenant':
        return isTenant(facts.tenant, term)
      case 'timer':
        return facts.deadline !== undefined && compare(facts.deadline - this.#context.now, term)
      case 'idle':
        return compare(this.#context.now - (this.#context.lastOperationAt(id) ?? facts.stageStartedAt), term)
      case 'id':
        return id.startsWith(term.prefix)
      case 'word':
        return this.#isWordOf(term.text, id, facts, quest)
      default:
        return unreachable(term)
    }
  }

  #isWordOf(text: string, id: InstanceId, facts: Facts, quest: QuestName): boolean {
    if (id.startsWith(text) || this.#questText(facts, quest).includes(text)) return true
    const number = NUMBER.test(text) ? Number(text) : 0
    return number > 0 && (facts.partyId === number || hasCharacter(facts, number))
  }

  #questText({ definition }: Facts, { questId, name }: QuestName): string {
    let text = this.#quests.get(definition)
    if (text === undefined) {
      text = `${questId}\n${name}`.toLowerCase()
      this.#quests.set(definition, text)
    }
    return text
  }
}

function hasCharacter({ characters }: Facts, number: number): boolean {
  for (const character of characters) if (character === number) return true
  return false
}

function isTenant(tenant: Tenant, { id, whole }: Extract<Term, { kind: 'tenant' }>): boolean {
  if (tenant.id !== id || whole === undefined) return tenant.id === id
  return (
    tenant.majorVersion === whole.majorVersion &&
    tenant.minorVersion === whole.minorVersion &&
    tenant.region === whole.region
  )
}

function compare(milliseconds: number, term: { readonly operator: '<' | '>'; readonly milliseconds: number }): boolean {
  return term.operator === '<' ? milliseconds < term.milliseconds : milliseconds > term.milliseconds
}
