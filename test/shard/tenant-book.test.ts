/** Instances of one tenant share what names it, and strangers are never mixed up. */
import { expect, test } from 'vitest'
import { TENANTS_MAX, TenantBook } from '../../src/shard/tenant-book.ts'
import { TENANT } from '../support/tenants.ts'

test('all that is equal is one object, and whatever differs in any of the four is another', () => {
  const book = new TenantBook()
  const shared = book.shared({ ...TENANT })
  expect(shared).toEqual(TENANT)
  expect(book.shared({ ...TENANT })).toBe(shared)
  for (const other of [{ region: 'JMS' }, { majorVersion: 87 }, { minorVersion: 2 }]) {
    const stranger = { ...TENANT, ...other }
    expect(book.shared(stranger)).toBe(stranger)
    expect(book.shared({ ...stranger })).toBe(stranger)
  }
  expect(book.shared({ ...TENANT })).toBe(shared)
})

test('beyond its bound a tenant is what it came as, and those before are shared as ever', () => {
  const book = new TenantBook()
  const first = book.shared({ ...TENANT, majorVersion: 0 })
  for (let majorVersion = 1; majorVersion < TENANTS_MAX; majorVersion++) book.shared({ ...TENANT, majorVersion })
  const late = { ...TENANT, majorVersion: TENANTS_MAX }
  expect(book.shared(late)).toBe(late)
  const again = { ...late }
  expect(book.shared(again)).toBe(again)
  expect(book.shared({ ...TENANT, majorVersion: 0 })).toBe(first)
})
