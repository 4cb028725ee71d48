/**
 * How much one poll of a reader asks for, and what it waits for: bounds that fit each other. A partition alone can
 * always bring what a poll waits for; where it could not, a busy one would sit out the whole wait at each poll.
 */
import type { ReadAhead } from '../port.ts'
import type { FetchBounds } from './fetch-request.ts'

/** Also how long a feed that was just opened may wait for the poll that is under way. */
const FETCH_WAIT_MS = 50
const RESPONSE_BYTES_MAX = 8 * 1024 * 1024
const PARTITION_BYTES_MAX = 256 * 1024

export function fetchBounds({ bytesMax, pollBytesMin = 1 }: ReadAhead): FetchBounds {
  const partitionBytesMax = Math.min(Math.max(PARTITION_BYTES_MAX, pollBytesMin), bytesMax, RESPONSE_BYTES_MAX)
  return {
    maxWaitMs: FETCH_WAIT_MS,
    bytesMin: Math.min(pollBytesMin, partitionBytesMax),
    responseBytesMax: RESPONSE_BYTES_MAX,
    partitionBytesMax,
  }
}
