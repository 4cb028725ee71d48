/**
 * Reads a partition from its start to its last stable offset: what a shard restores from. Large fetches, the next one
 * under way while the last is handed on in small pieces, with a turn for everything else between them. A broker in
 * trouble is waited for up to a limit, and the reading goes on where it was.
 */
import { setImmediate } from 'node:timers/promises'
import { type LogRecord, partitionName, type TopicPartition } from '../../contract/log-record.ts'
import { reasonOf } from './broker-errors.ts'
import type { Connections } from './connections.ts'
import { fetchRequest } from './fetch-request.ts'
import type { KafkaOptions } from './kafka-options.ts'
import { offsetsOf } from './offset-lookup.ts'
import { check } from './protocol.ts'
import { type AbortedTransaction, committedBatches, offsetBehind } from './read-committed.ts'
import { type RecordBatch, readBatches, readRecords } from './record-batch-decoder.ts'

const FETCH_BYTES_MAX = 2 * 1024 * 1024
const FETCH_WAIT_MS = 100
/** About a millisecond's work for whoever applies them. */
const CHUNK_RECORDS_MAX = 500
const TROUBLE_WAIT_MS = 100
/** Trouble for longer than this, without a record read, is the caller's. */
const PATIENCE_MS = 10_000

/** Resolves with the offset at which it stopped. @throws ProtocolError, or of kafkajs; the signal's reason. */
export async function readToEnd(
  connections: Connections,
  options: KafkaOptions,
  partition: TopicPartition,
  onRecords: (records: readonly LogRecord[]) => void,
  signal: AbortSignal,
): Promise<number> {
  const patient = <T>(work: () => Promise<T>) => withPatience(connections, options, partition, work, signal)
  const end = await patient(() => onlyOffset(connections, partition, 'stable'))
  const start = await patient(() => onlyOffset(connections, partition, 'earliest'))
  let next = start
  let fetching = next < end ? patient(() => fetch(connections, partition, start)) : undefined
  while (fetching) {
    const { batches, aborted }: Fetched = await fetching
    const from = next
    const behind = offsetBehind(batches, from)
    next = behind
    fetching = behind < end ? patient(() => fetch(connections, partition, behind)) : undefined
    // Whoever gets these may throw; what the fetch under way then comes to is nobody's business.
    fetching?.catch(() => undefined)
    // A chunk is decoded when its turn comes: what waits is one buffer, not thousands of objects for the collector.
    for (const chunk of chunksOf(committedBatches(batches, aborted), partition, { from, end })) {
      signal.throwIfAborted()
      onRecords(chunk)
      await setImmediate()
    }
  }
  signal.throwIfAborted()
  return end
}

function* chunksOf(
  batches: Iterable<RecordBatch>,
  partition: TopicPartition,
  { from, end }: { readonly from: number; readonly end: number },
): Iterable<readonly LogRecord[]> {
  let waiting: LogRecord[] = []
  for (const batch of batches) {
    // What was appended behind the end meanwhile is not part of the answer.
    if (batch.baseOffset >= end) break
    readRecords(batch, partition, from, waiting)
    let given = 0
    for (; waiting.length - given >= CHUNK_RECORDS_MAX; given += CHUNK_RECORDS_MAX) {
      yield before(end, waiting.slice(given, given + CHUNK_RECORDS_MAX))
    }
    if (given > 0) waiting = waiting.slice(given)
  }
  if (waiting.length > 0) yield before(end, waiting)
}

function before(end: number, records: readonly LogRecord[]): readonly LogRecord[] {
  const last = records.findIndex(record => record.offset >= end)
  return last === -1 ? records : records.slice(0, last)
}

async function onlyOffset(
  connections: Connections,
  partition: TopicPartition,
  kind: 'stable' | 'earliest',
): Promise<number> {
  const [offset = 0] = await offsetsOf(connections, [partition], kind)
  return offset
}

interface Fetched {
  readonly batches: readonly RecordBatch[]
  readonly aborted: readonly AbortedTransaction[]
}

async function fetch(connections: Connections, partition: TopicPartition, from: number): Promise<Fetched> {
  const node = await connections.node(await connections.leader(partition))
  const bounds = {
    maxWaitMs: FETCH_WAIT_MS,
    bytesMin: 1,
    responseBytesMax: FETCH_BYTES_MAX,
    partitionBytesMax: FETCH_BYTES_MAX,
  }
  const fetched = (await node.send(fetchRequest([{ ...partition, from }], bounds))).get(partitionName(partition))
  if (!fetched) return { batches: [], aborted: [] }
  check(fetched.code, `a fetch of ${partitionName(partition)} from ${from}`, partition.topic)
  return { batches: readBatches(fetched.batches), aborted: fetched.aborted }
}

/** Tries again until it succeeds or patience is at its end: a new leader needs seconds, a restart from zero longer. */
async function withPatience<T>(
  connections: Connections,
  { clock, onNotice }: KafkaOptions,
  partition: TopicPartition,
  work: () => Promise<T>,
  signal: AbortSignal,
): Promise<T> {
  const since = clock.elapsed()
  for (;;) {
    signal.throwIfAborted()
    try {
      return await work()
    } catch (error) {
      if (clock.elapsed() - since > PATIENCE_MS) throw error
      onNotice('debug', `reading ${partitionName(partition)} failed, and is tried again`, { reason: reasonOf(error) })
      connections.forget(partition.topic)
      await clock.sleep(TROUBLE_WAIT_MS, signal)
    }
  }
}
