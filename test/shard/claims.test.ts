/** Who is where: the committed claims, and what an open batch lays over them. */
import { describe, expect, test } from 'vitest'
import type { InstanceId } from '../../src/contract/ids.ts'
import { tenantKey } from '../../src/contract/tenant.ts'
import { ClaimTable } from '../../src/shard/claim-table.ts'
import { type Claim, ClaimOverlay, Claims, channelName, lobbyName } from '../../src/shard/claims.ts'
import { character, OTHER_TENANT, TENANT } from '../support/tenants.ts'

const A = 'a' as InstanceId
const B = 'b' as InstanceId
const C = 'c' as InstanceId
const CHANNEL = channelName(TENANT, 0, 1)
const claim = (characters: readonly number[], lobby?: string): Claim => ({
  channel: CHANNEL,
  characters: characters.map(character),
  lobby,
})

describe.each([
  ['claims', Claims],
  ['committed claims', ClaimTable],
])('%s', (_, Claims) => {
  test('tell which instance a character is in, and which takes the next of a lobby', () => {
    const claims = new Claims()
    claims.hold(A, claim([1, 2], 'mill'))
    expect(claims.instanceOf(CHANNEL, character(2))).toBe(A)
    expect(claims.instanceOf(CHANNEL, character(3))).toBeUndefined()
    expect(claims.lobby(CHANNEL, 'mill')).toBe(A)
    expect(claims.lobby(CHANNEL, 'other')).toBeUndefined()
  })

  test('tell all instances that hold a character of a tenant, in whichever world and channel', () => {
    const claims = new Claims()
    claims.hold(A, claim([1, 2]))
    claims.hold(B, { ...claim([1]), channel: channelName(TENANT, 1, 11) })
    claims.hold(C, { ...claim([1]), channel: channelName(OTHER_TENANT, 0, 1) })
    const of = (number: number) => [...claims.inTenant(tenantKey(TENANT), character(number))].sort()
    expect([of(1), of(2), of(3)]).toEqual([[A, B], [A], []])
    claims.release(A, claim([1, 2]))
    expect([of(1), of(2)]).toEqual([[B], []])
  })

  test('of other channels, worlds and tenants are others', () => {
    const names = [
      CHANNEL,
      channelName(TENANT, 1, 0),
      channelName(TENANT, 0, 2),
      channelName(TENANT, 0, 11),
      channelName(OTHER_TENANT, 0, 1),
      channelName({ ...TENANT, region: 'GMS/0' }, 0, 1),
    ]
    expect(new Set(names).size).toBe(names.length)
  })

  test('that are released are gone, and nothing that somebody else holds meanwhile', () => {
    const claims = new Claims()
    claims.hold(A, claim([1, 2], 'mill'))
    claims.hold(B, claim([2], 'mill'))
    claims.release(A, claim([1, 2], 'mill'))
    expect(claims.instanceOf(CHANNEL, character(1))).toBeUndefined()
    expect(claims.instanceOf(CHANNEL, character(2))).toBe(B)
    expect(claims.lobby(CHANNEL, 'mill')).toBe(B)
  })

  test('of a channel that nobody holds anything in can be released', () => {
    const claims = new Claims()
    claims.release(A, claim([1], 'mill'))
    expect(claims.instanceOf(CHANNEL, character(1))).toBeUndefined()
  })
})

describe('lobbies', () => {
  test('are told apart by quest, by party and by affinity, and a party from an individual', () => {
    const names = [
      lobbyName('party', 'mill', 88, 0),
      lobbyName('party', 'mill', 89, 0),
      lobbyName('party', 'moon', 88, 0),
      lobbyName('individual', 'mill', 88, 0),
      lobbyName('individual', 'mill', 0, 88),
    ]
    expect(new Set(names).size).toBe(names.length)
  })

  test('of individuals have nothing to do with their parties', () => {
    expect(lobbyName('individual', 'mill', 88, 5)).toBe(lobbyName('individual', 'mill', 0, 5))
  })

  test('are none for a party quest without a party', () => {
    expect(lobbyName('party', 'mill', 0, 0)).toBeUndefined()
  })
})

describe('an open batch', () => {
  const committed = () => {
    const claims = new ClaimTable()
    claims.hold(A, claim([1, 2], 'mill'))
    return claims
  }

  test('sees what is committed where it changed nothing', () => {
    const overlay = new ClaimOverlay(committed())
    expect(overlay.instanceOf(CHANNEL, character(1))).toBe(A)
    expect(overlay.lobby(CHANNEL, 'mill')).toBe(A)
  })

  test('sees its own changes, and the committed claims stay as they are', () => {
    const claims = committed()
    const overlay = new ClaimOverlay(claims)
    overlay.change(A, claim([1, 2], 'mill'), claim([1, 2, 3]))
    overlay.change(B, undefined, claim([4], 'mill'))
    expect(overlay.instanceOf(CHANNEL, character(3))).toBe(A)
    expect(overlay.instanceOf(CHANNEL, character(1))).toBe(A)
    expect(overlay.lobby(CHANNEL, 'mill')).toBe(B)
    expect(claims.instanceOf(CHANNEL, character(3))).toBeUndefined()
    expect(claims.lobby(CHANNEL, 'mill')).toBe(A)
  })

  test('sees that an instance is gone, with its characters and its lobby', () => {
    const overlay = new ClaimOverlay(committed())
    overlay.change(A, claim([1, 2], 'mill'), undefined)
    expect(overlay.instanceOf(CHANNEL, character(1))).toBeUndefined()
    expect(overlay.lobby(CHANNEL, 'mill')).toBeUndefined()
  })

  test('sees that a lobby is closed by its start', () => {
    const overlay = new ClaimOverlay(committed())
    overlay.change(A, claim([1, 2], 'mill'), claim([1, 2]))
    expect(overlay.lobby(CHANNEL, 'mill')).toBeUndefined()
    expect(overlay.instanceOf(CHANNEL, character(2))).toBe(A)
  })

  test('sees an instance that was born and is gone in it no more', () => {
    const overlay = new ClaimOverlay(committed())
    overlay.change(B, undefined, claim([4], 'moon'))
    overlay.change(B, claim([4], 'moon'), undefined)
    expect(overlay.instanceOf(CHANNEL, character(4))).toBeUndefined()
    expect(overlay.lobby(CHANNEL, 'moon')).toBeUndefined()
  })
})
