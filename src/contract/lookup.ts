/**
 * A question to the party or the guild service, and its answer as the internal command that brings it back to the
 * shard. Internal commands are ours alone: they are written and read by this service, on `shard-commands`.
 */
import { z } from 'zod'
import { type CharacterId, UINT8_MAX, UINT32_MAX } from './ids.ts'

export type Lookup =
  /** Who is in the party. */
  | { readonly kind: 'members'; readonly partyId: number }
  /** Which guild, or party, the registering character is in. */
  | { readonly kind: 'guild' | 'party'; readonly characterId: CharacterId }

export interface ResolvedMember {
  readonly characterId: CharacterId
  readonly worldId: number
  readonly channelId: number
  readonly level?: number | undefined
}

export type LookupAnswer =
  | { readonly type: 'MEMBERS_RESOLVED'; readonly members: readonly ResolvedMember[] }
  /** 0: the character is in none. */
  | { readonly type: 'AFFINITY_RESOLVED'; readonly affinity: number }
  | { readonly type: 'LOOKUP_FAILED'; readonly reason: string }

/** Which pending registration (name of its origin) is answered with what. */
export interface LookupAnswered {
  readonly pending: string
  readonly answer: LookupAnswer
}

const uint32 = z.number().int().min(0).max(UINT32_MAX)
const uint8 = z.number().int().min(0).max(UINT8_MAX)
const characterId = uint32.transform(id => id as CharacterId)

const answered = z.object({
  pending: z.string(),
  answer: z.discriminatedUnion('type', [
    z.object({
      type: z.literal('MEMBERS_RESOLVED'),
      members: z.array(z.object({ characterId, worldId: uint8, channelId: uint8, level: uint32.optional() })),
    }),
    z.object({ type: z.literal('AFFINITY_RESOLVED'), affinity: uint32 }),
    z.object({ type: z.literal('LOOKUP_FAILED'), reason: z.string() }),
  ]),
})

/** `undefined` for an internal command that this release does not know. */
export function readLookupAnswered(payload: unknown): LookupAnswered | undefined {
  return answered.safeParse(payload).data
}
