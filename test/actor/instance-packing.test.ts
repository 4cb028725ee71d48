/** A packed instance is the one that the decoder makes of its record, and all that we write can be packed. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { TIMER_NAMES } from '../../machines/deadlines.ts'
import type { Instance } from '../../src/actor/instance.ts'
import { InstancePacking } from '../../src/actor/instance-packing.ts'
import { SHARED_VALUES_MAX } from '../../src/actor/shared-values.ts'
import { decodeInstance, encodeInstance, type RulesOf } from '../../src/actor/snapshot-bytes.ts'
import { summaryOf } from '../../src/actor/summary.ts'
import type { InstanceId, QuestId, TenantId } from '../../src/contract/ids.ts'
import type { InstanceIdentity } from '../../src/contract/messages.ts'
import { UnrestorableError } from '../../src/errors.ts'
import { quest, stage, TIMED } from '../support/definitions.ts'
import {
  customData,
  type Happening,
  INSTANCE,
  inputOf,
  members,
  Playthrough,
  register,
  update,
} from '../support/playthrough.ts'
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
  customData({ 이름: '메이플', café: '🍁' }),
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
const HEX = '0123456789abcdef'
const hex = (digits: number) => fc.string({ unit: fc.constantFrom(...HEX), minLength: digits, maxLength: digits })
/** Few of them, so that timers of one instance have the same. */
const traceParents = fc.oneof(
  fc.constantFrom('00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01', '', 'x'),
  fc.tuple(hex(32), hex(16), hex(2)).map(([trace, span, flags]) => `00-${trace}-${span}-${flags}`),
  fc.tuple(hex(32), hex(16)).map(([trace, span]) => `00-${trace}-${span}-0G`),
  fc.tuple(hex(32), hex(16)).map(([trace, span]) => `01-${trace}-${span}-01`),
)
const instances: fc.Arbitrary<Instance> = fc
  .record({
    compiled: fc.constantFrom(...QUESTS),
    happenings: fc.array(fc.constantFrom(...HAPPENINGS), { maxLength: 12 }),
    identity: identities,
    levels: fc.array(fc.option(fc.nat(200), { nil: undefined }), { minLength: 1, maxLength: 6 }),
    armedBy: fc.dictionary(fc.constantFrom(...TIMER_NAMES), fc.oneof(traceParents, fc.string({ maxLength: 55 }))),
    keys: fc.dictionary(fc.string({ maxLength: 8 }), fc.nat(4_294_967_295), { maxKeys: 3 }),
  })
  .map(({ compiled, happenings, identity, levels, armedBy, keys }) => {
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
    const { stage } = snapshot.context
    const items = { ...stage.items, ...Object.fromEntries(Object.entries(keys).map(([key, n]) => [`i${key}`, n])) }
    return {
      snapshot: {
        ...snapshot,
        context: { ...snapshot.context, identity, stage: { ...stage, items } },
      } as Instance['snapshot'],
      definition: `${identity.questId}@0123456789abcdef`,
      armedBy,
    }
  })

const rulesOf: RulesOf = (_, advance) => ({ ...rules, advance })
const decode = (bytes: Buffer) => decodeInstance(bytes, rulesOf)
/** JSON escapes nothing of it. */
const isPlain = (text: string) => JSON.stringify(text) === `"${text}"` && !text.includes('\u007f')

function isPlainInstance({ snapshot, definition, armedBy }: Instance): boolean {
  const { tenant, questId } = snapshot.context.identity
  const { data, items } = snapshot.context.stage
  const texts = [...Object.entries(data).flat(), ...Object.keys(items)]
  return [tenant.region, questId, definition, ...texts, ...Object.values(armedBy)].every(isPlain)
}

const packingOf = () => new InstancePacking(rulesOf)
/** As it is kept: a copy, because a packing writes each into the same place. */
const packedBy = (packing: InstancePacking, record: Buffer, id = INSTANCE) => Buffer.from(packing.pack(id, record))
const asItIs = (record: Buffer) => Buffer.concat([Buffer.of(0), record])

