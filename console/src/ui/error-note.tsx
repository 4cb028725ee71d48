/**
 * A failed answer as a strip that stays on the page, and the replicas that are silent as another.
 */
import type { Silence } from '../../../src/api/documents.ts'
import type { Failure } from '../api/client.ts'
import { Button } from './button.tsx'

interface ErrorNoteProps {
  readonly failure: Failure
  readonly onRetry?: () => void
}

export function ErrorNote({ failure, onRetry }: ErrorNoteProps) {
  return (
    <div class="note" role="alert">
      <strong>{failure.title}</strong>
      {failure.details.map(detail => (
        <span key={detail}>{detail}</span>
      ))}
      {onRetry === undefined ? null : (
        <Button size="small" onClick={onRetry}>
          Try again
        </Button>
      )}
    </div>
  )
}

/** `replica-2 does not answer: shards 4, 5 are missing here`; nothing where nobody is silent. */
export function SilenceNotes({ silent }: { readonly silent: readonly Silence[] }) {
  return (
    <>
      {silent.map(({ replica, shards, reason }) => (
        <div class="note" data-tone="amber" role="status" key={replica.name}>
          <strong>{replica.name} does not answer</strong>
          <span>{missing(shards)}</span>
          <span class="dim">{reason}</span>
        </div>
      ))}
    </>
  )
}

function missing(shards: readonly number[]): string {
  if (shards.length === 0) return 'its shards are missing here'
  return shards.length === 1 ? `shard ${shards[0]} is missing here` : `shards ${shards.join(', ')} are missing here`
}
