/**
 * How far a quest is: a segment for each stage. Many stages share segments, so that it keeps its width.
 */
import type { InstanceRow } from '../../../src/api/documents.ts'
import { segmentsOf } from './segments.ts'

export function Progress({ of: row }: { readonly of: InstanceRow }) {
  const { segments, words } = segmentsOf(row)
  return (
    <span class="progress" role="img" aria-label={words} title={words}>
      {segments.map((segment, at) => (
        <span key={at} data-segment={segment} />
      ))}
    </span>
  )
}
