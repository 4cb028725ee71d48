/**
 * The words by which people look for instances, `state:active quest:kerning timer<60s`: all of them must hold. Made
 * once for each request; matching is instance-match.ts's. Knows no instance.
 */
import type { State } from '../api/documents.ts'
import type { Tenant } from '../contract/tenant.ts'
import { isDashedUuid } from '../contract/uuid-text.ts'

export type Term =
  | { readonly kind: 'state'; readonly states: readonly State[] }
  /** Lower case; part of the questId or of the quest's name. */
  | { readonly kind: 'quest'; readonly text: string }
  | { readonly kind: 'character' | 'party' | 'shard' | 'world' | 'channel'; readonly number: number }
  /** Of the time left, or since the last operation. */
  | { readonly kind: 'timer' | 'idle'; readonly operator: '<' | '>'; readonly milliseconds: number }
  /** Lower case. */
  | { readonly kind: 'id'; readonly prefix: string }
  /** All tenants of that id, lower case; or, where it is whole, the one tenant that it is. */
  | { readonly kind: 'tenant'; readonly id: string; readonly whole?: Omit<Tenant, 'id'> }
  /** Any of: id prefix, part of the quest, character, party. */
  | { readonly kind: 'word'; readonly text: string }

export interface Search {
  /** As it was written. */
  readonly text: string
  readonly terms: readonly Term[]
}

/** A word that is not understood: a sentence that names it, its place and what is allowed. */
export type ParsedSearch = { readonly search: Search } | { readonly fault: string }

/** Characters of a search, and words of it. */
export const SEARCH_LENGTH_MAX = 512
const WORDS_MAX = 16
const SHOWN_MAX = 40
const NUMBER_MAX = 4_294_967_295
const SECOND_MS = 1000
const UNIT_MS: Readonly<Record<string, number>> = { s: SECOND_MS, m: 60 * SECOND_MS, h: 3600 * SECOND_MS }

const KINDS = ['state', 'quest', 'character', 'party', 'shard', 'world', 'channel', 'id', 'tenant'] as const
type Kind = (typeof KINDS)[number]
/** By the word that people write. */
const STATE_WORDS: Readonly<Record<string, readonly State[]>> = {
  registering: ['registering'],
  active: ['active'],
  cleared: ['cleared'],
  completed: ['completed'],
  bonus: ['bonus'],
  destroyed: ['destroyed'],
  playing: ['active', 'cleared'],
}
const ALLOWED =
  'state:active quest:mill character:30011 party:88213 shard:3 world:0 channel:1 timer<60s timer>5m idle>5m id:0f3a ' +
  'tenant:083839c6-c47c-42a6-9585-76492795d123, or a word alone: the start of an id, a part of a quest, a character or a party'

const TENANT_SAMPLE = 'tenant:083839c6-c47c-42a6-9585-76492795d123/83.1/GMS'
const FIELD = /^([a-z]+):(.*)$/is
/** As `tenantWord` writes it: of the region, what would be no word is escaped as in an address. */
const TENANT = /^([^/]+)(?:\/(\d{1,5})\.(\d{1,5})\/(.+))?$/s
const DURATION = /^(timer|idle)([<>])(.*)$/is
const LENGTH = /^(\d{1,9})([smh])$/i
const DIGITS = /^\d{1,10}$/
const ID_PREFIX = /^[0-9a-f-]{1,36}$/i

/** Never throws, whatever the text. */
export function parseSearch(text: string): ParsedSearch {
  if (text.length > SEARCH_LENGTH_MAX) {
    return { fault: `the search has ${text.length} characters: it may have ${SEARCH_LENGTH_MAX}` }
  }
  const terms: Term[] = []
  for (const found of text.matchAll(/\S+/g)) {
    const [word] = found
    if (terms.length === WORDS_MAX) return { fault: `the search has more than ${WORDS_MAX} words: leave some out` }
    const term = termOf(word)
    if (typeof term === 'string') {
      return { fault: `"${shown(word)}" at character ${found.index + 1} of the search is not understood: ${term}` }
    }
    terms.push(term)
  }
  return { search: { text, terms } }
}

/** A string says what would have been understood. */
function termOf(word: string): Term | string {
  const [, kind, operator, length] = DURATION.exec(word) ?? []
  if (kind !== undefined && length !== undefined) {
    return durationTerm(kind.toLowerCase() === 'timer' ? 'timer' : 'idle', operator === '<' ? '<' : '>', length)
  }
  const [, name, value] = FIELD.exec(word) ?? []
  if (name === undefined || value === undefined) {
    const isTorn = /^(?:timer|idle)$/i.test(word) || /[<>]/.test(word)
    return isTorn ? `allowed are ${ALLOWED}` : { kind: 'word', text: word.toLowerCase() }
  }
  const field = KINDS.find(known => known === name.toLowerCase())
  return field === undefined ? `allowed are ${ALLOWED}` : fieldTerm(field, value)
}

function durationTerm(kind: 'timer' | 'idle', operator: '<' | '>', length: string): Term | string {
  const [, digits, unit] = LENGTH.exec(length) ?? []
  const unitMs = UNIT_MS[unit?.toLowerCase() ?? '']
  if (digits === undefined || unitMs === undefined) return `write a time as ${kind}${operator}60s, 5m or 2h`
  return { kind, operator, milliseconds: Number(digits) * unitMs }
}

function fieldTerm(kind: Kind, value: string): Term | string {
  switch (kind) {
    case 'state':
      return stateTerm(value)
    case 'quest':
      return value === '' ? 'write a part of the quest: quest:mill' : { kind, text: value.toLowerCase() }
    case 'id':
      return ID_PREFIX.test(value) ? { kind, prefix: value.toLowerCase() } : 'write the start of an id: id:0f3a'
    case 'tenant':
      return tenantTerm(value) ?? `write the UUID of a tenant, or all of it: ${TENANT_SAMPLE}`
    default: {
      const number = Number(value)
      if (!DIGITS.test(value) || number > NUMBER_MAX) return `write a number from 0 to ${NUMBER_MAX}: ${kind}:1`
      return { kind, number }
    }
  }
}

/** The word that finds the instances of this tenant, and of no other that has the same id. */
export function tenantWord({ id, region, majorVersion, minorVersion }: Tenant): string {
  return `tenant:${id}/${majorVersion}.${minorVersion}/${encodeURIComponent(region)}`
}

function tenantTerm(value: string): Term | undefined {
  const [, id = '', major, minor, region] = TENANT.exec(value) ?? []
  if (!isDashedUuid(id)) return undefined
  const term = { kind: 'tenant', id: id.toLowerCase() } as const
  if (major === undefined || minor === undefined || region === undefined) return term
  try {
    const whole = { majorVersion: Number(major), minorVersion: Number(minor), region: decodeURIComponent(region) }
    return { ...term, whole }
  } catch {
    return undefined
  }
}

function stateTerm(value: string): Term | string {
  const states = new Set<State>()
  for (const word of value.toLowerCase().split(',')) {
    if (!Object.hasOwn(STATE_WORDS, word)) {
      return `a state is one of ${Object.keys(STATE_WORDS).join(', ')}, several with a comma between them`
    }
    for (const state of STATE_WORDS[word] ?? []) states.add(state)
  }
  return { kind: 'state', states: [...states] }
}

function shown(word: string): string {
  return word.length > SHOWN_MAX ? `${word.slice(0, SHOWN_MAX)}…` : word
}
