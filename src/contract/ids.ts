/**
 * The names of things that cross our boundary, branded so that one cannot be passed for another.
 * Made only by decoders and by the functions here; never checks anything twice.
 */
import { NIL } from 'uuid'

declare const brand: unique symbol
type Branded<Base, Name extends string> = Base & { readonly [brand]: Name }

/** A tenant's UUID, 36 characters, lower case, not nil. */
export type TenantId = Branded<string, 'TenantId'>
/** A quest instance's UUID, 36 characters, lower case. Ours are of version 8 and carry their shard. */
export type InstanceId = Branded<string, 'InstanceId'>
/** The `questId` of a definition, not empty. */
export type QuestId = Branded<string, 'QuestId'>
/** A character, uint32. */
export type CharacterId = Branded<number, 'CharacterId'>

/** The nil UUID: "no instance", the field that a character is sent to on the way out. */
export const NIL_INSTANCE = NIL as InstanceId

export const UINT8_MAX = 255
export const UINT16_MAX = 65_535
export const UINT32_MAX = 4_294_967_295
