/**
 * State records of passive instances, as bytes outside the heap: appended to large slabs, so that a million of them
 * cost the collector nothing and pin none of the fetches that they came in. What is deleted leaves a hole; a slab with
 * too many is emptied into the newest one and let go. Knows no instance, only numbers (roster.ts).
 */

const SLAB_BYTES_MIN = 64 * 1024
const SLAB_BYTES_MAX = 1024 * 1024
/** A full slab is emptied once more than one in so many of its bytes is dead: two are copied to win one. */
const DEAD_SHARE = 3
/** Before each record: its length, and the number that it belongs to. */
const HEADER_BYTES = 8
/** Records start at multiples of this, so that a place in 32 GiB fits 32 bits. */
const UNIT_BYTES = 8
const UNITS_PER_SLAB = SLAB_BYTES_MAX / UNIT_BYTES
const FIRST_NUMBERS = 64
/** An arena without records keeps no more than this for the next ones. */
const EMPTY_BYTES_MAX = 2 * SLAB_BYTES_MIN

interface Slab {
  readonly bytes: Buffer
  used: number
  dead: number
}

export class RecordArena {
  readonly #slabs: (Slab | undefined)[] = []
  readonly #freeSlabs: number[] = []
  #open = -1
  /** The last one emptied, for the next one needed: what goes round and round is not asked of the system each time. */
  #spare: Buffer | undefined
  /** By number: 0 for none, else 1 more than slab and unit in one. */
  #places = new Uint32Array(FIRST_NUMBERS)
  #size = 0
  #liveBytes = 0
  #heldBytes = 0

  get size(): number {
    return this.#size
  }

  /** Of all slabs: what the records take, and their holes. */
  get heldBytes(): number {
    return this.#heldBytes
  }

  has(number: number): boolean {
    return (this.#places[number] ?? 0) !== 0
  }

  /** A view, good until the next change. */
  get(number: number): Buffer | undefined {
    const place = (this.#places[number] ?? 0) - 1
    if (place < 0) return undefined
    const slab = this.#slabs[Math.floor(place / UNITS_PER_SLAB)]
    if (slab === undefined) return undefined
    const at = (place % UNITS_PER_SLAB) * UNIT_BYTES
    const start = at + HEADER_BYTES
    return slab.bytes.subarray(start, start + slab.bytes.readUInt32LE(at))
  }

  /** Copies `bytes`; replaces what the number had. */
  put(number: number, bytes: Buffer): void {
    this.delete(number)
    if (number >= this.#places.length) this.#growPlaces(number)
    this.#append(number, bytes, 0, bytes.length)
    this.#size += 1
  }

  /** Whether there was one. */
  delete(number: number): boolean {
    const place = (this.#places[number] ?? 0) - 1
    if (place < 0) return false
    this.#places[number] = 0
    this.#size -= 1
    const index = Math.floor(place / UNITS_PER_SLAB)
    const slab = this.#slabs[index]
    if (slab === undefined) return true
    const bytes = entryBytes(slab.bytes.readUInt32LE((place % UNITS_PER_SLAB) * UNIT_BYTES))
    slab.dead += bytes
    this.#liveBytes -= bytes
    if (this.#size === 0 && this.#heldBytes > EMPTY_BYTES_MAX) this.clear()
    else if (index !== this.#open) this.#tidy(index)
    else if (slab.dead === slab.used) {
      slab.used = 0
      slab.dead = 0
    }
    return true
  }

  /** The numbers that have a record. */
  *numbers(): Iterable<number> {
    for (let number = 0; number < this.#places.length; number += 1) if (this.has(number)) yield number
  }

  clear(): void {
    this.#slabs.length = 0
    this.#freeSlabs.length = 0
    this.#open = -1
    this.#spare = undefined
    this.#places = new Uint32Array(FIRST_NUMBERS)
    this.#size = 0
    this.#liveBytes = 0
    this.#heldBytes = 0
  }

  #append(number: number, from: Buffer, start: number, end: number): void {
    const bytes = entryBytes(end - start)
    const index = this.#slabWith(bytes)
    const slab = this.#slabs[index]
    if (slab === undefined) return
    const at = slab.used
    slab.bytes.writeUInt32LE(end - start, at)
    slab.bytes.writeUInt32LE(number, at + 4)
    from.copy(slab.bytes, at + HEADER_BYTES, start, end)
    slab.used += bytes
    this.#liveBytes += bytes
    this.#places[number] = 1 + index * UNITS_PER_SLAB + at / UNIT_BYTES
  }

  /** The index of a slab with room; one that is larger than any slab gets one of its own. */
  #slabWith(bytes: number): number {
    if (bytes > SLAB_BYTES_MAX) return this.#newSlab(bytes)
    for (;;) {
      const open = this.#slabs[this.#open]
      if (open !== undefined && open.used + bytes <= open.bytes.length) return this.#open
      const full = this.#open
      const wanted = Math.max(bytes, this.#liveBytes, SLAB_BYTES_MIN)
      this.#open = this.#newSlab(Math.min(SLAB_BYTES_MAX, 2 ** Math.ceil(Math.log2(wanted))))
      // What lives in the full one may move to the new one and take the room.
      if (open !== undefined) this.#tidy(full)
    }
  }

  #newSlab(bytes: number): number {
    const index = this.#freeSlabs.pop() ?? this.#slabs.length
    if (this.#spare?.length !== bytes) {
      this.#heldBytes += bytes - (this.#spare?.length ?? 0)
      this.#spare = Buffer.allocUnsafeSlow(bytes)
    }
    this.#slabs[index] = { bytes: this.#spare, used: 0, dead: 0 }
    this.#spare = undefined
    return index
  }

  /** Empties a slab with too many holes and lets it go. */
  #tidy(index: number): void {
    const slab = this.#slabs[index]
    if (slab === undefined || slab.dead * DEAD_SHARE <= slab.used) return
    for (let at = 0; at < slab.used; ) {
      const length = slab.bytes.readUInt32LE(at)
      const number = slab.bytes.readUInt32LE(at + 4)
      if (this.#places[number] === 1 + index * UNITS_PER_SLAB + at / UNIT_BYTES) {
        this.#liveBytes -= entryBytes(length)
        this.#append(number, slab.bytes, at + HEADER_BYTES, at + HEADER_BYTES + length)
      }
      at += entryBytes(length)
    }
    this.#slabs[index] = undefined
    this.#freeSlabs.push(index)
    const isOrdinary = slab.bytes.length <= SLAB_BYTES_MAX
    this.#heldBytes -= (isOrdinary ? this.#spare : slab.bytes)?.length ?? 0
    if (isOrdinary) this.#spare = slab.bytes
  }

  #growPlaces(number: number): void {
    const grown = new Uint32Array(Math.max(number + 1, 2 * this.#places.length))
    grown.set(this.#places)
    this.#places = grown
  }
}

function entryBytes(length: number): number {
  return Math.ceil((HEADER_BYTES + length) / UNIT_BYTES) * UNIT_BYTES
}
