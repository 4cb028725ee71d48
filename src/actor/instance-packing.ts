/**
 * Passive instances of one shard in a fifth of the bytes of their state records (packed-layout.ts): in by way of the
 * record, out as the instance, or as what must be known of it without having it. What is no regular record stays as it
 * is, and the decoder is the judge. Only for the memory of this process: nothing of it is ever written to the log.
 */
import type { InstanceId } from '../contract/ids.ts'
import type { Instance } from './instance.ts'
import { PackedInstance } from './packed-instance.ts'
import { emptyTables, RAW } from './packed-layout.ts'
import { RecordPacker } from './record-packer.ts'
import { decodeInstance, type RulesOf } from './snapshot-bytes.ts'
import { type Summary, summaryOf } from './summary.ts'

export class InstancePacking {
  readonly #rulesOf: RulesOf
  readonly #packer: RecordPacker
  readonly #packed: PackedInstance

  constructor(rulesOf: RulesOf) {
    const tables = emptyTables()
    this.#rulesOf = rulesOf
    this.#packer = new RecordPacker(tables)
    this.#packed = new PackedInstance(tables, rulesOf)
  }

  /** The state record of the instance `id`, packed or else as it is: good until the next call. */
  pack(id: InstanceId, record: Buffer): Buffer {
    return this.#packer.pack(id, record)
  }

  /**
   * Of what `pack` made of the record of `id`. Keeps nothing of `packed`.
   * @throws UnrestorableError a record that was left as it is cannot be decoded
   */
  instance(id: InstanceId, packed: Buffer): Instance {
    return packed[0] === RAW ? this.#decoded(packed) : this.#packed.instance(id, packed)
  }

  /**
   * The same, only of what must be known.
   * @throws UnrestorableError a record that was left as it is cannot be decoded
   */
  summary(packed: Buffer): Summary {
    return packed[0] === RAW ? summaryOf(this.#decoded(packed)) : this.#packed.summary(packed)
  }

  #decoded(packed: Buffer): Instance {
    return decodeInstance(packed.subarray(1), this.#rulesOf)
  }
}
