/**
 * The dead letters of all partitions, newest first, a page at a time. Each page reads the log anew, with a reader of
 * its own; keeps nothing, belongs to no group, writes nothing.
 */
import type { Clock } from '../clock.ts'
import type { OffsetRange, Transport } from '../transport/port.ts'
import type { DeadLetterCursor } from './dead-letter-cursor.ts'
import { readTail, TAIL_CHARACTERS_MAX, type Tail } from './dead-letter-tail.ts'
import type { DeadLetter } from './documents.ts'
import { requireTopics } from './existing-topics.ts'

export interface DeadLetterPage {
  readonly letters: readonly DeadLetter[]
  /** `undefined`: there is nothing older. */
  readonly next: DeadLetterCursor | undefined
}

export interface DeadLetterPages {
  /**
   * At most `size`, perhaps fewer although there are more: where they are long, or far between gaps.
   * @returns 'busy' while READERS_MAX others are reading
   * @throws TransportUnavailableError
   */
  page(before: DeadLetterCursor | undefined, size: number): Promise<DeadLetterPage | 'busy'>
}

export const READERS_MAX = 4
const PATIENCE_MS = 2000
const READ_AHEAD = { recordsMax: 250, bytesMax: 256 << 10 }

export function createDeadLetterPages(options: {
  readonly transport: Pick<Transport, 'admin' | 'openReader'>
  readonly topic: string
  readonly clock: Clock
}): DeadLetterPages {
  const { transport, topic, clock } = options
  let readers = 0

  const read = async (before: DeadLetterCursor | undefined, size: number): Promise<DeadLetterPage> => {
    const deadline = clock.elapsed() + PATIENCE_MS
    const ranges = await rangesOf(transport, topic)
    const asked = [...ranges].flatMap(([partition, { earliest, end }]) => {
      const below = before === undefined ? end : Math.min(end, before.get(partition) ?? 0)
      return below > earliest ? [{ place: { topic, partition }, range: { earliest, end: below } }] : []
    })
    const reader = transport.openReader('dead-letters', READ_AHEAD)
    try {
      const isNewest = before === undefined
      const tails = asked.map(one => readTail(reader, clock, { ...one, isNewest, lettersMax: size, deadline }))
      return newestOf(await Promise.all(tails), size)
    } finally {
      await reader.close()
    }
  }

  return {
    async page(before, size) {
      if (readers === READERS_MAX) return 'busy'
      readers += 1
      try {
        return await read(before, size)
      } finally {
        readers -= 1
      }
    },
  }
}

async function rangesOf(
  transport: Pick<Transport, 'admin'>,
  topic: string,
): Promise<IterableIterator<[number, OffsetRange]>> {
  await requireTopics(transport.admin, [topic])
  return (await transport.admin.offsets(topic)).entries()
}

/**
 * The newest of all, by time between partitions and by offset within one. Stops before a partition whose next letter
 * nobody has read: there may be a newer one in it.
 */
function newestOf(tails: readonly Tail[], size: number): DeadLetterPage {
  const letters: DeadLetter[] = []
  const taken = new Map(tails.map(tail => [tail, 0]))
  let characters = 0
  while (letters.length < size && characters < TAIL_CHARACTERS_MAX) {
    let newest: { readonly tail: Tail; readonly letter: DeadLetter } | undefined
    let isUnknown = false
    for (const [tail, count] of taken) {
      const letter = tail.letters[count]
      if (letter === undefined) isUnknown ||= tail.floor > 0
      else if (newest === undefined || letter.at > newest.letter.at) newest = { tail, letter }
    }
    if (newest === undefined || isUnknown) break
    letters.push(newest.letter)
    characters += newest.letter.value?.length ?? 0
    taken.set(newest.tail, (taken.get(newest.tail) ?? 0) + 1)
  }
  const next = new Map<number, number>()
  for (const [tail, count] of taken) {
    const below = count === tail.letters.length ? tail.floor : (tail.letters[count - 1]?.offset ?? tail.below)
    if (below > 0) next.set(tail.partition, below)
  }
  return { letters, next: next.size > 0 ? next : undefined }
}
