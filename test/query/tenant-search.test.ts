/**
 * What other services ask of instances: those of one tenant and of no other, those of one character without looking at
 * all, each with its stage, and how the ids are spread. On real shards.
 */
import { describe, expect, test } from 'vitest'
import { stageNow } from '../../src/api/documents.ts'
import { SPREAD_DIGITS, SPREAD_PLACES } from '../../src/api/view.ts'
import { parseSearch, tenantWord } from '../../src/query/search.ts'
import { FOUR_PASSES, quest, stage } from '../support/definitions.ts'
import { OTHER_TENANT, TENANT } from '../support/tenants.ts'
import { found, idsOf, type Scene, scene, searchOf, unhurried } from './scene.ts'

const STRANGE = { ...TENANT, region: 'G M/S%20:ü'.normalize() }
const TENANTS = [TENANT, OTHER_TENANT, { ...TENANT, minorVersion: 2 }, { ...TENANT, region: 'JMS' }]

/** In each tenant character 1001 in two channels, and two others in one. */
async function crowd(): Promise<Scene> {
  const stand = await scene({
    definitions: [quest({ duration: 600, stages: [stage(0, { duration: 120, clearConditions: [FOUR_PASSES] })] })],
    shards: 3,
    residentInstances: 2,
  })
  for (const tenant of TENANTS) {
    await stand.harness.register(1001, { tenant, partyId: 1 })
    await stand.harness.register(1001, { tenant, partyId: 1, channelId: 2 })
    await stand.harness.register(1002, { tenant, partyId: 1 })
    await stand.harness.register(1003, { tenant, partyId: 2 })
  }
  return stand
}

describe('the word for a tenant', () => {
  test.each([...TENANTS, STRANGE])('means that one alone: $region $majorVersion.$minorVersion', tenant => {
    const { id, ...whole } = tenant
    expect(searchOf(tenantWord(tenant)).terms).toEqual([{ kind: 'tenant', id, whole }])
  })

  test('means all of its id where it is the id alone, in any case', () => {
    expect(searchOf(`tenant:${TENANT.id.toUpperCase()}`).terms).toEqual([{ kind: 'tenant', id: TENANT.id }])
  })

  test.each([
    'tenant:',
    'tenant:083839c6',
    `tenant:${TENANT.id}/83.1`,
    `tenant:${TENANT.id}/83/GMS`,
    `tenant:${TENANT.id}/83.1/%`,
  ])('that is none is named with what would be: %s', text => {
    expect(parseSearch(text)).toEqual({ fault: expect.stringContaining(`tenant:${TENANT.id}/83.1/GMS`) })
  })
})

describe('a search', () => {
  test('for a tenant finds its instances and no other’s, whatever of it is the same', async () => {
    const { view } = await crowd()
    const all = await found(view, '')
    expect(all.total).toBe(12)
    for (const tenant of TENANTS) {
      const { rows, total } = await found(view, tenantWord(tenant))
      expect(total).toBe(3)
      expect(rows.map(({ row }) => row.tenant)).toEqual(rows.map(() => tenant))
    }
    expect((await found(view, `tenant:${TENANT.id}`)).total).toBe(12)
    expect((await found(view, tenantWord({ ...TENANT, region: 'gms' }))).total).toBe(0)
  })

  test('for a character finds what a look at all of them finds, resident or bytes', async () => {
    const { view, harness } = await crowd()
    const all = await found(view, '')
    const rowsOf = (number: number) =>
      all.rows.filter(({ row }) => row.characters.some(({ characterId }) => characterId === number))
    for (const number of [1001, 1002, 1003, 1004]) {
      const told = await found(view, `character:${number}`)
      expect(told.rows).toEqual(rowsOf(number))
      expect(told.total).toBe(rowsOf(number).length)
    }
    expect(await idsOf(view, `${tenantWord(TENANT)} character:1003`)).toHaveLength(1)
    expect(await idsOf(view, `${tenantWord(TENANT)} character:1001`)).toHaveLength(2)
    const [gone] = await idsOf(view, `${tenantWord(TENANT)} character:1003`)
    if (gone === undefined) throw new Error('1003 is in no instance')
    await harness.command('FORFEIT', gone)
    expect(await idsOf(view, `${tenantWord(TENANT)} character:1003`)).toEqual([])
    expect(await idsOf(view, 'character:1003 state:destroyed')).toEqual([gone])
  })

  test('tells the stage of each row as the instance itself does, and only where it is asked for', async () => {
    const { view } = await crowd()
    const { rows } = await view.instances(
      { search: searchOf(''), after: undefined, size: 250, include: ['stage'] },
      unhurried(),
    )
    expect(rows).toHaveLength(12)
    for (const { id, stage } of rows) {
      const answer = await view.instance(id, unhurried())
      expect(answer.kind === 'found' && stageNow.parse(answer.instance)).toEqual(stage)
    }
    expect((await found(view, '')).rows.every(row => row.stage === undefined)).toBe(true)
  })

  test('tells how many ids begin how, of all pages', async () => {
    const { view } = await crowd()
    const asked = { search: searchOf(tenantWord(TENANT)), after: undefined, size: 1, include: ['spread'] } as const
    const { spread = [] } = await view.instances(asked, unhurried())
    const wanted = Array.from({ length: SPREAD_PLACES }, () => 0)
    for (const id of await idsOf(view, tenantWord(TENANT))) {
      const place = Number.parseInt(id.slice(0, SPREAD_DIGITS), 16)
      wanted[place] = (wanted[place] ?? 0) + 1
    }
    expect(spread).toEqual(wanted)
    expect((await found(view, '')).spread).toBeUndefined()
  })
})
