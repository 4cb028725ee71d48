/** The scan of a state record agrees with its decoder on everything that it takes, and takes all that we write. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { TIMER_NAMES } from '../../machines/deadlines.ts'
import type { Instance } from '../../src/actor/instance.ts'
import { decodeInstance, encodeInstance } from '../../src/actor/snapshot-bytes.ts'
import { SnapshotScan, summaryOf } from '../../src/actor/snapshot-scan.ts'
import type { InstanceId, QuestId, TenantId } from '../../src/contract/ids.ts'
import type { InstanceIdentity } from '../../src/contract/messages.ts'
import { quest, stage, TIMED } from '../support/definitions.ts'
import { customData, type Happening, inputOf, members, Playthrough, register, update } from '../support/playthrough.ts'
import { character } from '../support/tenants.ts'

/** Between them they arm every timer and rest in every state. */
const QUESTS = [
  quest(),
  quest({ duration: 600, stages: [stage(0, { duration: 120 }), stage(1)] }),
  quest({ registration: TIMED, duration: 600, advance: 'automatic' }),
  quest({ registration: { type: 'individual', mode: 'timed', duration: 30 } }),
  quest({ startRequirements: [], bonus: { mapId: 950, duration: 60, entry: 'manual' }, stages: [stage(0)] }),
  quest({ startRequirements: [], bonus: { mapId: 950, duration: 60, entry: 'auto' }, stages: [stage(0)] }),
]
const CLEAR: Happening = { type: 'STAGE_CLEAR_ATTEMPT' }
const ADVANCE: Happening = { type: 'STAGE_ADVANCE' }
const HAPPENINGS: readonly Happening[] = [
  register(1003),
  register(4_294_967_295),
  { type: 'START' },
  update({ 4001008: 3, 1: 1 }, { 9300002: 2 }),
  update({}, { 1: 0 }),
  customData({ lever: 'up', friendlyDropCount: '7' }, 'pulls'),
  customData({ '"quoted"': '\n' }),
  CLEAR,
  ADVANCE,
  ADVANCE,
]

const { rules } = inputOf(quest())
const uint32 = fc.nat(4_294_967_295)
const identities: fc.Arbitrary<InstanceIdentity> = fc.record({
  instanceId: fc.uuid().map(id => id as InstanceId),
  tenant: fc.record({
    id: fc.uuid().map(id => id as TenantId),
    region: fc.oneof(fc.constantFrom('GMS', 'JMS'), fc.string({ minLength: 1, maxLength: 8 })),
    majorVersion: fc.nat(65_535),
    minorVersion: fc.nat(65_535),
  }),
  questId: fc
    .oneof(fc.constant('mill_pq'), fc.string({ minLength: 1, unit: 'grapheme', maxLength: 8 }))
    .map(id => id as QuestId),
  worldId: fc.nat(255),
  channelId: fc.nat(255),
  partyId: uint32,
  affinity: uint32,
})
const instances: fc.Arbitrary<Instance> = fc
  .record({
    compiled: fc.constantFrom(...QUESTS),
    happenings: fc.array(fc.constantFrom(...HAPPENINGS), { maxLength: 12 }),
    identity: identities,
    levels: fc.array(fc.option(fc.nat(200), { nil: undefined }), { minLength: 1, maxLength: 6 }),
    armedBy: fc.dictionary(fc.constantFrom(...TIMER_NAMES), fc.string({ maxLength: 55 })),
  })
  .map(({ compiled, happenings, identity, levels, armedBy }) => {
    const party = levels.map((level, at) => ({
      characterId: character(2000 + at),
      ...(level === undefined ? {} : { level }),
    }))
    const play = new Playthrough(compiled, { members: party })
    let { snapshot } = play
    for (const happening of happenings) {
      play.send(happening)
      // An instance that has ended is not kept.
      if (play.snapshot.status !== 'active') break
      snapshot = play.snapshot
    }
    return {
      snapshot: { ...snapshot, context: { ...snapshot.context, identity } } as Instance['snapshot'],
      definition: `${identity.questId}@0123456789abcdef`,
      armedBy,
    }
  })

