/** The actors that are inspected, each below the one that made it. Choosing one is all that it does. */
import { Badge, type Tone } from '../ui/badge.tsx'
import { type Actor, type ActorBranch, treeOf } from './inspected.ts'
import { valueText } from './state-value.ts'

interface ActorListProps {
  readonly actors: readonly Actor[]
  readonly chosen: string | undefined
  readonly onChoose: (sessionId: string) => void
}

const TONES: Readonly<Record<string, Tone>> = { active: 'teal', done: 'violet', error: 'red', stopped: 'plain' }

export function ActorList({ actors, chosen, onChoose }: ActorListProps) {
  return (
    <nav aria-label="Actors">
      <Branches branches={treeOf(actors)} chosen={chosen} onChoose={onChoose} />
    </nav>
  )
}

interface BranchesProps extends Omit<ActorListProps, 'actors'> {
  readonly branches: readonly ActorBranch[]
}

function Branches({ branches, chosen, onChoose }: BranchesProps) {
  return (
    <ul class="actors">
      {branches.map(({ actor, children }) => (
        <li key={actor.sessionId}>
          <button
            type="button"
            class="actor"
            aria-current={actor.sessionId === chosen ? 'true' : undefined}
            onClick={() => onChoose(actor.sessionId)}
          >
            <span class="actor-name">{actor.name}</span>
            <Badge tone={TONES[actor.snapshot.status] ?? 'plain'}>{stateOf(actor)}</Badge>
            {actor.name === actor.sessionId ? null : <span class="actor-id">{actor.sessionId}</span>}
          </button>
          {children.length === 0 ? null : <Branches branches={children} chosen={chosen} onChoose={onChoose} />}
        </li>
      ))}
    </ul>
  )
}

export function stateOf({ snapshot }: Actor): string {
  if (snapshot.value !== undefined) return valueText(snapshot.value)
  return snapshot.status === '' ? 'unknown' : snapshot.status
}
