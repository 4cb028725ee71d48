/** The forms of a UUID that the Go services read, and the one that goes out. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { parseUuid, UUID_FORMS } from '../../src/contract/uuid-text.ts'

const OUT = '083839c6-c47c-42a6-9585-76492795d123'

describe('parseUuid', () => {
  test.each([
    OUT,
    '083839C6-C47C-42A6-9585-76492795D123',
    '083839c6c47c42a6958576492795d123',
    '083839C6C47C42A6958576492795D123',
    'urn:uuid:083839c6-c47c-42a6-9585-76492795d123',
    'URN:Uuid:083839C6-c47c-42a6-9585-76492795d123',
    '{083839C6-C47C-42A6-9585-76492795D123}',
  ])('reads %s as lower case with dashes', text => {
    expect(parseUuid(text)).toBe(OUT)
  })

  test.each([
    '00000000-0000-0000-0000-000000000000',
    'ffffffff-ffff-ffff-ffff-ffffffffffff',
    '12345678-1234-f234-0234-123456789abc',
  ])('takes any version and variant: %s', text => {
    expect(parseUuid(text)).toBe(text)
  })

  test.each([
    '',
    OUT.slice(1),
    `${OUT}0`,
    `${OUT}\n`,
    ` ${OUT}`,
    '083839c6-c47c-42a6-9585-76492795d12g',
    '083839c6c-47c-42a6-9585-76492795d123',
    '083839c6_c47c_42a6_9585_76492795d123',
    '{083839c6c47c42a6958576492795d123}',
    '{083839c6-c47c-42a6-9585-76492795d123',
    '(083839c6-c47c-42a6-9585-76492795d123)',
    'urn:uuid:083839c6c47c42a6958576492795d123',
    'urn:guid:083839c6-c47c-42a6-9585-76492795d123',
    '083839c6c47c42a6958576492795d123\n',
  ])('refuses %j', text => {
    expect(parseUuid(text)).toBeUndefined()
  })

  test('gives lower case with dashes for exactly what its published pattern takes', () => {
    const hex = fc.stringMatching(/^[0-9a-fA-F]{32}$/)
    const near = fc
      .tuple(fc.uuid({ version: [1, 4, 8] }), hex, fc.nat(44), fc.constantFrom('', '-', '{', '}', 'urn:uuid:', 'G'))
      .map(([uuid, digits, at, put]) => {
        const base = at % 2 === 0 ? uuid : digits
        return base.slice(0, at) + put + base.slice(at)
      })
    fc.assert(
      fc.property(fc.oneof(near, hex, fc.string()), text => {
        const read = parseUuid(text)
        expect(read !== undefined).toBe(UUID_FORMS.test(text))
        if (read !== undefined) expect(parseUuid(read)).toBe(read)
      }),
    )
  })
})
