/** An InstanceId as it stands in an address. Says nothing about whether there is such an instance. */
import type { InstanceId } from '../contract/ids.ts'
import { isDashedUuid } from '../contract/uuid-text.ts'

/** `undefined` for what is no UUID of 36 characters. */
export function readInstanceId(text: string): InstanceId | undefined {
  return isDashedUuid(text) ? (text.toLowerCase() as InstanceId) : undefined
}