const decode = (bytes: Buffer) => decodeInstance(bytes, () => rules)
const isPlain = (text: string) => /^[ !#-[\]-~]*$/.test(text)

function isPlainInstance({ snapshot, definition, armedBy }: Instance): boolean {
  const { tenant, questId } = snapshot.context.identity
  const data = Object.entries(snapshot.context.stage.data).flat()
  return [tenant.region, questId, definition, ...data, ...Object.values(armedBy)].every(isPlain)
}

describe('the scan of a state record', () => {
  test('says the same as the decoded instance, and takes every record whose texts need no escapes', () => {
    const scan = new SnapshotScan()
    fc.assert(
      fc.property(instances, instance => {
        const bytes = encodeInstance(instance)
        const summary = scan.read(bytes)
        if (isPlainInstance(instance)) expect(summary).toBeDefined()
        if (summary === undefined) return
        expect(summary).toEqual(summaryOf(decode(bytes)))
      }),
      { numRuns: 500 },
    )
  })

  test.each([
    ['registering', 'registration', QUESTS[2], []],
    ['registering', 'lobby', quest({ registration: { type: 'party', mode: 'instant' } }), []],
    ['active', 'quest', QUESTS[1], []],
    ['active', 'stage', QUESTS[1], []],
    ['cleared', undefined, QUESTS[0], [CLEAR]],
    ['completed', 'completion', QUESTS[4], [CLEAR, ADVANCE]],
    ['bonus', 'bonus', QUESTS[5], [CLEAR, ADVANCE]],
  ] as const)('takes one that is %s, its timer %s armed', (state, timer, compiled, happenings) => {
    const play = new Playthrough(compiled ?? quest(), { members: members(...(timer === 'lobby' ? [1] : [1, 2])) })
    play.send(...happenings)
    expect([play.state, ...Object.keys(play.deadlines)]).toEqual(
      expect.arrayContaining(timer ? [state, timer] : [state]),
    )
    const bytes = encodeInstance({ snapshot: play.snapshot, definition: 'd@1', armedBy: timer ? { [timer]: 'x' } : {} })
    const summary = new SnapshotScan().read(bytes)
    expect(summary?.state).toBe(state)
    expect(summary).toEqual(summaryOf(decode(bytes)))
  })

  test('takes nothing that the decoder refuses or understands in another way, however a record was damaged', () => {
    const scan = new SnapshotScan()
    const damage = fc.record({
      at: fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
      cut: fc.nat(12),
      insert: fc.oneof(
        fc.constantFrom(
          '',
          '0',
          '-',
          '.5',
          'e3',
          '"',
          ',',
          '{',
          '}',
          ']',
          '\\',
          '\n',
          'é',
          '"a":1,',
          ',"quest":1',
          '{},',
        ),
        fc.string({ maxLength: 3 }),
      ),
    })
    let taken = 0
    fc.assert(
      fc.property(instances, fc.array(damage, { minLength: 1, maxLength: 3 }), (instance, damages) => {
        let text = encodeInstance(instance).toString('latin1')
        for (const { at, cut, insert } of damages) {
          const start = Math.floor(at * text.length)
          text = text.slice(0, start) + insert + text.slice(start + cut)
        }
        const bytes = Buffer.from(text, 'latin1')
        const summary = scan.read(bytes)
        if (summary === undefined) return
        taken += 1
        expect(summary).toEqual(summaryOf(decode(bytes)))
      }),
      { numRuns: 1500 },
    )
    expect(taken).toBeGreaterThan(0)
  })

  const bytes = encodeInstance({
    snapshot: new Playthrough(QUESTS[1] ?? quest()).snapshot,
    definition: 'd@1',
    armedBy: {},
  })
  const text = bytes.toString()
  test.each([
    ['a number with a leading zero', text.replace('"attempts":0', '"attempts":00')],
    ['a fraction', text.replace('"attempts":0', '"attempts":0.5')],
    ['a number beyond what is exact', text.replace('"attempts":0', '"attempts":9007199254740993')],
    ['one timer twice', text.replace('"deadlines":{', '"deadlines":{"quest":1,')],
    ['a timer of no known name', text.replace('"deadlines":{', '"deadlines":{"meal":1,')],
    ['a state where no instance rests', text.replace('"value":"active"', '"value":"failed"')],
    ['an `advance` of no known name', text.replace('"advance":"command"', '"advance":"never"')],
    ['a later version', text.replace('"version":1', '"version":3')],
    ['a version before the first', text.replace('"version":1', '"version":0')],
    ['custom data of version 1', text.replace('"data":{}', '"data":{"dlever":1}')],
    ['a field more', text.replace('"attempts":0', '"attempts":0,"more":1')],
    ['spaces', JSON.stringify(JSON.parse(text), null, 1)],
    ['something behind its end', `${text} `],
    ['an end that is missing', text.slice(0, -1)],
    ['nothing', ''],
  ])('leaves to the decoder: %s', (_, other) => {
    expect(text === other).toBe(false)
    expect(new SnapshotScan().read(bytes)).toBeDefined()
    expect(new SnapshotScan().read(Buffer.from(other))).toBeUndefined()
  })

  test('reads no further than the record where others lie around it', () => {
    const scan = new SnapshotScan()
    const around = Buffer.concat([bytes, bytes, bytes])
    const inside = around.subarray(bytes.length, 2 * bytes.length)
    expect(scan.read(inside)).toEqual(scan.read(bytes))
    expect(scan.read(around.subarray(bytes.length, 2 * bytes.length - 1))).toBeUndefined()
    expect(scan.read(around.subarray(bytes.length, 2 * bytes.length + 1))).toBeUndefined()
  })

  test('gives all instances of a tenant the same object for it, and never one of another', () => {
    const scan = new SnapshotScan()
    const other = Buffer.from(text.replace('"majorVersion":83', '"majorVersion":87'))
    const [first, second, third] = [bytes, other, bytes].map(one => scan.read(one)?.tenant)
    expect(first).toBe(third)
    expect(second).toEqual({ ...first, majorVersion: 87 })
  })
})
