/**
 * Keys and headers of records: of a tenant, mostly as they should be, else lacking, doubled, misspelled or of any bytes.
 * Bytes are latin1 characters, to be readable in a failure.
 */
import fc from 'fast-check'
import { weighted } from './grammar.ts'

/** A `traceparent` that the arena makes the case's own. */
export const OWN_TRACE = 'own trace'

export type CaseHeader = readonly [name: string, value: string | null]

export const OWN: readonly CaseHeader[] = [
  ['TENANT_ID', '083839c6-c47c-42a6-9585-76492795d123'],
  ['REGION', 'GMS'],
  ['MAJOR_VERSION', '\0\x53'],
  ['MINOR_VERSION', '\0\x01'],
]
/** The same id, and yet somebody else. */
export const OTHER: readonly CaseHeader[] = OWN.map(([name, bytes]) => [
  name,
  name === 'MAJOR_VERSION' ? '\0\x57' : bytes,
])

const AWKWARD_BYTES = [
  ...[null, '', '\0', '\0\0', '\0\0\0', '83', '\x53\0', '\xff\xfe', 'gms', 'G\xc3\x89S', 'GMS\n', 'x'.repeat(1024)],
  ...['x'.repeat(1025), '00000000-0000-0000-0000-000000000000', '083839C6-C47C-42A6-9585-76492795D123'],
  ...[
    '083839c6c47c42a6958576492795d123',
    '{083839c6-c47c-42a6-9585-76492795d123}',
    ' 083839c6-c47c-42a6-9585-76492795d123',
  ],
]
const EXTRA: readonly CaseHeader[] = [
  ['traceparent', '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01'],
  ['traceparent', '00-00000000000000000000000000000000-00f067aa0ba902b7-01'],
  ['traceparent', '\0\xff'],
  ['tracestate', 'a=1'],
  ['tracestate', 'x'.repeat(70_000)],
  ['baggage', 'user=\xff\0'],
  ['baggage', 'x'.repeat(65_000)],
  ['error-code', 'MALFORMED'],
  ['origin-offset', '1'],
  ['pq-origin', '1 0 0 0 commands'],
  ['pq-internal', '1'],
  ['__proto__', 'x'],
  ['\xc3\xa9\0', null],
  ['', ''],
]

const harmToHeaders = weighted<(given: readonly CaseHeader[]) => readonly CaseHeader[]>(
  [2, fc.nat({ max: 3 }).map(at => given => given.filter((_, place) => place !== at))],
  [2, fc.nat({ max: 3 }).map(at => given => [...given, ...given.slice(at, at + 1)])],
  [2, fc.nat({ max: 3 }).map(at => given => [...given.slice(at), ...given.slice(0, at)])],
  [
    1,
    fc
      .nat({ max: 3 })
      .map(at => given => given.map(([name, bytes], place) => [place === at ? name.toLowerCase() : name, bytes])),
  ],
  [
    4,
    fc.tuple(fc.nat({ max: 3 }), fc.constantFrom(...AWKWARD_BYTES)).map(
      ([at, awkward]) =>
        given =>
          given.map(([name, bytes], place) => [name, place === at ? awkward : bytes]),
    ),
  ],
  [3, fc.subarray([...EXTRA], { minLength: 1, maxLength: 4 }).map(extra => given => [...given, ...extra])],
  [1, fc.constant(() => [])],
)

export const headers: fc.Arbitrary<readonly CaseHeader[]> = fc
  .tuple(
    weighted([4, fc.constant(OWN)], [2, fc.constant(OTHER)]),
    weighted([8, fc.constant(undefined)], [1, harmToHeaders]),
    fc.boolean(),
  )
  .map(([tenant, harm, traced]) => {
    const given: readonly CaseHeader[] = traced ? [...tenant, ['traceparent', OWN_TRACE]] : tenant
    return harm === undefined ? given : harm(given)
  })

export const key = weighted<string | null>(
  [4, fc.constant(null)],
  [1, fc.constantFrom('', 'k', '__proto__', '\0\xff', 'k'.repeat(5_000))],
)
