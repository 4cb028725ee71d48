/** The promises of GET /api/dead-letters: every one, once, newest first, through gaps and open transactions, bounded. */
import { describe, expect, it } from 'vitest'
import { cursorText, readCursor } from '../../src/api/dead-letter-cursor.ts'
import { DOCUMENTS } from '../../src/api/documents.ts'
import type { TransactionMark } from '../../src/transport/memory/partition-log.ts'
import { details, TOPICS } from '../http/http-scene.ts'
import { ManualClock } from '../support/manual-clock.ts'
import { apiScene } from './api-scene.ts'

type Scene = Awaited<ReturnType<typeof apiScene>>

async function page({ get }: Scene, query = '') {
  const response = await get(`/api/dead-letters${query}`)
  expect(response.status).toBe(200)
  return DOCUMENTS.DeadLetters.parse(await response.json())
}

/** All pages, from the first on. */
async function all(scene: Scene, size: number) {
  const ids: string[] = []
  const sizes: number[] = []
  for (let next: string | null = `?page[size]=${size}`; next !== null; ) {
    const { data, links } = await page(scene, next)
    ids.push(...data.map(({ id }) => id))
    sizes.push(data.length)
    next = links.next
  }
  return { ids, sizes }
}

const header = (name: string, value: string) => [name, Buffer.from(value)] as const

