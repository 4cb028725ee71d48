/**
 * Words on a tinted ground: states of instances, phases of shards, codes.
 */
import type { ComponentChildren } from 'preact'
import type { State } from '../../../src/api/documents.ts'

export type Tone = 'plain' | 'teal' | 'blue' | 'amber' | 'red' | 'violet'

export const STATE_TONES: Readonly<Record<State, Tone>> = {
  registering: 'blue',
  active: 'teal',
  cleared: 'teal',
  completed: 'violet',
  bonus: 'amber',
  destroyed: 'plain',
}

export function Badge({ tone = 'plain', children }: { readonly tone?: Tone; readonly children: ComponentChildren }) {
  return (
    <span class="badge" data-tone={tone}>
      {children}
    </span>
  )
}

export function StateBadge({ state }: { readonly state: State }) {
  return <Badge tone={STATE_TONES[state]}>{state}</Badge>
}
