/**
 * The words by which people look for instances, `state:active quest:kerning timer<60s`: all of them must hold. Made
 * once for each request; matching is instance-match.ts's. Knows no instance.
 */
import type { State } from '../api/documents.ts'

export type Term =
  | { readonly kind: 'state'; readonly states: readonly State[] }
  /** Lower case; part of the questId or of the quest's name. */
  | { readonly kind: 'quest'; readonly text: string }
  | { readonly kind: 'character' | 'party' | 'shard' | 'world' | 'channel'; readonly number: number }
  /** Of the time left, or since the last operation. */
  | { readonly kind: 'timer' | 'idle'; readonly operator: '<' | '>'; readonly milliseconds: number }
  /** Lower case. */
  | { readonly kind: 'id'; readonly prefix: string }
  /** Any of: id prefix, part of the quest, character, party. */
  | { readonly kind: 'word'; readonly text: string }

export interface Search {
  /** As it was written. */
  readonly text: string
  readonly terms: readonly Term[]
}
