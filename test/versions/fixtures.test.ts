/**
 * Promise: what any release has written is restored by every later one, and plays on to its end. The fixtures are
 * real records of those releases; a change of the layout that forgets its version fails here.
 */
import fc from 'fast-check'
import { afterEach, describe, expect, test } from 'vitest'
import { encodeInstance } from '../../src/actor/snapshot-bytes.ts'
import type { InstanceId } from '../../src/contract/ids.ts'
import { LAYOUTS, newestReadable, type RecordLayout } from '../../src/contract/record-layout.ts'
import { quest, stage } from '../support/definitions.ts'
import { FakeLookups } from '../support/fake-lookups.ts'
import { FakeMonsters } from '../support/fake-monsters.ts'
import { customData, type Happening, leave, members, Playthrough, register, update } from '../support/playthrough.ts'
import { ShardHarness } from '../support/shard-harness.ts'
import { fixtureOf, GENERATION, generationsOf, keepFixture, plant, readFixture } from './fixture.ts'
import { SCENES, type Scene } from './scenes.ts'
import { shapeOf } from './shape.ts'

let harness: ShardHarness | undefined
afterEach(() => harness?.stop())

const FORGOTTEN =
  'Records are written differently than before. Where older replicas may not pass over that, give the record a new ' +
  'version (src/contract/record-layout.ts); in any case start the next generation of fixtures (test/versions/' +
  'fixture.ts). Which is which: docs/decisions/0006-state-versions.md'

function neighbours({ services = {}, hasMonsters }: Scene) {
  const lookups = new FakeLookups()
  const monsters = new FakeMonsters()
  const options = { services, lookupClient: lookups, ...(hasMonsters && { monsterClient: monsters }) }
  return { lookups, monsters, options }
}

async function built(scene: Scene) {
  const { definitions, build } = scene
  const { lookups, monsters, options } = neighbours(scene)
  harness = await ShardHarness.start({ definitions, ...options })
  await build({ h: harness, lookups, monsters })
  return fixtureOf(harness)
}

describe.each(SCENES)('$name', scene => {
  test('is written as its fixture says, name for name and type for type', async () => {
    const written = await built(scene)
    keepFixture(scene.name, written)
    const fixture = readFixture(GENERATION, scene.name)
    expect(written.map(({ key }) => key)).toEqual(fixture.map(({ key }) => key))
    for (const [index, { key, reads }] of written.entries()) {
      expect(shapeOf(reads), `${key}: ${FORGOTTEN}`).toEqual(shapeOf(fixture[index]?.reads))
    }
  })

  test.each(
    generationsOf(scene.name),
  )('is restored from records of generation %i, and plays on to the end', async generation => {
    const fixture = readFixture(generation, scene.name)
    const { definitions, registersLater, playOn, expected } = scene
    const { lookups, monsters, options } = neighbours(scene)
    // Nothing that runs needs its file: the definition that it plays by is in the log.
    const catalogue = registersLater ? definitions : []
    harness = ShardHarness.withoutReplica({ definitions: catalogue, ...options })
    const h = harness
    await plant(h, fixture)
    const replica = await h.takeOver()
    expect(replica.log.at('fatal')).toEqual([])
    const [, id = ''] = fixture.find(({ key }) => key.startsWith('instance/'))?.key.split('/') ?? []
    await playOn({ h, lookups, monsters }, id as InstanceId)
    const { events, warps, refused } = h.seen()
    expect([...events, ...warps, ...refused, ...monsters.asked]).toEqual(expected)
    expect(h.stateKinds()).toEqual(['position'])
    expect([replica.fatal, replica.log.at('error')]).toEqual([[], []])
  })

  test.each(generationsOf(scene.name))('the fixture of generation %i shows people what its bytes say', generation => {
    for (const { value, reads } of readFixture(generation, scene.name)) {
      expect(JSON.parse(Buffer.from(value, 'base64').toString())).toEqual(reads)
    }
  })
})

test('every version of every state record that this release reads has a fixture', () => {
  const { position, instance, definition, pending, effect } = LAYOUTS
  const kinds: readonly RecordLayout[] = [position, instance, definition, pending, effect]
  const unversioned = `of no version, read as ${LAYOUTS.definition.unversioned}`
  const wanted = kinds.flatMap(layout =>
    Array.from({ length: newestReadable(layout) }, (_, index) => `${layout.kind} of version ${index + 1}`),
  )
  const there = new Set<string>()
  for (const { name } of SCENES) {
    for (const generation of generationsOf(name)) {
      for (const { key, value } of readFixture(generation, name)) {
        const { version } = JSON.parse(Buffer.from(value, 'base64').toString())
        const found = version === undefined ? unversioned : `of version ${version}`
        there.add(`${key.replace(/\/.*/s, '')} ${found}`)
      }
    }
  }
  expect([...there].sort()).toEqual([...wanted, `definition ${unversioned}`].sort())
})

test('whatever happens to an instance, nothing is written that the fixtures do not show', () => {
  const known = new Set<string>()
  for (const { name } of SCENES) {
    for (const { key, reads } of readFixture(GENERATION, name)) {
      if (key.startsWith('instance/')) for (const line of shapeOf(reads)) known.add(line)
    }
  }
  const stages = [stage(0, { duration: 120 }), stage(1, { warpType: 'none' }), stage(2, { duration: 60 })]
  const happening = fc.oneof(
    fc.integer({ min: 1001, max: 1006 }).map(register),
    fc.constantFrom<Happening>({ type: 'START' }, { type: 'STAGE_CLEAR_ATTEMPT' }, { type: 'STAGE_ADVANCE' }),
    fc
      .record({ item: fc.nat(9), monster: fc.nat(9) })
      .map(({ item, monster }) => update({ [item]: 1 }, { [monster]: 2 })),
    fc.string().map(text => customData({ [text]: text }, 'pulls')),
    fc.integer({ min: 1001, max: 1006 }).map(id => leave(id)),
    fc.constantFrom<Happening>({ type: 'timer.stage' }, { type: 'timer.registration' }, { type: 'timer.quest' }),
  )
  const plan = fc.record({
    happenings: fc.array(fc.tuple(fc.nat(100), happening), { maxLength: 20 }),
    registration: fc.constantFrom({ type: 'party', mode: 'instant' }, { type: 'party', mode: 'timed', duration: 60 }),
    bonus: fc.constantFrom(undefined, { mapId: 5, entry: 'manual' }, { mapId: 5, entry: 'auto' }),
    advance: fc.constantFrom('command', 'automatic'),
    level: fc.option(fc.nat(200), { nil: undefined }),
  })
  const unknown = new Set<string>()
  fc.assert(
    fc.property(plan, ({ happenings, level, ...rest }) => {
      const compiled = quest(JSON.parse(JSON.stringify({ stages, duration: 600, ...rest })))
      const [first, ...others] = members(1001, 1002)
      const leader = { ...first, characterId: first?.characterId, ...(level === undefined ? {} : { level }) }
      const play = new Playthrough(compiled, { members: JSON.parse(JSON.stringify([leader, ...others])) })
      let now = 0
      for (const [seconds, event] of happenings) {
        now += seconds
        play.at(now).send(event)
        if (play.snapshot.status !== 'active') return
        const bytes = encodeInstance({ snapshot: play.snapshot, definition: compiled.ref, armedBy: {} })
        for (const line of shapeOf(JSON.parse(bytes.toString()))) if (!known.has(line)) unknown.add(line)
      }
    }),
  )
  expect([...unknown], FORGOTTEN).toEqual([])
})
