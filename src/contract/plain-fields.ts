/** Fields of a record as Go's decoder takes them, read without Zod: what is missing, or null, is the zero value. */
import { type InstanceId, NIL_INSTANCE } from './ids.ts'
import { parseUuid } from './uuid-text.ts'

/** `undefined` for anything but a whole number from 0 to `max`. */
export function readUint(value: unknown, max: number): number | undefined {
  if (value === undefined || value === null) return 0
  return typeof value === 'number' && Number.isInteger(value) && value >= 0 && value <= max ? value + 0 : undefined
}

/** `undefined` for anything but a UUID in any form. */
export function readInstanceId(value: unknown): InstanceId | undefined {
  if (value === undefined || value === null) return NIL_INSTANCE
  return typeof value === 'string' ? (parseUuid(value) as InstanceId | undefined) : undefined
}
