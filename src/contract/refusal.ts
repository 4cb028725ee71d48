/**
 * Why a record takes no effect: a value that ends in a dead letter, never an error that is thrown.
 * Owns the codes, which operators and dashboards know; knows nothing of how one is written or counted.
 */

/** In order of precedence: where several apply, the first one is given. The last is a bug of our own. */
export const REFUSAL_CODES = [
  'MALFORMED',
  'MISSING_TENANT',
  'QUEST_NOT_FOUND',
  'INSTANCE_NOT_FOUND',
  'QUEST_NOT_PLAYABLE',
  'INVALID_STATE',
  'ALREADY_REGISTERED',
  'WRONG_MAP',
  'LOOKUP_FAILED',
  'REQUIREMENTS_NOT_MET',
  'INSTANCE_FAULT',
] as const

export type RefusalCode = (typeof REFUSAL_CODES)[number]

export interface Refusal {
  readonly code: RefusalCode
  /** For people: names the thing and what would have been right. Becomes the header `error-message`. */
  readonly reason: string
}

export function refuse(code: RefusalCode, reason: string): Refusal {
  return { code, reason }
}
