/** The promises of the definitions' paths: what is loaded, what is only played, what is wrong with it. */
import { describe, expect, it } from 'vitest'
import { DOCUMENTS } from '../../src/api/documents.ts'
import { machineStates } from '../../src/chart/machine-chart.ts'
import { details } from '../http/http-scene.ts'
import { apiScene, COMPILED } from './api-scene.ts'
import { SILENCE } from './fake-view.ts'

const OLD = 'old_pq@fedcba9876543210'

describe('GET /api/definitions', () => {
  it('lists what is loaded with its findings and live instances, then what is only played to its end', async () => {
    const { get, view } = await apiScene()
    const kept = { questId: 'old_pq', name: 'Long Ago', duration: 5 }
    view.counted = {
      quests: [
        { definition: OLD, quest: kept, states: { bonus: 1 } },
        { definition: 'bare@1', states: { active: 3 } },
        { definition: COMPILED.ref, states: { active: 2 } },
      ],
      silent: [SILENCE],
    }
    const { data, meta } = DOCUMENTS.Definitions.parse(await (await get('/api/definitions')).json())
    expect(data.map(({ id, attributes }) => [id, attributes.isCurrent, attributes.name, attributes.instances])).toEqual(
      [
        [COMPILED.ref, true, 'The Old Mill', { active: 2 }],
        [OLD, false, 'Long Ago', { bonus: 1 }],
        ['bare@1', false, 'bare', { active: 3 }],
      ],
    )
    expect(data[0]?.attributes.quest).toMatchObject({ questId: 'mill_pq', duration: 1200 })
    expect(data[1]?.attributes.quest).toEqual(kept)
    // The second stage of the mill waits for custom data, which no command sets.
    expect(data[0]?.attributes.findings).toContainEqual(
      expect.objectContaining({ path: expect.stringMatching(/^\$\.stages\[1\]/), cure: expect.any(String) }),
    )
    expect(meta.silent).toEqual([SILENCE])
  })

  it('answers one by its reference, also one that is only played, and 404 for any other', async () => {
    const { get, view } = await apiScene()
    view.counted = { quests: [{ definition: OLD, states: { bonus: 1 } }], silent: [] }
    const current = DOCUMENTS.Definition.parse(await (await get(`/api/definitions/${COMPILED.ref}`)).json())
    expect([current.data.id, current.data.attributes.findings.length > 0]).toEqual([COMPILED.ref, true])
    const old = DOCUMENTS.Definition.parse(await (await get(`/api/definitions/${encodeURIComponent(OLD)}`)).json())
    expect(old.data.attributes).toMatchObject({ isCurrent: false, questId: 'old_pq', instances: { bonus: 1 } })
    const none = await get('/api/definitions/nobody@1')
    expect([none.status, await details(none)]).toEqual([404, [expect.stringContaining('nobody@1')]])
  })
})

describe('GET /api/machine', () => {
  it('draws the machine that runs, with all its transitions', async () => {
    const { get } = await apiScene()
    const { data } = DOCUMENTS.Machine.parse(await (await get('/api/machine')).json())
    expect(data.attributes.states.map(({ name, transitions }) => [name, transitions.length])).toEqual(
      machineStates().map(({ name, transitions }) => [name, transitions.length]),
    )
    expect(data.attributes.config).toMatchObject({ states: { registering: {} } })
  })
})
