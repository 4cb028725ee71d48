/** Routing is a pure function of the record, and agrees with what decoding will see. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { decodeCommand } from '../../src/contract/commands.ts'
import type { TenantId } from '../../src/contract/ids.ts'
import type { Headers, LogRecord } from '../../src/contract/log-record.ts'
import { routeOf } from '../../src/contract/routing.ts'
import { instanceHash, originHash, shardKeyHash, shardOf } from '../../src/contract/shard-key.ts'
import { decodeTenant, tenantHeaders } from '../../src/contract/tenant.ts'

const SHARDS = 4_294_967_296
const ID = '083839c6-c47c-42a6-9585-76492795d123'
const TENANT = { id: ID as TenantId, region: 'GMS', majorVersion: 83, minorVersion: 1 }
const TENANT_HEADERS = tenantHeaders(TENANT)

function recordOf(value: string | Buffer | null, headers: Headers = TENANT_HEADERS): LogRecord {
  const bytes = typeof value === 'string' ? Buffer.from(value) : value
  return { topic: 'commands', partition: 2, offset: 77, timestamp: 5, key: null, value: bytes, headers }
}
const hashOf = (record: LogRecord) => {
  const route = routeOf(record, SHARDS)
  return route.kind === 'shard' ? route.shard : route
}
const ORIGIN = originHash(recordOf(null))

describe('routeOf', () => {
  test('sends a REGISTER to the shard of its channel', () => {
    const text = '{"WorldId":3,"characterId":1,"type":"REGISTER","body":{"questId":"q","ChannelId":4}}'
    expect(hashOf(recordOf(text))).toBe(shardKeyHash(TENANT.id, 3, 4))
    expect(routeOf(recordOf(text), 12)).toEqual({ kind: 'shard', shard: shardKeyHash(TENANT.id, 3, 4) % 12 })
  })

  test('sends a command that is read from its bytes where it would be sent if they were parsed', () => {
    const type = fc.constantFrom('START', 'STAGE_ADVANCE', 'FORFEIT', 'UPDATE_STAGE_STATE', 'BROADCAST_MESSAGE')
    const edit = fc.record({ at: fc.nat(160), byte: fc.constantFrom(...'"{}[],:0a-9.\\ ') })
    fc.assert(
      fc.property(fc.uuid(), type, fc.option(edit), (instanceId, type, edited) => {
        const text = JSON.stringify({ worldId: 1, characterId: 2, type, body: { instanceId } })
        const value = edited === null ? text : text.slice(0, edited.at) + edited.byte + text.slice(edited.at + 1)
        // A space in front changes nothing but who reads it.
        expect(hashOf(recordOf(value))).toEqual(hashOf(recordOf(` ${value}`)))
      }),
      { numRuns: 2000 },
    )
  })

  test('sends every spelling of an instance id to one shard: that of its last four bytes', () => {
    for (const id of [ID, ID.toUpperCase(), ID.replaceAll('-', ''), `urn:uuid:${ID}`, `{${ID}}`]) {
      expect(hashOf(recordOf(`{"type":"FORFEIT","body":{"instanceId":"${id}"}}`))).toBe(0x2795d123)
    }
  })

  test.each([
    ['null value', null],
    ['not JSON', 'x'],
    ['no type', '{}'],
    ['unreadable instance id', '{"type":"START","body":{"instanceId":"x"}}'],
    ['unreadable body', '{"type":"START","body":[]}'],
    ['unreadable world', '{"type":"REGISTER","worldId":256}'],
    ['unreadable channel', '{"type":"REGISTER","body":{"channelId":"1"}}'],
  ])('spreads what it cannot read by origin: %s', (_, value) => {
    expect(hashOf(recordOf(value))).toBe(ORIGIN)
  })

  test('spreads a REGISTER without a readable tenant by origin', () => {
    expect(hashOf(recordOf('{"type":"REGISTER"}', []))).toBe(ORIGIN)
  })

  test('tells a type that is not ours', () => {
    expect(routeOf(recordOf('{"type":"WARP","body":7}'), 12)).toEqual({ kind: 'foreign', type: 'WARP' })
  })
})

const spelling = (name: string) =>
  fc.constantFrom(name, name, name.toUpperCase(), `${name[0]?.toUpperCase()}${name.slice(1)}`)
const number = fc.constantFrom('0', '1', '7', '255', '256', '1.0', '1e1', '-0', '-1', '1.5', 'null', '"1"', '{}')
const uuid = fc.oneof(
  fc.uuid().chain(id => fc.constantFrom(id, id.toUpperCase(), id.replaceAll('-', ''), `urn:uuid:${id}`, `{${id}}`)),
  fc.constantFrom('', 'x'),
)
const member = (name: string, value: fc.Arbitrary<string>) =>
  fc.tuple(spelling(name), value).map(([key, text]) => `${JSON.stringify(key)}:${text}`)
const object = (...members: fc.Arbitrary<string>[]) =>
  fc.array(fc.oneof(...members), { maxLength: 6 }).map(parts => `{${parts.join(', ')}}`)
const quoted = uuid.map(text => JSON.stringify(text))
const body = object(
  member('instanceId', fc.oneof(quoted, fc.constantFrom('null', '7'))),
  member('channelId', number),
  member('questId', fc.constantFrom('"q"', 'null', '7')),
  fc.constantFrom('"x":{"channelId":9}', '"__proto__":{"channelId":9}'),
)
const type = fc.constantFrom(
  '"REGISTER"',
  '"REGISTER"',
  '"START"',
  '"FORFEIT"',
  '"UPDATE_STAGE_STATE"',
  '"OTHER"',
  'null',
)
const text = fc
  .tuple(object(member('worldId', number), member('body', fc.oneof(body, body, fc.constantFrom('null', '7')))), type)
  .map(([rest, value]) => (rest === '{}' ? `{"type":${value}}` : `${rest.slice(0, -1)}, "type":${value}}`))

test('agrees with decoding on what is foreign and on the fields of everything that it accepts', () => {
  const headers = fc.constantFrom<Headers>(TENANT_HEADERS, [], tenantHeaders({ ...TENANT, region: '' }))
  let accepted = 0
  fc.assert(
    fc.property(text, headers, (value, headers) => {
      const record = recordOf(value, headers)
      const route = routeOf(record, SHARDS)
      const decoded = decodeCommand(record.value)
      if (decoded.kind === 'foreign') expect(route).toEqual(decoded)
      else expect(route.kind).toBe('shard')
      if (decoded.kind !== 'command') return
      accepted += 1
      const { command } = decoded
      if ('instanceId' in command) expect(hashOf(record)).toBe(instanceHash(command.instanceId))
      const tenant = decodeTenant(headers)
      if (command.type !== 'REGISTER' || 'refusal' in tenant) return
      expect(hashOf(record)).toBe(shardKeyHash(tenant.tenant.id, command.worldId, command.channelId))
    }),
    { numRuns: 3000 },
  )
  expect(accepted).toBeGreaterThan(300)
})

test('gives a shard below the number of shards, whatever the bytes', () => {
  fc.assert(
    fc.property(fc.uint8Array(), fc.integer({ min: 1, max: 100 }), (bytes, shards) => {
      const route = routeOf(recordOf(Buffer.from(bytes)), shards)
      if (route.kind === 'shard') expect(route.shard).toBe(shardOf(ORIGIN, shards))
    }),
  )
})
