/**
 * Promise: nothing that is sent is lost. Each record that cannot take effect is one dead letter with code, reason and
 * origin, its key, value and headers as they came; the record behind it takes its effect all the same.
 */
import { randomBytes } from 'node:crypto'
import { beforeAll, expect, it } from 'vitest'
import { makeTopics } from '../../scripts/kafka-broker/cluster-admin.ts'
import { describeWithKafkaAndJava } from '../support/brokers.ts'
import { instanceIdAt } from '../support/instance-id.ts'
import type { JavaHeaders, JavaNewRecord, JavaPosition, JavaRecord } from '../support/kafka/independent-client.ts'
import { commandRecord, newTraceparent, tenantHeaderList } from '../support/quest-client.ts'
import { OTHER_TENANT, TENANT } from '../support/tenants.ts'
import { type Installation, installations, publicTopics } from './installation.ts'
import { LOAD_QUESTS } from './load-quests.ts'
import { ODD_RECORDS } from './odd-records.ts'

type NewRecord = Omit<JavaNewRecord, 'topic'>

/** max.message.bytes as Kafka ships: of a batch as it is sent. */
const BATCH_BYTES_MAX = 1_048_588
const BATCH_HEADER_BYTES = 61
const PARTITION = 1
/** From a command to its messages: far more than it takes, far less than any time-out. */
const DELAY_MS_MAX = 5_000

const CODES: Readonly<Record<string, string | undefined>> = {
  'not JSON': 'MALFORMED',
  'not UTF-8': 'MALFORMED',
  'an array': 'MALFORMED',
  'a wrong type': 'MALFORMED',
  'a number out of range': 'MALFORMED',
  'a count out of range': 'MALFORMED',
  'a prototype for a count': 'MALFORMED',
  'a type of nobody': 'MALFORMED',
  'a type of another service': undefined,
  'a missing header': 'MISSING_TENANT',
  'a header there twice': 'MISSING_TENANT',
  'a version in text': 'MISSING_TENANT',
  'an instance of another tenant': 'INSTANCE_NOT_FOUND',
  'an instance of nobody': 'INSTANCE_NOT_FOUND',
  'an instanceId that is none': 'MALFORMED',
  'a quest of nobody': 'QUEST_NOT_FOUND',
  'a tombstone': 'MALFORMED',
  'an empty value': 'MALFORMED',
}

