/** The promise of the tenant's headers: all four or nothing, each that is wrong by its name, none of them guessed. */
import { describe, expect, it } from 'vitest'
import { readTenant } from '../../../src/api/ecosystem/tenant-headers.ts'

const RIGHT = {
  tenant_id: '083839C6-c47c-42a6-9585-76492795d123',
  region: 'GMS',
  major_version: '83',
  minor_version: '1',
}
const read = (headers: Record<string, string>) => readTenant(name => headers[name])

describe('the tenant of a request', () => {
  it('is its four headers, the id in lower case', () => {
    expect(read(RIGHT)).toEqual({
      tenant: { id: RIGHT.tenant_id.toLowerCase(), region: 'GMS', majorVersion: 83, minorVersion: 1 },
    })
    expect(read({ ...RIGHT, major_version: '0', minor_version: '65535' })).toMatchObject({
      tenant: { majorVersion: 0, minorVersion: 65_535 },
    })
  })

  it('is not there without them, and each that is missing is named', () => {
    expect(read({})).toEqual({
      faults: ['TENANT_ID', 'REGION', 'MAJOR_VERSION', 'MINOR_VERSION'].map(name =>
        expect.stringMatching(`^header ${name} is missing: must be `),
      ),
    })
  })

  it.each([
    ['tenant_id', '083839c6'],
    ['tenant_id', '00000000-0000-0000-0000-000000000000'],
    ['tenant_id', `${RIGHT.tenant_id}, ${RIGHT.tenant_id}`],
    ['region', ''],
    ['region', 'Gürtel'],
    ['region', 'x'.repeat(1000)],
    ['major_version', '65536'],
    ['major_version', '-1'],
    ['minor_version', '1.0'],
    ['minor_version', ''],
  ])('is not made of a %s of %j', (name, value) => {
    const told = read({ ...RIGHT, [name]: value })
    expect(told).toEqual({ faults: [expect.stringMatching(`^header ${name.toUpperCase()} is ".*: must be `)] })
  })
})
