/** The state record of an effect, byte for byte: what version 1 wrote is read by every release after it. */
import { expect, test } from 'vitest'
import {
  decodePendingEffect,
  effectName,
  effectRecordKey,
  encodePendingEffect,
  readEffectSettled,
} from '../../src/contract/effect-record.ts'
import { readStateRecordKey } from '../../src/contract/state-record.ts'
import { UnrestorableError } from '../../src/errors.ts'

const ID = '0f8a1c2d-0000-8000-8000-0000deadbeef'
const HEAD =
  `{"version":1,"number":7,"instanceId":"${ID}","tenant":{"id":"083839c6-c47c-42a6-9585-76492795d123","region":"GMS",` +
  '"majorVersion":83,"minorVersion":1},"worldId":0,"channelId":255,"effect":'
const TAIL = ',"traceparent":"00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"}'
const DESTROY = `${HEAD}{"kind":"destroyMonsters","mapId":103000804}${TAIL}`
const SPAWN = `${HEAD}{"kind":"spawnMonster","mapId":1,"monsterId":9300061,"x":-10,"y":20,"fh":3}${TAIL}`

test.each([DESTROY, SPAWN])('%s is read, and written again byte for byte', text => {
  expect(encodePendingEffect(decodePendingEffect(Buffer.from(text))).toString()).toBe(text)
})

test('its key is its name, behind its kind', () => {
  const name = effectName(decodePendingEffect(Buffer.from(SPAWN)))
  expect(name).toBe(`${ID}/7`)
  expect(effectRecordKey(name).toString()).toBe(`effect/${ID}/7`)
  expect(readStateRecordKey(effectRecordKey(name))).toEqual({ kind: 'effect', name })
})

test.each([
  ['of an unknown kind', SPAWN.replace('spawnMonster', 'summonMonster'), /damaged at \$\.effect\.kind/],
  ['without its place', SPAWN.replace('"x":-10,', ''), /damaged at \$\.effect\.x/],
  ['without a tenant', SPAWN.replace('"tenant"', '"owner"'), /damaged at \$\.tenant/],
  ['of a later version', SPAWN.replace('"version":1', '"version":2'), /effect record of version 2, .*run the release/],
])('one %s is not guessed at', (_, text, reason) => {
  const read = () => decodePendingEffect(Buffer.from(text))
  expect(read).toThrow(UnrestorableError)
  expect(read).toThrow(reason)
})

test('the word that one is settled is told from other internal commands', () => {
  expect(readEffectSettled({ effect: `${ID}/7`, traceparent: '00-1-2-01' })).toEqual({
    effect: `${ID}/7`,
    traceparent: '00-1-2-01',
  })
  expect(readEffectSettled({ pending: 'commands/0@7', answer: {} })).toBeUndefined()
})