describe('a packed instance', () => {
  test('is the decoded one, and written again it is the same record to the byte; every one without escapes is packed', () => {
    const packing = packingOf()
    fc.assert(
      fc.property(instances, instance => {
        const record = encodeInstance(instance)
        const id = instance.snapshot.context.identity.instanceId
        const packed = packedBy(packing, record, id)
        if (isPlainInstance(instance)) expect(packed[0]).not.toBe(0)
        const unpacked = packing.instance(id, packed)
        expect(unpacked).toEqual(decode(record))
        expect(encodeInstance(unpacked).toString()).toBe(record.toString())
        expect(packing.summary(packed)).toEqual(summaryOf(decode(record)))
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
  ] as const)('may be %s, its timer %s armed', (state, timer, compiled, happenings) => {
    const play = new Playthrough(compiled ?? quest(), { members: members(...(timer === 'lobby' ? [1] : [1, 2])) })
    play.send(...happenings)
    expect([play.state, ...Object.keys(play.deadlines)]).toEqual(
      expect.arrayContaining(timer ? [state, timer] : [state]),
    )
    const record = encodeInstance({
      snapshot: play.snapshot,
      definition: 'd@1',
      armedBy: timer ? { [timer]: 'x' } : {},
    })
    const packing = packingOf()
    const packed = packedBy(packing, record)
    expect(packed[0]).not.toBe(0)
    expect(packing.summary(packed)).toMatchObject({ state })
    expect(packing.summary(packed)).toEqual(summaryOf(decode(record)))
    expect(packing.instance(INSTANCE, packed)).toEqual(decode(record))
  })

  test('is none that the decoder refuses or understands in another way, however a record was damaged', () => {
    const packing = packingOf()
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
        const record = Buffer.from(text, 'latin1')
        const id = instance.snapshot.context.identity.instanceId
        const packed = packedBy(packing, record, id)
        if (packed[0] === 0) {
          expect(packed).toEqual(asItIs(record))
          return
        }
        taken += 1
        expect(packing.summary(packed)).toEqual(summaryOf(decode(record)))
        expect(packing.instance(id, packed)).toEqual(decode(record))
      }),
      { numRuns: 1500 },
    )
    expect(taken).toBeGreaterThan(0)
  })

  const record = encodeInstance({
    snapshot: new Playthrough(QUESTS[1] ?? quest()).snapshot,
    definition: 'd@1',
    armedBy: {},
  })
  const text = record.toString()
  test.each([
    ['a number with a leading zero', text.replace('"attempts":0', '"attempts":00')],
    ['a fraction', text.replace('"attempts":0', '"attempts":0.5')],
    ['a number beyond what is exact', text.replace('"attempts":0', '"attempts":9007199254740993')],
    ['one timer twice', text.replace('"deadlines":{', '"deadlines":{"quest":1,')],
    ['a timer of no known name', text.replace('"deadlines":{', '"deadlines":{"meal":1,')],
    ['a timer of no known name that was armed', text.replace('"armedBy":{', '"armedBy":{"meal":"x"')],
    ['a state where no instance rests', text.replace('"value":"active"', '"value":"failed"')],
    ['an `advance` of no known name', text.replace('"advance":"command"', '"advance":"never"')],
    ['a later version', text.replace('"version":1', '"version":3')],
    ['a version before the first', text.replace('"version":1', '"version":0')],
    ['custom data of version 1', text.replace('"data":{}', '"data":{"dlever":1}')],
    ['a count under a key of a prototype', text.replace('"items":{', '"items":{"__proto__":1')],
    ['custom data under a key of a prototype', text.replace('"data":{', '"data":{"__proto__":"x"')],
    ['an escape in a text', text.replace('"data":{}', '"data":{"dlever":"\\u0075p"}')],
    ['the id of another instance', text.replace(INSTANCE, INSTANCE.replace('6f1b', '7f1b'))],
    ['a field more', text.replace('"attempts":0', '"attempts":0,"more":1')],
    ['spaces', JSON.stringify(JSON.parse(text), null, 1)],
    ['something behind its end', `${text} `],
    ['an end that is missing', text.slice(0, -1)],
    ['nothing', ''],
  ])('is none of a record with %s: it stays as it is', (_, other) => {
    expect(text === other).toBe(false)
    const packing = packingOf()
    expect(packedBy(packing, record)[0]).not.toBe(0)
    expect(packedBy(packing, Buffer.from(other))).toEqual(asItIs(Buffer.from(other)))
    expect(packing.instance(INSTANCE, packedBy(packing, record))).toEqual(decode(record))
  })

  test('that stayed as it is can be read all the same', () => {
    const packing = packingOf()
    const spaced = Buffer.from(JSON.stringify(JSON.parse(text), null, 1))
    expect(packing.instance(INSTANCE, packedBy(packing, spaced))).toEqual(decode(record))
    expect(packing.summary(packedBy(packing, spaced))).toEqual(summaryOf(decode(record)))
    expect(() => packing.instance(INSTANCE, packedBy(packing, Buffer.from('oops')))).toThrow(UnrestorableError)
  })

  test('is packed of its record alone where others lie around it', () => {
    const packing = packingOf()
    const around = Buffer.concat([record, record, record])
    const part = (start: number, end: number) => packedBy(packing, around.subarray(start, end))
    expect(part(record.length, 2 * record.length)).toEqual(packedBy(packing, record))
    expect(part(record.length, 2 * record.length - 1)[0]).toBe(0)
    expect(part(record.length, 2 * record.length + 1)[0]).toBe(0)
  })

  test('has the tenant, the texts of its quest and its id in common with others of a shard, never with a stranger', () => {
    const packing = packingOf()
    const other = Buffer.from(text.replace('"majorVersion":83', '"majorVersion":87'))
    const packed = [record, other, record].map(one => packedBy(packing, one))
    const [first, second, third] = packed.map(one => packing.instance(INSTANCE, one).snapshot.context.identity.tenant)
    expect(first).toBe(third)
    expect(second).toEqual({ ...first, majorVersion: 87 })
    expect(packed.map(one => packing.summary(one).tenant)).toEqual([first, second, third])
  })

  test('of a tenant beyond the bound on what is kept in common stays as it is', () => {
    const packing = packingOf()
    const ofTenant = (number: number) => Buffer.from(text.replace('"majorVersion":83', `"majorVersion":${number}`))
    const all = Array.from({ length: SHARED_VALUES_MAX + 1 }, (_, at) => packedBy(packing, ofTenant(at)))
    expect(all.map(packed => packed[0] === 0).indexOf(true)).toBe(SHARED_VALUES_MAX)
    for (const at of [0, SHARED_VALUES_MAX - 1, SHARED_VALUES_MAX]) {
      const packed = all[at] ?? Buffer.alloc(0)
      expect(packing.instance(INSTANCE, packed)).toEqual(decode(ofTenant(at)))
    }
    expect(packedBy(packing, ofTenant(7))[0]).not.toBe(0)
  })

  test('keeps counts of more items than keys are remembered of', () => {
    const packing = packingOf()
    const items = Object.fromEntries(Array.from({ length: 10_000 }, (_, at) => [`i${4_000_000 + at}`, at]))
    const large = Buffer.from(text.replace('"items":{}', `"items":${JSON.stringify(items)}`))
    const packed = packedBy(packing, large)
    expect(packed[0]).not.toBe(0)
    expect(packing.instance(INSTANCE, packed)).toEqual(decode(large))
    expect(packing.instance(INSTANCE, packedBy(packing, record))).toEqual(decode(record))
  })

  test('is never of an id whose bytes only look like its characters', () => {
    const packing = packingOf()
    const odd = Buffer.from(text.replace(INSTANCE, 'é'), 'latin1')
    expect(packedBy(packing, odd, 'é' as InstanceId)).toEqual(asItIs(odd))
  })

  test('takes less than a quarter of its record', () => {
    const traceparent = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01'
    const play = new Playthrough(QUESTS[1] ?? quest(), { members: members(1, 2, 3, 4) })
    play.send(update({ 4001008: 3, 4001095: 1, 4001096: 9 }, { 9300002: 2, 9300061: 7 }))
    const armedBy = { quest: traceparent, stage: traceparent.replace('4bf9', '5bf9') }
    const record = encodeInstance({ snapshot: play.snapshot, definition: 'mill_pq@0123456789abcdef', armedBy })
    expect(packedBy(packingOf(), record).length).toBeLessThan(record.length / 4)
  })
})
