/**
 * One object for each tenant, where every record that is decoded brings another of the same: an instance keeps its own for
 * as long as it lives. At its bound it takes no more, and strangers keep what they brought.
 */
import { type Tenant, tenantKey } from '../contract/tenant.ts'

export const TENANTS_MAX = 4096

export class TenantBook {
  readonly #tenants = new Map<string, Tenant>()

  /** The same tenant, and nearly always the same object for it. */
  shared(tenant: Tenant): Tenant {
    const key = tenantKey(tenant)
    const known = this.#tenants.get(key)
    if (known !== undefined) return known
    if (this.#tenants.size < TENANTS_MAX) this.#tenants.set(key, tenant)
    return tenant
  }
}