describeWithKafkaAndJava('a record that takes no effect', kafka => {
  const install = installations()
  let installation: Installation
  /** Of a quest that is being played, which no odd record may touch. */
  let instanceId: string
  /** What became of the records of each kind, all sent in one go. */
  let fates: ReadonlyMap<string, Fate>
  let characters = 2000

  beforeAll(async () => {
    const { bootstrap } = kafka
    const prefix = `${kafka.topicPrefix()}-odd`
    // As an operator makes it who thinks of no limits.
    await makeTopics(bootstrap, [{ topic: publicTopics(prefix).deadLetters, partitions: 2 }])
    installation = await install({ bootstrap, prefix, definitions: LOAD_QUESTS })
    await (await installation.start('solo')).untilReady()
    const [place] = await installation.client.send([errand()])
    if (place === undefined) throw new Error('no place for a REGISTER')
    instanceId = instanceAt(place)
    const tenant = tenantHeaderList(TENANT)
    const subject = { partition: PARTITION, instanceId, tenant, otherTenant: tenantHeaderList(OTHER_TENANT) }
    const kinds = Object.entries(ODD_RECORDS).map(([kind, make]) => [kind, make(subject)] as const)
    const found = await send(kinds.map(([, record]) => record))
    fates = new Map(kinds.flatMap(([kind], index) => (found[index] === undefined ? [] : [[kind, found[index]]])))
  })

  it('is of a kind that this file knows', () => {
    expect(Object.keys(CODES)).toEqual(Object.keys(ODD_RECORDS))
  })

  it.each(Object.entries(CODES))('is buried untouched or skipped: %s', (kind, code) => {
    const fate = fates.get(kind)
    expect(fate?.followed, 'the record behind it took effect').toBe(true)
    if (code === undefined) expect(fate?.letters).toEqual([])
    else expectBuried(fate, fate?.record, code)
  })

  it('keeps headers in their order, doubled, named like numbers, without a value, and replaces our six alone', async () => {
    const headers = [
      ...tenantHeaderList(TENANT),
      ['10', 'ten'],
      ['9', 'nine'],
      ['x', Buffer.from([0, 255])],
      ['error-code', 'of an earlier death'],
      ['x', ''],
      ['X', null],
      ['__proto__', 'harmless'],
      ['origin-offset', '5'],
      ['traceparent', newTraceparent()],
    ] as const
    const record: NewRecord = { partition: PARTITION, key: Buffer.from([0, 255, 128]), value: '{', headers }
    const [fate] = await send([record])
    const untouched = headers.filter(([name]) => name !== 'error-code' && name !== 'origin-offset')
    expectBuried(fate, { ...record, headers: untouched }, 'MALFORMED')
  })

  it('is about an instance of the wrong version: an id of ours, were it not of version 8', async () => {
    const body = { instanceId: `${instanceId.slice(0, 14)}4${instanceId.slice(15)}` }
    const record = commandRecord({ worldId: 0, characterId: 1, type: 'FORFEIT', body }, TENANT, PARTITION)
    const [fate] = await send([record])
    expectBuried(fate, record, 'INSTANCE_NOT_FOUND')
  })

  it('is the largest that its topic takes, and is buried whole where it can be made smaller', async () => {
    const record = largestRecord(length => Buffer.alloc(length, 'x'))
    const tooLarge = { ...record, value: `${record.value}x` }
    await expect(installation.client.send([tooLarge])).rejects.toThrow(/larger/)

    const [fate] = await send([record])

    expectBuried(fate, record, 'MALFORMED')
  })

  it('is the largest that its topic takes, and is buried without its value where that does not fit', async () => {
    const record = largestRecord(randomBytes)

    const [fate] = await send([record])

    expectBuried(fate, { ...record, value: null }, 'MALFORMED')
    expect(headerOf(fate?.letters[0], 'error-message')).toMatch(/1048\d{3} bytes does not fit/)
  })

  it('is the largest that its topic takes, and is buried whole by a service that made the topics itself', async () => {
    const { bootstrap } = kafka
    const other = await install({ bootstrap, prefix: `${kafka.topicPrefix()}-room`, definitions: LOAD_QUESTS })
    await (await other.start('roomy')).untilReady()
    const record = largestRecord(randomBytes)

    const [fate] = await send([record], other)

    expectBuried(fate, record, 'MALFORMED')
  })

  it('is none, though it is of a mebibyte, if it only carries much that is not ours', async () => {
    const body = { questId: 'errand_pq', channelId: 1 }
    const command = { worldId: 0, characterId: ++characters, type: 'REGISTER', body, padding: 'x'.repeat(1_000_000) }
    const headers = tenantHeaderList(TENANT)
    const [fate] = await send([{ partition: PARTITION, key: null, value: JSON.stringify(command), headers }])
    expect(fate?.letters).toEqual([])
    expect(fate?.created).toBe(true)
  })

  it('has touched no quest: the one that was played all the while goes on, and nothing else was buried', async () => {
    const { client } = installation
    const update = { instanceId, itemCounts: { 4001008: 6 }, monsterKills: { 9300002: 1 } }
    await client.send([
      commandRecord({ worldId: 0, characterId: 1, type: 'UPDATE_STAGE_STATE', body: update }, TENANT, PARTITION),
      commandRecord(
        { worldId: 0, characterId: 1, type: 'STAGE_CLEAR_ATTEMPT', body: { instanceId } },
        TENANT,
        PARTITION,
      ),
    ])
    await client.untilIdle()
    const { status, deadLetters } = await client.read()
    const types = status
      .filter(({ key }) => String(key) === instanceId)
      .map(({ value }) => /"type":"([A-Z_]+)"/.exec(String(value))?.[1])
    expect(types).toEqual(['INSTANCE_CREATED', 'STARTED', 'STAGE_CLEARED'])
    // Those of the table, and of the four tests behind it.
    const refused = Object.values(CODES).filter(code => code !== undefined)
    expect(deadLetters).toHaveLength(refused.length + 4)
  })

  /** Registers somebody new, alone. */
  function errand(): NewRecord {
    const body = { questId: 'errand_pq', partyId: 0, channelId: 1, mapId: 0 }
    return commandRecord({ worldId: 0, characterId: ++characters, type: 'REGISTER', body }, TENANT, PARTITION)
  }

  /** Each record, and right behind it one that must take its effect; resolves with what became of them. */
  async function send(records: readonly NewRecord[], { client } = installation): Promise<readonly Fate[]> {
    const places = await client.send(records.flatMap(record => [record, errand()]))
    await client.untilIdle()
    const { status, deadLetters } = await client.read()
    const isCreated = (place: JavaPosition | undefined) => {
      const event = status.find(({ key }) => place !== undefined && String(key) === instanceAt(place))
      return event !== undefined && place !== undefined && event.timestamp - place.timestamp < DELAY_MS_MAX
    }
    return records.map((record, index) => {
      const place = places[2 * index]
      if (place === undefined) throw new Error('no place for a record')
      const letters = deadLetters.filter(letter => isOf(place, letter))
      return { record, place, letters, created: isCreated(place), followed: isCreated(places[2 * index + 1]) }
    })
  }

  function instanceAt(place: JavaPosition): string {
    const channel = { tenantId: TENANT.id, worldId: 0, channelId: 1 }
    return instanceIdAt(installation.client.clusterId, place, channel)
  }
})

