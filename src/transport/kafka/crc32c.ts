/**
 * CRC-32C (Castagnoli), the checksum of record batches, eight bytes a step. kafkajs's takes one byte a step and is
 * the dearest part of its encoder. Written only, never checked: TCP and the broker have done that.
 */

const POLYNOMIAL = 0x82f63b78

function makeTables(): readonly Int32Array[] {
  const first = new Int32Array(256)
  for (let byte = 0; byte < 256; byte += 1) {
    let crc = byte
    for (let bit = 0; bit < 8; bit += 1) crc = crc & 1 ? (crc >>> 1) ^ POLYNOMIAL : crc >>> 1
    first[byte] = crc
  }
  const tables = [first]
  for (let step = 1; step < 8; step += 1) {
    const previous = tables[step - 1] ?? first
    tables.push(previous.map(crc => (first[crc & 255] ?? 0) ^ (crc >>> 8)))
  }
  return tables
}

const TABLES = makeTables()
// One constant each: an array look-up per byte would cost as much as the eight-byte step saves.
const table = (step: number): Int32Array => TABLES[step] ?? new Int32Array(256)
const T0 = table(0)
const T1 = table(1)
const T2 = table(2)
const T3 = table(3)
const T4 = table(4)
const T5 = table(5)
const T6 = table(6)
const T7 = table(7)

/** The checksum of `bytes` from `start` to `end`, as an unsigned 32-bit integer. */
export function crc32c(bytes: Buffer, start = 0, end = bytes.length): number {
  let crc = -1
  let at = start
  for (const last = end - 8; at <= last; at += 8) {
    const low = crc ^ int32(bytes, at)
    const high = int32(bytes, at + 4)
    crc =
      look(T7, low) ^
      look(T6, low >>> 8) ^
      look(T5, low >>> 16) ^
      look(T4, low >>> 24) ^
      look(T3, high) ^
      look(T2, high >>> 8) ^
      look(T1, high >>> 16) ^
      look(T0, high >>> 24)
  }
  for (; at < end; at += 1) crc = look(T0, crc ^ (bytes[at] ?? 0)) ^ (crc >>> 8)
  return (crc ^ -1) >>> 0
}

/** Buffer's own reader looks at the bounds of each. */
function int32(bytes: Buffer, at: number): number {
  return (bytes[at] ?? 0) | ((bytes[at + 1] ?? 0) << 8) | ((bytes[at + 2] ?? 0) << 16) | ((bytes[at + 3] ?? 0) << 24)
}

function look(entries: Int32Array, index: number): number {
  return entries[index & 255] ?? 0
}
