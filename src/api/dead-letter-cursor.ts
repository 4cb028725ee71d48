/**
 * Where a page of dead letters goes on: by partition the offset below which everything is still to come, written
 * `0.17-3.4`. A partition that is not in it has nothing more. Knows no log.
 */

export type DeadLetterCursor = ReadonlyMap<number, number>

const PARTITION = /^(\d{1,4})\.(\d{1,16})$/

export function cursorText(cursor: DeadLetterCursor): string {
  return [...cursor].map(([partition, below]) => `${partition}.${below}`).join('-')
}

/** `undefined` for what `cursorText` never wrote. */
export function readCursor(text: string): DeadLetterCursor | undefined {
  const cursor = new Map<number, number>()
  for (const part of text.split('-')) {
    const [, partition, below] = PARTITION.exec(part) ?? []
    if (partition === undefined || !Number.isSafeInteger(Number(below))) return undefined
    if (cursor.has(Number(partition))) return undefined
    cursor.set(Number(partition), Number(below))
  }
  return cursor
}
