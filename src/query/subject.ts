/** One instance that is read about, wherever it was found: as a shard holds it now, or as it was before it ended. */
import type { Instance } from '../actor/instance.ts'
import type { InstanceId } from '../contract/ids.ts'

export interface Subject {
  readonly id: InstanceId
  readonly shard: number
  readonly instance: Instance
  readonly isEnded: boolean
}
