/**
 * One sample of path.ts: commands on their whole way through a replica, as bytes of a fetch in and bytes of a produce
 * out, in blocks; what each part of the way took is put to its account. Prints CPU microseconds a command as JSON.
 */
import { systemClock } from '../src/clock.ts'
import type { LogRecord, NewRecord } from '../src/contract/log-record.ts'
import { forward } from '../src/contract/shard-command.ts'
import { commandIntake } from '../src/ingress/intake.ts'
import { Journal } from '../src/journal/journal.ts'
import { Batch } from '../src/shard/batch.ts'
import { silentTelemetry } from '../src/telemetry.ts'
import { batchesOf, byPartition, type Sequences } from '../src/transport/kafka/produce-legs.ts'
import { readCommitted } from '../src/transport/kafka/read-committed.ts'
import { readBatches } from '../src/transport/kafka/record-batch-decoder.ts'
import {
  type BatchProducer,
  type BatchRecord,
  draftRecordBatch,
  NO_PRODUCER,
  splitIntoBatches,
} from '../src/transport/kafka/record-batch-encoder.ts'
import { createPartitioner } from '../src/transport/partitioner.ts'
import { loadOf } from './commands.ts'
import { PARTITIONS } from './fleet.ts'
import { BATCH, createLoneShard, SHARD_COMMANDS } from './lone-shard.ts'
import { PATH_BLOCKS, PATH_INSTANCES, PATH_MIX, PATH_PARTS, type PathPart, type PathSample } from './path.ts'
import { COMMAND_HEADERS } from './quest.ts'

const BLOCK_COMMANDS = 1000
const WARM_UP_BLOCKS = 120
const COMMANDS = 'commands'
const SHARD: Pick<LogRecord, 'topic' | 'partition'> = { topic: SHARD_COMMANDS, partition: 0 }

const shard = createLoneShard(PATH_INSTANCES, new Journal())
const intake = commandIntake({ topic: COMMANDS, telemetry: silentTelemetry })
const partitionOf = createPartitioner(0)
const producer: Omit<BatchProducer, 'baseSequence'> = { producerId: 1, producerEpoch: 1, transactional: true }
const sequences: Sequences = new Map()
const micros: Record<PathPart, number> = { ...PATH_PARTS }
/** Used again and again, as a connection's are. */
const REQUEST = Buffer.alloc(1 << 20)
let [offset, bytesOut] = [0, 0]

play(WARM_UP_BLOCKS, 1)
for (const part of partNames()) micros[part] = 0
play(PATH_BLOCKS, 2)
for (const part of partNames()) micros[part] /= PATH_BLOCKS * BLOCK_COMMANDS
const sample: PathSample = micros
process.stdout.write(`${JSON.stringify(sample)}\n`)

function partNames(): readonly PathPart[] {
  return Object.keys(PATH_PARTS) as PathPart[]
}

function play(blocks: number, seed: number): void {
  for (let block = 0; block < blocks; block++) {
    const { commands } = loadOf(PATH_MIX, shard.instanceIds, BLOCK_COMMANDS, 1000 * seed + block)
    const sent = written(commands.map(value => ({ key: null, value, headers: COMMAND_HEADERS })))
    const forwarded = forwardAll(placed(sent, offset))
    runAll(placed(forwarded, offset))
    offset += BLOCK_COMMANDS
  }
}

function written(records: readonly BatchRecord[]): Buffer {
  const [run] = splitIntoBatches(records)
  if (run === undefined) throw new Error('nothing to write')
  const { size, writeTo } = draftRecordBatch(run, NO_PRODUCER, systemClock.now())
  const bytes = Buffer.allocUnsafe(size)
  writeTo(bytes, 0)
  return bytes
}

/** As the broker would hand it out. */
function placed(batch: Buffer, base: number): Buffer {
  batch.writeBigInt64BE(BigInt(base), 0)
  return batch
}

/** Hop 1. */
function forwardAll(fetched: Buffer): Buffer {
  const records = spend('fetched', () => decoded(fetched, { topic: COMMANDS, partition: 0 }))
  const routed = spend('routed', () =>
    records.flatMap(record => [...intake.shardsOf(record, 1)].map(to => forward(record, to, SHARD_COMMANDS))),
  )
  return spend('forwarded', () => written(routed))
}

/** Hop 2, a transaction for at most BATCH of them. */
function runAll(fetched: Buffer): void {
  const { state, dependencies } = shard
  const records = spend('fetched', () => decoded(fetched, SHARD))
  for (let from = 0; from < records.length; from += BATCH) {
    const batch = new Batch(state, dependencies, Number.POSITIVE_INFINITY)
    spend('run', () => {
      for (const record of records.slice(from, from + BATCH)) batch.apply(record)
    })
    const changed = spend('state', () => batch.overlay.records())
    spend('written', () => write(batch, changed))
    spend('settled', () => batch.settle())
  }
}

function write(batch: Batch, changed: ReturnType<Batch['overlay']['records']>): void {
  const records: NewRecord[] = [...batch.outbox.records]
  for (const { key, value } of changed) records.push({ topic: 'shard-state', partition: 0, key, value, headers: [] })
  const timestamp = systemClock.now()
  for (const one of byPartition(records, record => partitionOf(record, PARTITIONS))) {
    for (const {
      batch: { size, writeTo },
    } of batchesOf(one, producer, sequences, timestamp)) {
      writeTo(REQUEST, 0)
      bytesOut += size
    }
  }
  if (bytesOut === 0) throw new Error('nothing to commit')
}

function decoded(bytes: Buffer, partition: Pick<LogRecord, 'topic' | 'partition'>): readonly LogRecord[] {
  return readCommitted(readBatches(bytes), [], partition, 0).records
}

/** CPU of all threads, so that the collector's helpers count where they help. */
function spend<T>(part: PathPart, work: () => T): T {
  const before = process.cpuUsage()
  const done = work()
  const { user, system } = process.cpuUsage(before)
  micros[part] += user + system
  return done
}
