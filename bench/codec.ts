/**
 * What a record with six headers costs to write and to read: our encoder and decoder beside those of kafkajs, on the
 * same records, from records to the bytes of a Produce request and from fetched bytes to records. No broker.
 */
import { createRequire } from 'node:module'
import type { Headers, LogRecord } from '../src/contract/log-record.ts'
import { produceRequest } from '../src/transport/kafka/produce-request.ts'
import { readBatches, readRecords } from '../src/transport/kafka/record-batch-decoder.ts'
import { draftRecordBatch, splitIntoBatches } from '../src/transport/kafka/record-batch-encoder.ts'
import { RequestWriter } from '../src/transport/kafka/request-writer.ts'
import { updateCommand } from './commands.ts'
import { interleaved, median, type Result, rounded } from './figures.ts'
import { COMMAND_HEADERS } from './quest.ts'

const RECORDS = 500
/** Of all records, in each sample: long enough that the collector has its turn in it. */
const REPEATS = 50
const ROUNDS = 15
const TOPIC = 'bench'
const TIMEOUT_MS = 10_000
const NOW = 1_790_000_000_000
const PRODUCER = { producerId: 4711, producerEpoch: 3, baseSequence: 0, transactional: true }
const TRANSACTIONAL_ID = 'bench.shard-0'

/** The two parts of kafkajs that are compared; it gives them no types. */
interface Stock {
  readonly produce: (options: object) => { encode(): Promise<{ readonly buffer: Buffer }> }
  readonly decodeBatch: (decoder: object) => Promise<{ readonly records: readonly unknown[] }>
  readonly Decoder: new (bytes: Buffer) => object
}

interface Way {
  readonly what: string
  readonly who: 'kafkajs' | 'ours'
  /** Resolves with how many bytes or records it made, so that both ways are seen to have done the same. */
  readonly run: () => Promise<number>
}

export async function benchCodec(): Promise<Result> {
  const ways = waysOf()
  for (const way of ways) await once(way)
  const samples = await interleaved(ROUNDS, ways, once)
  const microsOf = (way: Way) => samples.get(way) ?? []
  return {
    compares:
      `Microseconds a record with six headers, ${RECORDS} records a batch: from records to the bytes of a Produce ` +
      `request, and from the bytes of a fetched batch to records; kafkajs 2.2.4's own and ours, median of ${ROUNDS} ` +
      'rounds in turns in one process.',
    tables: [
      {
        title: 'Codecs',
        rows: ways.map(way => {
          const stock = ways.find(({ what, who }) => what === way.what && who === 'kafkajs') ?? way
          return {
            what: way.what,
            who: way.who,
            'µs a record, median': rounded(median(microsOf(way))),
            min: rounded(Math.min(...microsOf(way))),
            max: rounded(Math.max(...microsOf(way))),
            '× faster': rounded(median(microsOf(stock)) / median(microsOf(way)), 2),
          }
        }),
      },
    ],
  }
}

function waysOf(): readonly Way[] {
  const stock = loadStock()
  const headers: Headers = COMMAND_HEADERS
  const values = Array.from({ length: RECORDS }, (_, index) =>
    updateCommand('11d84b5c-93cd-8a5c-a3a1-5f0e2d4c6b1a', index),
  )
  const key = Buffer.from('11d84b5c-93cd-8a5c-a3a1-5f0e2d4c6b1a')
  const records = values.map(value => ({ key, value, headers }))
  const stockHeaders = Object.fromEntries(headers)
  const messages = values.map(value => ({ key, value, headers: stockHeaders }))
  const partitions = [{ partition: 0, firstSequence: 0, messages }]
  const stockOptions = {
    acks: -1,
    timeout: TIMEOUT_MS,
    transactionalId: TRANSACTIONAL_ID,
    producerId: PRODUCER.producerId,
    producerEpoch: PRODUCER.producerEpoch,
    topicData: [{ topic: TOPIC, partitions }],
  }
  const draft = () => {
    const [run] = splitIntoBatches(records)
    if (run === undefined) throw new Error('there are no records')
    return draftRecordBatch(run, PRODUCER, NOW)
  }
  const drafted = draft()
  const batch = Buffer.alloc(drafted.size)
  drafted.writeTo(batch, 0)
  /** Used again and again, as a connection's are. */
  const frame = Buffer.alloc(2 * batch.length)
  return [
    {
      what: 'write',
      who: 'kafkajs',
      run: async () => (await stock.produce(stockOptions).encode()).buffer.length,
    },
    {
      what: 'write',
      who: 'ours',
      run: async () => {
        const writer = new RequestWriter(frame)
        writer.beginFrame()
        produceRequest([{ topic: TOPIC, partition: 0, batch: draft() }], TRANSACTIONAL_ID, TIMEOUT_MS).write(writer)
        return writer.frame().length
      },
    },
    {
      what: 'read',
      who: 'kafkajs',
      run: async () => (await stock.decodeBatch(new stock.Decoder(batch))).records.length,
    },
    {
      what: 'read',
      who: 'ours',
      run: async () => {
        const read: LogRecord[] = []
        for (const found of readBatches(batch)) readRecords(found, { topic: TOPIC, partition: 0 }, 0, read)
        return read.length
      },
    },
  ]
}

/** Microseconds a record. @throws Error it did not do all of it */
async function once({ what, run }: Way): Promise<number> {
  const startedAt = performance.now()
  let made = 0
  for (let repeat = 0; repeat < REPEATS; repeat++) made += await run()
  const micros = ((performance.now() - startedAt) * 1000) / (REPEATS * RECORDS)
  if (what === 'read' ? made !== REPEATS * RECORDS : made < REPEATS * RECORDS * 100) {
    throw new Error(`${what}: ${made} is not what ${RECORDS} records make`)
  }
  return micros
}

function loadStock(): Stock {
  const load = createRequire(import.meta.url)
  return {
    produce: load('kafkajs/src/protocol/requests/produce/v7/request'),
    decodeBatch: load('kafkajs/src/protocol/recordBatch/v0/decoder'),
    Decoder: load('kafkajs/src/protocol/decoder'),
  }
}
