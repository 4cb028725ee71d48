/**
 * The UUID by which the ecosystem's REST knows a quest: one of version 5 (by name) of its questId, so that every
 * replica, release and tenant has the same, and none keeps it.
 */
import { v5 } from 'uuid'

/** RFC 9562's name space for what is no host, no address and no directory entry. */
const OID_NAMESPACE = '6ba7b812-9dad-11d1-80b4-00c04fd430c8'

export function definitionId(questId: string): string {
  return v5(questId, OID_NAMESPACE)
}
