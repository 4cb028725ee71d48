/** The four headers that are a tenant, in and out. */
import { describe, expect, test } from 'vitest'
import type { Header } from '../../src/contract/log-record.ts'
import { decodeTenant, tenantHeaders, tenantKey } from '../../src/contract/tenant.ts'

const ID = '083839c6-c47c-42a6-9585-76492795d123'
const id: Header = ['TENANT_ID', Buffer.from(ID)]
const region: Header = ['REGION', Buffer.from('GMS')]
const major: Header = ['MAJOR_VERSION', Buffer.from([0, 83])]
const minor: Header = ['MINOR_VERSION', Buffer.from([1, 2])]

function tenantOf(...headers: Header[]) {
  const decoded = decodeTenant(headers)
  if ('refusal' in decoded) throw new Error(decoded.refusal.reason)
  return decoded.tenant
}

describe('decodeTenant', () => {
  test('reads the four headers among others in any order, versions as big-endian bytes', () => {
    const tenant = tenantOf(minor, ['x', null], major, region, id, ['REGION ', Buffer.from('no')])
    expect(tenant).toEqual({ id: ID, region: 'GMS', majorVersion: 83, minorVersion: 258 })
  })

  test('takes an id in any case and gives it in lower case', () => {
    expect(tenantOf(['TENANT_ID', Buffer.from(ID.toUpperCase())], region, major, minor).id).toBe(ID)
  })

  test.each<[string, Header[], string]>([
    ['no headers', [], 'header TENANT_ID is missing'],
    ['no id', [region, major, minor], 'header TENANT_ID is missing'],
    ['id twice', [id, id, region, major, minor], 'header TENANT_ID is there 2 times'],
    ['null id', [['TENANT_ID', null], region, major, minor], 'header TENANT_ID is null'],
    ['null id beside a good one', [['TENANT_ID', null], id, region, major, minor], 'there 2 times'],
    [
      'nil id',
      [['TENANT_ID', Buffer.from('00000000-0000-0000-0000-000000000000')], region, major, minor],
      'TENANT_ID is "0000',
    ],
    ['id without dashes', [['TENANT_ID', Buffer.from(ID.replaceAll('-', ''))], region, major, minor], 'TENANT_ID'],
    ['id as URN', [['TENANT_ID', Buffer.from(`urn:uuid:${ID}`)], region, major, minor], 'TENANT_ID'],
    ['name in another case', [['tenant_id', Buffer.from(ID)], region, major, minor], 'header TENANT_ID is missing'],
    ['no region', [id, major, minor], 'header REGION is missing'],
    ['empty region', [id, ['REGION', Buffer.alloc(0)], major, minor], 'header REGION is "" (0 bytes)'],
    ['region not ASCII', [id, ['REGION', Buffer.from('GMÉ')], major, minor], 'header REGION'],
    ['a region too long to load on messages', [id, ['REGION', Buffer.alloc(1025, 'R')], major, minor], '(1025 bytes)'],
    ['region twice', [id, region, region, major, minor], 'header REGION is there 2 times'],
    [
      'version as text',
      [id, region, ['MAJOR_VERSION', Buffer.from('083')], minor],
      'header MAJOR_VERSION is "083" (3 bytes)',
    ],
    ['version of one byte', [id, region, ['MAJOR_VERSION', Buffer.from([83])], minor], 'header MAJOR_VERSION'],
    ['no minor version', [id, region, major], 'header MINOR_VERSION is missing'],
    ['minor version twice', [id, region, major, minor, minor], 'header MINOR_VERSION is there 2 times'],
  ])('refuses %s as MISSING_TENANT, naming the header', (_, headers, reason) => {
    expect(decodeTenant(headers)).toEqual({
      refusal: { code: 'MISSING_TENANT', reason: expect.stringContaining(reason) },
    })
  })
})

test('tenantHeaders writes the four in order, byte for byte', () => {
  const headers = tenantHeaders(tenantOf(['TENANT_ID', Buffer.from(ID.toUpperCase())], region, major, minor))
  expect(headers.map(([name, value]) => [name, value?.toString('hex')])).toEqual([
    ['TENANT_ID', Buffer.from(ID).toString('hex')],
    ['REGION', '474d53'],
    ['MAJOR_VERSION', '0053'],
    ['MINOR_VERSION', '0102'],
  ])
})

test('tenantKey differs where any of the four differs', () => {
  const versions = (majorVersion: number, minorVersion: number, name = 'GMS') =>
    tenantKey({ ...tenantOf(id, region, major, minor), majorVersion, minorVersion, region: name })
  const keys = [versions(1, 11), versions(11, 1), versions(1, 1), versions(1, 1, '1/GMS'), versions(1, 1, 'gms')]
  expect(new Set(keys).size).toBe(keys.length)
})
