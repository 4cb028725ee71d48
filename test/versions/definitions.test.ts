/**
 * Promise: an instance plays by the definition that it was born with until it ends, whatever happens to the file, and
 * wherever it is played. Each deploy brings another set of files; the log keeps what is still played, and no more.
 */
import { afterEach, describe, expect, test } from 'vitest'
import type { CompiledDefinition } from '../../src/definitions/catalogue.ts'
import { quest, stage, TIMED } from '../support/definitions.ts'
import { FakeLookups, party } from '../support/fake-lookups.ts'
import { ShardHarness } from '../support/shard-harness.ts'

let harness: ShardHarness | undefined
afterEach(() => harness?.stop())
async function start(...definitions: readonly CompiledDefinition[]): Promise<ShardHarness> {
  harness = await ShardHarness.start({ definitions })
  return harness
}

const solo = (overrides = {}) => quest({ startRequirements: [], ...overrides })
/** Two stages on the maps 100 and 110, out to 900. */
const FIRST = solo()
/** Three stages on other maps, out to another. */
const CHANGED = solo({ exit: 901, stages: [200, 210, 220].map((mapId, index) => stage(index, { mapIds: [mapId] })) })

const definitionRecords = (h: ShardHarness) =>
  new Map([...h.state()].flatMap(([key, value]) => (key.startsWith('definition/') ? [[key, value] as const] : [])))
const recordOf = ({ ref, bytes }: CompiledDefinition) => [`definition/${ref}`, bytes.toString()] as const

/** `#1` over both stages and out. */
async function playFirst(h: ShardHarness, number: number): Promise<readonly string[]> {
  const { warps: first } = await seenAfter(h, () => h.command('STAGE_ADVANCE', number))
  const { warps: second } = await seenAfter(h, () => h.command('STAGE_ADVANCE', number))
  return [...first, ...second]
}

async function seenAfter(h: ShardHarness, act: () => Promise<unknown>) {
  await act()
  await h.clock.settle()
  return h.seen()
}

describe('a definition whose file changes while it is played', () => {
  test('is played to its end as it was, across restarts; who registers later plays the new one', async () => {
    const h = await start(FIRST)
    await h.register(1001)
    h.seen()
    await h.restart({ definitions: [CHANGED] })
    const { events, warps } = await seenAfter(h, () => h.register(1002))
    expect([events[1], warps]).toEqual(['#2 STARTED {"stageIndex":0,"mapIds":[200]}', ['1002 to 200 in #2']])
    await h.restart({ definitions: [CHANGED] })
    expect(await playFirst(h, 1)).toEqual(['1001 to 110 in #1', '1001 to 900 in nil'])
    await h.restart({ definitions: [CHANGED] })
    await h.command('STAGE_ADVANCE', 2)
    await h.command('STAGE_ADVANCE', 2)
    expect((await seenAfter(h, () => h.command('STAGE_ADVANCE', 2))).warps.at(-1)).toBe('1002 to 901 in nil')
    expect(h.stateKinds()).toEqual(['position'])
  })

  test('stays in the log byte for byte, beside the new one, until its own last instance is gone', async () => {
    const h = await start(FIRST)
    await h.register(1001)
    await h.register(1002)
    h.seen()
    expect(definitionRecords(h)).toEqual(new Map([recordOf(FIRST)]))
    await h.restart({ definitions: [CHANGED] })
    await h.register(1003)
    h.seen()
    expect(definitionRecords(h)).toEqual(new Map([recordOf(FIRST), recordOf(CHANGED)]))
    await h.command('FORFEIT', 1)
    await h.restart({ definitions: [CHANGED] })
    expect(definitionRecords(h)).toEqual(new Map([recordOf(FIRST), recordOf(CHANGED)]))
    await h.command('FORFEIT', 2)
    expect(definitionRecords(h)).toEqual(new Map([recordOf(CHANGED)]))
    await h.restart({ definitions: [FIRST] })
    await h.command('FORFEIT', 3)
    expect(definitionRecords(h)).toEqual(new Map())
  })

  test('keeps the requirements of a lobby that was opened before', async () => {
    const before = quest({ registration: TIMED })
    const h = await start(before)
    await h.register(1001, { partyId: 88 })
    h.seen()
    const four = [{ type: 'party_size', operator: 'gte', value: 4 }]
    await h.restart({ definitions: [quest({ registration: TIMED, startRequirements: four })] })
    await h.register(1002, { partyId: 88 })
    await h.clock.advance(60_000)
    expect(h.seen().events.at(-1)).toBe('#1 STARTED {"stageIndex":0,"mapIds":[100]}')
  })

  test('keeps the ADVANCE that it was born with, whatever the deployment says now', async () => {
    const h = await start(FIRST)
    await h.register(1001)
    h.seen()
    await h.restart({ definitions: [FIRST], rules: { advance: 'automatic' } })
    await h.command('STAGE_CLEAR_ATTEMPT', 1)
    expect(h.seen().events).toHaveLength(1)
    await h.register(1002)
    h.seen()
    await h.command('STAGE_CLEAR_ATTEMPT', 2)
    expect(h.seen().events).toHaveLength(2)
  })
})