/** What became of a record. */
interface Fate {
  readonly record: NewRecord
  readonly place: JavaPosition
  readonly letters: readonly JavaRecord[]
  /** Whether it made an instance itself, soon. */
  readonly created: boolean
  /** Whether the record behind it took its effect, soon. */
  readonly followed: boolean
}

function headerOf(record: JavaRecord | undefined, wanted: string): string | undefined {
  return record?.headers.findLast(([name]) => name === wanted)?.[1]?.toString()
}

function isOf({ partition, offset }: JavaPosition, letter: JavaRecord): boolean {
  return headerOf(letter, 'origin-partition') === `${partition}` && headerOf(letter, 'origin-offset') === `${offset}`
}

/** One letter: the record as it came, and behind its headers our six. */
function expectBuried(fate: Fate | undefined, record: NewRecord | undefined, code: string): void {
  if (fate === undefined || record === undefined) throw new Error('the record was not sent')
  const { place, letters, followed } = fate
  expect(followed, 'the record behind it took effect').toBe(true)
  expect(letters).toHaveLength(1)
  const [letter] = letters
  const reason = headerOf(letter, 'error-message') ?? ''
  expect(reason.length, 'a reason for people').toBeGreaterThan(10)
  const headers: JavaHeaders = [
    ...(record.headers ?? []).map(([name, value]) => [name, bytes(value)] as const),
    ['error-code', Buffer.from(code)],
    ['error-message', Buffer.from(reason)],
    ['origin-topic', Buffer.from(place.topic)],
    ['origin-partition', Buffer.from(`${place.partition}`)],
    ['origin-offset', Buffer.from(`${place.offset}`)],
    ['origin-timestamp', Buffer.from(`${place.timestamp}`)],
  ]
  expect(letter?.headers).toEqual(headers)
  expect(letter?.key).toEqual(bytes(record.key ?? null))
  // Compared as a whole: a difference in a mebibyte is not for reading.
  expect(same(letter?.value ?? null, bytes(record.value)), 'the value is untouched').toBe(true)
}

function same(one: Buffer | null, other: Buffer | null): boolean {
  return one === null || other === null ? one === other : one.equals(other)
}

function bytes(content: Buffer | string | null): Buffer | null {
  return content === null ? null : Buffer.from(content)
}

function largestRecord(contentOf: (length: number) => Buffer): NewRecord {
  const headers = [...tenantHeaderList(TENANT), ['traceparent', newTraceparent()]] as const
  return { partition: PARTITION, key: null, value: contentOf(largestValue(headers)), headers }
}

/** Of a record without a key that lies in its batch alone, as the format of record batches has it. */
function largestValue(headers: NonNullable<NewRecord['headers']>): number {
  let headerBytes = 1
  for (const [name, value] of headers) headerBytes += 2 + name.length + (value?.length ?? 0)
  // Attributes, timestamp and offset deltas, key length -1; then the lengths of value and record, of 4 bytes and of 3.
  const fixed = 4 + headerBytes
  for (let size = BATCH_BYTES_MAX; ; size--) {
    const record = fixed + varintBytes(size) + size
    if (BATCH_HEADER_BYTES + varintBytes(record) + record <= BATCH_BYTES_MAX) return size
  }
}

/** Zigzag, seven bits a byte. */
function varintBytes(length: number): number {
  return Math.ceil((Math.floor(Math.log2(length)) + 2) / 7)
}
