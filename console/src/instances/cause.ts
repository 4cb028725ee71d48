/**
 * What set an operation off, in a few letters: `p3@1208072`, or `timer`. Pure.
 */
import type { InstanceRow } from '../../../src/api/documents.ts'

export type Cause = NonNullable<InstanceRow['lastOperation']>['cause']

export function placeOf(cause: Cause): string {
  return cause.kind === 'timer' ? 'timer' : `p${cause.partition}@${cause.offset}`
}