describe('a definition whose file is deleted while it is played', () => {
  test('is played to its end; who registers later is refused', async () => {
    const h = await start(FIRST)
    await h.register(1001)
    h.seen()
    await h.restart({ definitions: [] })
    expect((await seenAfter(h, () => h.register(1002))).refused).toEqual(['QUEST_NOT_FOUND'])
    expect(await playFirst(h, 1)).toEqual(['1001 to 110 in #1', '1001 to 900 in nil'])
    expect(h.stateKinds()).toEqual(['position'])
  })

  test('lets a deadline that it has set pass on time', async () => {
    const h = await start(solo({ duration: 600 }))
    await h.register(1001)
    h.seen()
    await h.restart({ definitions: [] })
    await h.clock.advance(599_999)
    expect(h.seen().events).toEqual([])
    await h.clock.advance(1)
    expect(h.seen().events[0]).toBe('#1 FAILED {"reason":"time_expired"}')
  })

  test('refuses a registration that waits for a look-up, with its original', async () => {
    const lookups = new FakeLookups()
    const options = { services: { parties: true }, lookupClient: lookups }
    harness = await ShardHarness.start({ definitions: [quest()], ...options })
    const h = harness
    const sent = await h.register(1001, { partyId: 88 })
    await h.stop()
    const again = new FakeLookups()
    await h.takeOver({ definitions: [], services: options.services, lookupClient: again })
    again.answer(party(1001, 1002))
    await h.clock.settle()
    expect(h.seen()).toEqual({ events: [], warps: [], refused: ['QUEST_NOT_FOUND'] })
    expect(h.deadLetters()[0]?.value).toEqual(sent.value)
    expect(h.stateKinds()).toEqual(['position'])
  })
})

describe('a definition that returns', () => {
  test('is the one that is still played: one record serves who stayed and who comes', async () => {
    const h = await start(FIRST)
    await h.register(1001)
    h.seen()
    await h.restart({ definitions: [] })
    await h.restart({ definitions: [FIRST] })
    await h.register(1002)
    h.seen()
    expect(definitionRecords(h)).toEqual(new Map([recordOf(FIRST)]))
    await seenAfter(h, () => h.command('FORFEIT', 1))
    expect(definitionRecords(h)).toEqual(new Map([recordOf(FIRST)]))
    await h.restart({ definitions: [CHANGED] })
    expect(await playFirst(h, 2)).toEqual(['1002 to 110 in #2', '1002 to 900 in nil'])
  })

  test('after its last instance was gone is written anew', async () => {
    const h = await start(FIRST)
    await h.register(1001)
    h.seen()
    await h.command('FORFEIT', 1)
    expect(h.stateKinds()).toEqual(['position'])
    await h.restart({ definitions: [CHANGED] })
    await h.restart({ definitions: [FIRST] })
    await seenAfter(h, () => h.register(1001))
    expect(definitionRecords(h)).toEqual(new Map([recordOf(FIRST)]))
    await h.restart({ definitions: [] })
    expect(await playFirst(h, 2)).toEqual(['1001 to 110 in #2', '1001 to 900 in nil'])
  })

  test('in the operations of one batch in which its last instance goes and a new one comes, stays', async () => {
    const h = await start(FIRST)
    await h.register(1001)
    h.seen()
    await h.stop()
    await h.command('FORFEIT', 1)
    await h.register(1001)
    await h.takeOver({ definitions: [FIRST] })
    h.seen()
    expect(definitionRecords(h)).toEqual(new Map([recordOf(FIRST)]))
    await h.restart({ definitions: [] })
    expect(await playFirst(h, 2)).toEqual(['1001 to 110 in #2', '1001 to 900 in nil'])
  })
})

test('two replicas with different files take turns on a shard: each instance keeps what it was born with', async () => {
  const h = await start(FIRST)
  for (let turn = 0; turn < 6; turn++) {
    await h.restart({ definitions: [turn % 2 === 0 ? FIRST : CHANGED] })
    await h.register(1001 + turn)
    h.seen()
  }
  expect(definitionRecords(h)).toEqual(new Map([recordOf(FIRST), recordOf(CHANGED)]))
  for (let number = 1; number <= 6; number++) {
    await h.restart({ definitions: [number % 2 === 0 ? FIRST : CHANGED] })
    const { warps } = await seenAfter(h, () => h.command('STAGE_ADVANCE', number))
    expect(warps).toEqual([`${1000 + number} to ${number % 2 === 1 ? 110 : 210} in #${number}`])
    expect((await seenAfter(h, () => h.command('FORFEIT', number))).warps).toEqual([
      `${1000 + number} to ${number % 2 === 1 ? 900 : 901} in nil`,
    ])
  }
  expect(h.stateKinds()).toEqual(['position'])
})
