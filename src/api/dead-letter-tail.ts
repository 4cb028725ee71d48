/**
 * The last committed records of one partition, read backwards in windows: what lies in a window is not known before it
 * was read, since markers, aborted and compacted records leave gaps. Bounded in records, bytes and time; writes nothing.
 */
import type { Clock } from '../clock.ts'
import type { LogRecord, TopicPartition } from '../contract/log-record.ts'
import { OffsetOutOfRangeError, TransportUnavailableError } from '../errors.ts'
import type { LogReader, OffsetRange } from '../transport/port.ts'
import { viewDeadLetter } from './dead-letter-view.ts'
import type { DeadLetter } from './documents.ts'

export interface Tail {
  readonly partition: number
  /** Where it began: everything below was asked for. */
  readonly below: number
  /** Newest first. */
  readonly letters: readonly DeadLetter[]
  /** Down to here all is in `letters`; 0 where the partition has nothing more. */
  readonly floor: number
}

export interface TailAsked {
  readonly place: TopicPartition
  /** What the log holds of the partition, as far as it is asked for. */
  readonly range: OffsetRange
  /** Whether records may wait behind an open transaction at the end of the range: they are not waited for. */
  readonly isNewest: boolean
  readonly lettersMax: number
  /** By `clock.elapsed()`. */
  readonly deadline: number
}

/** Of values, as text. */
export const TAIL_CHARACTERS_MAX = 4 << 20
/** How long a partition that answers may bring nothing before what is left counts as not committed. */
const QUIET_MS = 300
const POLL_MS = 10
const TAKE_MAX = 100

/** @throws TransportUnavailableError nothing of it could be read in time. */
export async function readTail(reader: LogReader, clock: Clock, asked: TailAsked): Promise<Tail> {
  const { place, range, lettersMax } = asked
  const { partition } = place
  const below = range.end
  const letters: DeadLetter[] = []
  let { earliest } = range
  let floor = below
  // Of our own transactions every second offset or so is a marker.
  for (let width = 2 * lettersMax; letters.length < lettersMax && floor > earliest; width *= 2) {
    const from = Math.max(earliest, floor - width)
    const read = await readWindow(reader, clock, asked, { from, to: floor })
    if (read === 'late') {
      if (floor < below) break
      const why = `its last records did not come in time from partition ${partition}`
      throw new TransportUnavailableError(`${place.topic} cannot be read now: ${why}; try again`)
    }
    letters.push(...read.letters.toReversed())
    floor = read.floor
    earliest = Math.max(earliest, read.earliest)
    if (read.isCut) break
  }
  return { partition, below, letters, floor: floor <= earliest ? 0 : floor }
}

interface Window {
  /** Oldest first. */
  readonly letters: readonly DeadLetter[]
  readonly floor: number
  readonly earliest: number
  /** The oldest were too much to keep. */
  readonly isCut: boolean
}

async function readWindow(
  reader: LogReader,
  clock: Clock,
  asked: TailAsked,
  { from, to }: { readonly from: number; readonly to: number },
): Promise<Window | 'late'> {
  const letters: DeadLetter[] = []
  let characters = 0
  let floor = from
  const keep = (record: LogRecord): void => {
    const letter = viewDeadLetter(record)
    letters.push(letter)
    characters += letter.value?.length ?? 0
    while (characters > TAIL_CHARACTERS_MAX || letters.length > asked.lettersMax) {
      const oldest = letters.shift()
      characters -= oldest?.value?.length ?? 0
      floor = (oldest?.offset ?? floor) + 1
    }
  }
  const done = (): Window => ({ letters, floor, earliest: 0, isCut: floor > from })
  const feed = reader.open(asked.place, from)
  let heardAt = clock.elapsed()
  try {
    for (;;) {
      const records = feed.take(TAKE_MAX)
      for (const record of records) if (record.offset < to) keep(record)
      if (feed.position >= to || (records.at(-1)?.offset ?? -1) >= to - 1) return done()
      const now = clock.elapsed()
      if (records.length > 0) heardAt = now
      // Its end is known with the first answer only.
      if (asked.isNewest && feed.end > from && now - heardAt >= QUIET_MS) return done()
      if (now >= asked.deadline) return 'late'
      if (records.length === 0) await Promise.race([feed.ready(), clock.sleep(POLL_MS)])
    }
  } catch (error) {
    if (!(error instanceof OffsetOutOfRangeError)) throw error
    // Retention or an operator was quicker: what is gone is gone, and the next page tells of what is left.
    return { letters: [], floor: to, earliest: error.earliest, isCut: true }
  } finally {
    feed.close()
  }
}
