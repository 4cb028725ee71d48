/** One actor: where it is in its machine, what it was told and what came of it, and what it knows. */
import { useMemo } from 'preact/hooks'
import { Badge } from '../ui/badge.tsx'
import { Card } from '../ui/card.tsx'
import { stateOf } from './actor-list.tsx'
import type { Actor, Entry } from './inspected.ts'
import { JsonTree } from './json-tree.tsx'
import { MachinePicture } from './machine-picture.tsx'
import { activeStates } from './state-value.ts'

export function ActorView({ actor }: { readonly actor: Actor }) {
  const { machine, snapshot, entries, lastEvent, name } = actor
  const active = useMemo(() => activeStates(snapshot.value), [snapshot.value])
  const state = stateOf(actor)
  return (
    <>
      <Card title={name} subtitle={actor.sessionId} aside={<Badge tone="teal">{state}</Badge>} isFlush>
        {'root' in machine ? (
          <MachinePicture root={machine.root} active={active} label={`${name} is in ${state}`} />
        ) : (
          <p class="inspector-words dim">{machine.problem}</p>
        )}
      </Card>
      <div class="inspector-below">
        <Card title="Events" subtitle={countText(entries.length)} isFlush>
          {/* biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls, so it has to be reachable by key */}
          <ol class="events" tabIndex={0} aria-label="Events, the last one first">
            {entries.toReversed().map(entry => (
              <EventRow key={entry.number} entry={entry} />
            ))}
          </ol>
          {entries.length === 0 ? <p class="inspector-words dim">It was told nothing yet.</p> : null}
        </Card>
        <Card title="Snapshot" subtitle={snapshot.tags.join(', ')}>
          <div class="json">
            {lastEvent === undefined ? null : <JsonTree name="last event" value={lastEvent.json} />}
            <JsonTree key={actor.sessionId} name="context" value={snapshot.context} isOpen />
            {snapshot.output === undefined ? null : <JsonTree name="output" value={snapshot.output} isOpen />}
            {snapshot.error === undefined ? null : <JsonTree name="error" value={snapshot.error} isOpen />}
          </div>
        </Card>
      </div>
    </>
  )
}

function EventRow({ entry }: { readonly entry: Entry }) {
  const { at, type, payload, sourceId, after } = entry
  return (
    <li class="event">
      <time class="number faint">{at === 0 ? '' : timeText(at)}</time>
      <strong class="event-type">{type === '' ? '(not told)' : type}</strong>
      {after === undefined ? null : <Badge>{after}</Badge>}
      {sourceId === undefined ? null : <span class="faint">from {sourceId}</span>}
      <code class="event-payload" title={payload}>
        {payload}
      </code>
    </li>
  )
}

function countText(count: number): string {
  return count === 1 ? 'one' : String(count)
}

/** `18:03:07.120`, of the reader's own day. */
function timeText(at: number): string {
  const date = new Date(at)
  const part = (number: number, digits: number) => String(number).padStart(digits, '0')
  return `${part(date.getHours(), 2)}:${part(date.getMinutes(), 2)}:${part(date.getSeconds(), 2)}.${part(date.getMilliseconds(), 3)}`
}
