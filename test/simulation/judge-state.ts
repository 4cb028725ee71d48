/**
 * Holds state records to the model: each key that is given has exactly the value that the model would store, or none.
 * What armed a timer is a span, new each time, and is left out.
 */
import { encodeInstance } from '../../src/actor/snapshot-bytes.ts'
import type { InstanceId } from '../../src/contract/ids.ts'
import { isEffectKey } from './judge-effects.ts'
import type { ShardModel } from './shard-model.ts'

export function differencesOfState(model: ShardModel, values: ReadonlyMap<string, Buffer | null>): readonly string[] {
  const faults: string[] = []
  for (const [key, value] of values) {
    // Which number an effect gets is its owner's business: judge-effects.ts holds it to what it asks for.
    if (isEffectKey(key)) continue
    const wanted = wantedOf(model, key)
    const found = value === null ? undefined : textOf(key, value)
    if (found !== wanted) faults.push(`${key}: must be ${wanted ?? '(gone)'}\n    is ${found ?? '(gone)'}`)
  }
  return faults
}

function wantedOf(model: ShardModel, key: string): string | undefined {
  const slash = key.indexOf('/')
  const name = key.slice(slash + 1)
  switch (key.slice(0, slash)) {
    case 'instance': {
      const instance = model.instances.get(name as InstanceId)
      return instance && textOf(key, encodeInstance(instance))
    }
    case 'pending':
      return model.pending.has(name) ? PRESENT : undefined
    case 'definition':
      return [...model.instances.values()].some(({ definition }) => definition === name) ? PRESENT : undefined
    default:
      // The position is held to the log itself.
      return PRESENT
  }
}

const PRESENT = '(there)'

function textOf(key: string, value: Buffer): string {
  if (!key.startsWith('instance/')) return PRESENT
  const { armedBy: _, ...stored } = JSON.parse(value.toString())
  return JSON.stringify(stored)
}
