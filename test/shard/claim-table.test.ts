/** The table of committed claims answers as the maps of an open batch do, whatever was held and released. */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { InstanceId } from '../../src/contract/ids.ts'
import { ClaimTable } from '../../src/shard/claim-table.ts'
import { type Claim, Claims } from '../../src/shard/claims.ts'
import { character } from '../support/tenants.ts'

const CHANNELS = ['north', 'south', 'east']
const LOBBIES = ['mill', 'moon']
const CHARACTERS_MAX = 40

const claims = fc.record({
  channel: fc.constantFrom(...CHANNELS),
  characters: fc.array(fc.nat(CHARACTERS_MAX).map(character), { maxLength: 6 }),
  lobby: fc.option(fc.constantFrom(...LOBBIES), { nil: undefined }),
})
const change = fc.record({
  id: fc.nat(12).map(number => `#${number}` as InstanceId),
  claim: claims,
  holds: fc.boolean(),
})

test('the table says of every character and lobby what maps say', () => {
  fc.assert(
    fc.property(fc.array(change, { maxLength: 200 }), changes => {
      const table = new ClaimTable()
      const maps = new Claims()
      for (const { id, claim, holds } of changes) {
        for (const claims of [table, maps]) {
          if (holds) claims.hold(id, claim)
          else claims.release(id, claim)
        }
      }
      for (const channel of CHANNELS) {
        for (let number = 0; number <= CHARACTERS_MAX; number++) {
          expect(table.instanceOf(channel, character(number))).toBe(maps.instanceOf(channel, character(number)))
        }
        for (const lobby of LOBBIES) expect(table.lobby(channel, lobby)).toBe(maps.lobby(channel, lobby))
      }
    }),
  )
})

test('the table finds each of thousands of claims while it grows, and every other one after half are released', () => {
  const table = new ClaimTable()
  const [count, size] = [5000, 4]
  const channel = (index: number) => `channel ${index % 50}`
  // Characters of every size that a uint32 has.
  const first = (index: number) => (index * 858_993 * size) % 4_294_967_291
  const claim = (index: number): Claim => ({
    channel: channel(index),
    characters: Array.from({ length: size }, (_, at) => character(first(index) + at)),
    lobby: undefined,
  })
  const id = (index: number) => `#${index}` as InstanceId
  for (let index = 0; index < count; index++) table.hold(id(index), claim(index))
  for (let index = 0; index < count; index += 2) table.release(id(index), claim(index))
  expect(table.size).toBe((count * size) / 2)
  for (let index = 0; index < count; index++) {
    const holders = claim(index).characters.map(member => table.instanceOf(channel(index), member))
    expect(holders).toEqual(Array(size).fill(index % 2 === 0 ? undefined : id(index)))
  }
})
