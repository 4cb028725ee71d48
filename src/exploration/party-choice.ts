/**
 * The smallest party that a quest's start requirements accept, if there is any. Whole numbers and intervals only: it
 * steps no machine, but the explorer shows the machine the party that comes out.
 */
import type { PartyMember } from '../../machines/context.ts'
import type { Requirement } from '../contract/definition.ts'
import { type CharacterId, UINT32_MAX } from '../contract/ids.ts'
import { unreachable } from '../errors.ts'

/** Nobody has seen more in one quest, and every one of them is warped in each stage that is explored. */
export const PARTY_EXPLORED_MAX = 128

/** Both ends with it; `lowest > highest`: nothing. */
export interface Interval {
  readonly lowest: number
  readonly highest: number
}

export type PartyChoice =
  | { readonly kind: 'party'; readonly members: readonly PartyMember[] }
  /** What is asked for, in words for people. */
  | { readonly kind: 'impossible'; readonly reason: string; readonly requirements: readonly number[] }

export function chooseParty(requirements: readonly Requirement[]): PartyChoice {
  const size = intersection(requirements, 'party_size', 1)
  const lowestLevel = intersection(requirements, 'level_min', 1)
  const highestLevel = intersection(requirements, 'level_max', 1)
  const impossible = (reason: string, ...types: readonly Requirement['type'][]): PartyChoice => ({
    kind: 'impossible',
    reason,
    requirements: requirements.flatMap(({ type }, place) => (types.includes(type) ? [place] : [])),
  })

  if (isEmpty(size)) return impossible('no number of characters satisfies them all', 'party_size')
  if (size.lowest > PARTY_EXPLORED_MAX) {
    return impossible(`they ask for ${size.lowest} characters, and no quest has ever had so many`, 'party_size')
  }
  if (isEmpty(lowestLevel)) return impossible('no lowest level of a party satisfies them all', 'level_min')
  if (isEmpty(highestLevel)) return impossible('no highest level of a party satisfies them all', 'level_max')
  if (lowestLevel.lowest > highestLevel.highest) {
    return impossible(
      `the lowest level must be at least ${lowestLevel.lowest} and the highest at most ${highestLevel.highest}`,
      'level_min',
      'level_max',
    )
  }
  const isOneLevelEnough = highestLevel.lowest <= lowestLevel.highest
  if (!isOneLevelEnough && size.highest < 2) {
    return impossible(
      `one character alone has one level, and it cannot be at most ${lowestLevel.highest} and at least ${highestLevel.lowest}`,
      'party_size',
      'level_min',
      'level_max',
    )
  }
  const hasLevels = requirements.some(({ type }) => type !== 'party_size')
  const low = lowestLevel.lowest
  const high = Math.max(low, highestLevel.lowest)
  const lowest = isOneLevelEnough ? high : low
  const count = Math.max(size.lowest, isOneLevelEnough ? 1 : 2)
  // The highest joins last: a party that is complete by number is not complete before.
  const members = Array.from({ length: count }, (_, place) =>
    member(place, hasLevels ? (place === count - 1 ? high : lowest) : undefined),
  )
  return { kind: 'party', members }
}

function member(place: number, level: number | undefined): PartyMember {
  const characterId = (place + 1) as CharacterId
  return level === undefined ? { characterId } : { characterId, level }
}

/** What all requirements of one kind accept together, from `least` on. */
export function intersection(requirements: readonly Requirement[], of: Requirement['type'], least: number): Interval {
  return requirements
    .filter(({ type }) => type === of)
    .map(allowedBy)
    .reduce((all, one) => ({ lowest: Math.max(all.lowest, one.lowest), highest: Math.min(all.highest, one.highest) }), {
      lowest: least,
      highest: UINT32_MAX,
    })
}

function isEmpty({ lowest, highest }: Interval): boolean {
  return lowest > highest
}

export function allowedBy({ operator, value }: Requirement): Interval {
  switch (operator) {
    case 'eq':
      return { lowest: value, highest: value }
    case 'gte':
      return { lowest: value, highest: UINT32_MAX }
    case 'gt':
      return { lowest: value + 1, highest: UINT32_MAX }
    case 'lte':
      return { lowest: 0, highest: value }
    case 'lt':
      return { lowest: 0, highest: value - 1 }
    default:
      return unreachable(operator)
  }
}
