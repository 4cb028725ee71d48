/** Two tenants, and the ids that tests call characters by. */
import type { CharacterId, TenantId } from '../../src/contract/ids.ts'
import type { Tenant } from '../../src/contract/tenant.ts'

export const TENANT: Tenant = {
  id: '083839c6-c47c-42a6-9585-76492795d123' as TenantId,
  region: 'GMS',
  majorVersion: 83,
  minorVersion: 1,
}

/** Of another version only: the same id, and yet somebody else. */
export const OTHER_TENANT: Tenant = { ...TENANT, majorVersion: 87 }

export function character(id: number): CharacterId {
  return id as CharacterId
}
