/**
 * The same picture in fewer bytes: Chromium filters each row as a photograph would want it, and on flat areas and text
 * the plain bytes deflate better. Reads what Chromium writes, eight bits a channel without interlacing, and nothing else.
 */
import { crc32, deflateSync, inflateSync } from 'node:zlib'

const SIGNATURE_BYTES = 8
const CHANNELS: Readonly<Record<number, number>> = { 2: 3, 6: 4 }

/** @throws Error it is no such picture. */
export function smallerPng(png: Buffer): Buffer {
  const chunks = chunksOf(png)
  const header = chunks.find(({ type }) => type === 'IHDR')?.data
  const channels = CHANNELS[header?.[9] ?? -1]
  if (header === undefined || channels === undefined || header[8] !== 8 || header[12] !== 0) {
    throw new Error('not a PNG as Chromium writes them: eight bits a channel, in colours, not interlaced')
  }
  const pixels = inflateSync(Buffer.concat(chunks.filter(({ type }) => type === 'IDAT').map(({ data }) => data)))
  const rows = unfiltered(pixels, header.readUInt32BE(0) * channels, channels)
  const smaller = Buffer.concat([
    png.subarray(0, SIGNATURE_BYTES),
    chunk('IHDR', header),
    chunk('IDAT', deflateSync(rows, { level: 9 })),
    chunk('IEND', Buffer.alloc(0)),
  ])
  return smaller.length < png.length ? smaller : png
}

interface Chunk {
  readonly type: string
  readonly data: Buffer
}

function chunksOf(png: Buffer): readonly Chunk[] {
  const chunks: Chunk[] = []
  for (let at = SIGNATURE_BYTES; at < png.length; ) {
    const length = png.readUInt32BE(at)
    chunks.push({ type: png.toString('latin1', at + 4, at + 8), data: png.subarray(at + 8, at + 8 + length) })
    at += 12 + length
  }
  return chunks
}

function chunk(type: string, data: Buffer): Buffer {
  const body = Buffer.concat([Buffer.from(type, 'latin1'), data])
  const whole = Buffer.alloc(body.length + 8)
  whole.writeUInt32BE(data.length, 0)
  body.copy(whole, 4)
  whole.writeUInt32BE(crc32(body), body.length + 4)
  return whole
}

/** In place; each row begins with the number of its filter, 0 from then on. */
function unfiltered(pixels: Buffer, rowBytes: number, pixelBytes: number): Buffer {
  const stride = rowBytes + 1
  for (let start = 0; start < pixels.length; start += stride) {
    const filter = pixels[start] ?? 0
    pixels[start] = 0
    for (let at = start + 1; at < start + stride; at += 1) {
      const hasLeft = at - start > pixelBytes
      const left = hasLeft ? (pixels[at - pixelBytes] ?? 0) : 0
      const up = start === 0 ? 0 : (pixels[at - stride] ?? 0)
      const corner = hasLeft && start > 0 ? (pixels[at - stride - pixelBytes] ?? 0) : 0
      pixels[at] = ((pixels[at] ?? 0) + predicted(filter, left, up, corner)) & 0xff
    }
  }
  return pixels
}

/** PNG, "Filter types for filter method 0". */
function predicted(filter: number, left: number, up: number, corner: number): number {
  if (filter === 1) return left
  if (filter === 2) return up
  if (filter === 3) return (left + up) >> 1
  if (filter !== 4) return 0
  const [toLeft, toUp, toCorner] = [up - corner, left - corner, left + up - 2 * corner].map(Math.abs)
  if ((toLeft ?? 0) <= (toUp ?? 0) && (toLeft ?? 0) <= (toCorner ?? 0)) return left
  return (toUp ?? 0) <= (toCorner ?? 0) ? up : corner
}