describe('GET /api/dead-letters', () => {
  it('shows a dead letter with its reason, its origin and its tenant', async () => {
    const scene = await apiScene()
    await scene.write(TOPICS.deadLetters, '{"type":"START"}', 2, [
      header('TENANT_ID', '00000000-0000-4000-8000-000000000001'),
      header('REGION', 'GMS'),
      ['MAJOR_VERSION', Buffer.from([0, 83])],
      ['MINOR_VERSION', Buffer.from([0, 1])],
      header('traceparent', '00-1-2-01'),
      ['odd', Buffer.from([0, 255])],
      header('error-code', 'UNKNOWN_INSTANCE'),
      header('error-message', 'no <b>such</b> instance'),
      header('origin-topic', 'C'),
      header('origin-partition', '4'),
      header('origin-offset', '17'),
      header('origin-timestamp', '1750000000000'),
    ])
    const { data, links } = await page(scene)
    expect(data).toEqual([
      {
        type: 'dead-letters',
        id: '2.0',
        attributes: {
          partition: 2,
          offset: 0,
          at: expect.any(Number),
          code: 'UNKNOWN_INSTANCE',
          reason: 'no <b>such</b> instance',
          origin: { topic: 'C', partition: 4, offset: 17, at: 1_750_000_000_000 },
          tenant: { id: '00000000-0000-4000-8000-000000000001', region: 'GMS', majorVersion: 83, minorVersion: 1 },
          value: '{"type":"START"}',
          isCut: false,
          headers: { traceparent: '00-1-2-01', odd: 'AP8=' },
        },
      },
    ])
    expect(links.next).toBeNull()
  })

  it('shows what is no dead letter of ours as far as it can, and cuts a value at 64 KiB', async () => {
    const scene = await apiScene()
    await scene.write(TOPICS.deadLetters, 'x'.repeat(70_000), 0, [header('origin-topic', 'C'), ['n', null]])
    await scene.write(TOPICS.deadLetters, null, 1)
    const { data } = await page(scene)
    const of = (id: string) => data.find(letter => letter.id === id)?.attributes
    expect(of('0.0')).toMatchObject({
      code: '',
      reason: '',
      origin: null,
      tenant: null,
      isCut: true,
      headers: { n: null },
    })
    expect(of('0.0')?.value).toHaveLength(65_536)
    expect(of('1.0')).toMatchObject({ value: null, isCut: false })
  })

  it('is empty where nothing was refused yet', async () => {
    const { data, links } = await page(await apiScene())
    expect([data, links.next]).toEqual([[], null])
  })

  it('has all of them once on its pages, newest first over all partitions', async () => {
    const clock = new ManualClock()
    const scene = await apiScene({}, clock)
    const written: string[] = []
    for (let n = 0; n < 60; n++) {
      const partition = n % 7 === 0 ? 0 : 1
      written.unshift(`${partition}.${written.filter(id => id.startsWith(`${partition}.`)).length}`)
      await scene.write(TOPICS.deadLetters, '{}', partition)
      await clock.advance(10)
    }
    const { ids, sizes } = await all(scene, 25)
    expect(ids).toEqual(written)
    expect(sizes).toEqual([25, 25, 10])
  })

  it('reads past markers and aborted records, and does not wait for what is not committed', async () => {
    const scene = await apiScene()
    const partition = scene.log.partitions(TOPICS.deadLetters)[0]
    if (partition === undefined) throw new Error('a topic without a partition')
    const write = (outcome: TransactionMark['outcome'], records: number) => {
      const mark: TransactionMark = { outcome: 'open' }
      const record = { key: null, value: Buffer.from(`{"in":"${outcome}"}`), headers: [] }
      partition.append(Array(records).fill(record), 0, mark)
      if (outcome === 'open') return
      mark.outcome = outcome
      partition.close(mark)
    }
    for (let n = 0; n < 5; n++) write('committed', 1)
    // More than several windows of a page of 3.
    write('aborted', 100)
    for (let n = 0; n < 5; n++) write('committed', 1)
    write('open', 2)
    const { ids } = await all(scene, 3)
    expect(ids).toEqual(['0.119', '0.117', '0.115', '0.113', '0.111', '0.8', '0.6', '0.4', '0.2', '0.0'])
  })

  it('shows what a compacted topic still holds', async () => {
    const scene = await apiScene()
    scene.log.deleteTopic(TOPICS.deadLetters)
    const config = { 'cleanup.policy': 'compact' }
    const topic = { topic: TOPICS.deadLetters, partitions: 1, replicationFactor: 1, config }
    await scene.transport.admin.createTopics([topic])
    const appender = scene.transport.openAppender('test')
    const record = { topic: TOPICS.deadLetters, partition: 0, value: Buffer.from('{}'), headers: [] }
    for (let n = 0; n < 40; n++) await appender.append([{ ...record, key: Buffer.from(n % 8 === 0 ? `${n}` : 'same') }])
    scene.log.compact(TOPICS.deadLetters)
    const { ids } = await all(scene, 4)
    expect(ids).toEqual(['0.39', '0.32', '0.24', '0.16', '0.8', '0.0'])
  })

  it('goes on where retention took away what a cursor stood on', async () => {
    const scene = await apiScene()
    for (let n = 0; n < 10; n++) await scene.write(TOPICS.deadLetters, '{}', 0)
    const { links } = await page(scene, '?page[size]=3')
    await scene.transport.admin.deleteRecords({ topic: TOPICS.deadLetters, partition: 0 }, 5)
    const rest = await page(scene, links.next ?? '')
    expect(rest.data.map(({ id }) => id)).toEqual(['0.6', '0.5'])
    expect(rest.links.next).toBeNull()
  })

  it('ends a page early where its values are large, and still has all of them', async () => {
    const scene = await apiScene()
    for (let n = 0; n < 150; n++) await scene.write(TOPICS.deadLetters, 'x'.repeat(65_536), n % 2)
    const { ids, sizes } = await all(scene, 250)
    expect([ids.length, new Set(ids).size]).toEqual([150, 150])
    expect(Math.max(...sizes)).toBeLessThanOrEqual(65)
  })

  it.each(['x', '0', '0.1-0.2', '0.-1', '99999.1', '0.99999999999999999'])('refuses the cursor %s', async cursor => {
    const { get } = await apiScene()
    const response = await get(`/api/dead-letters?page[after]=${cursor}`)
    expect([response.status, await details(response)]).toEqual([
      400,
      [expect.stringMatching(/^page\[after\]: .*links\.next/)],
    ])
  })

  it('takes a cursor that points behind the end, or at a partition that is not there, for what is there', async () => {
    const scene = await apiScene()
    await scene.write(TOPICS.deadLetters, '{}', 0)
    const { data } = await page(scene, '?page[after]=0.900-77.3')
    expect(data.map(({ id }) => id)).toEqual(['0.0'])
  })

  it('answers 503 and names the topic where it is gone', async () => {
    const scene = await apiScene()
    scene.log.deleteTopic(TOPICS.deadLetters)
    const response = await scene.get('/api/dead-letters')
    expect([response.status, await details(response)]).toEqual([503, [expect.stringContaining('no such topic: D')]])
  })

  it('answers 503 instead of a page that lacks what does not come in time', async () => {
    const clock = new ManualClock()
    const scene = await apiScene({}, clock)
    await scene.write(TOPICS.deadLetters, '{}', 1)
    const { transport } = scene
    const deaf = {
      ...transport,
      clusterId: 'test',
      openReader: () => ({
        close: async () => {},
        open: () => ({
          take: () => [],
          passedOver: 0,
          ready: () => new Promise<void>(() => {}),
          end: 0,
          position: 0,
          close: () => {},
        }),
      }),
    }
    const silent = await apiScene({ transport: { ...deaf, admin: transport.admin } }, clock)
    const asked = silent.get('/api/dead-letters')
    await clock.advance(3000)
    const response = await asked
    expect([response.status, await details(response)]).toEqual([503, [expect.stringContaining('partition 1')]])
  })

  it('lets four read at once, and a fifth when one of them is done', async () => {
    const scene = await apiScene()
    const statuses = await Promise.all(
      Array.from({ length: 6 }, async () => (await scene.get('/api/dead-letters')).status),
    )
    expect(statuses.sort()).toEqual([200, 200, 200, 200, 503, 503])
    expect((await scene.get('/api/dead-letters')).status).toBe(200)
  })
})

it('a cursor is read as it was written', () => {
  const cursor = new Map([
    [0, 17],
    [11, 4],
  ])
  expect(readCursor(cursorText(cursor))).toEqual(cursor)
})
