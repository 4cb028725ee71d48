/**
 * One instance: where it is and why, what comes next, and how to act on it. Shows what GET /api/instances/{id} says,
 * and says in words when there is no such instance, when it ended, and when nobody can tell.
 */
import type { ComponentChildren } from 'preact'
import { useEffect, useMemo } from 'preact/hooks'
import type { Instance, Machine } from '../../../src/api/documents.ts'
import type { Failure } from '../api/client.ts'
import { live } from '../api/live.ts'
import { chartGraph } from '../chart/graph.ts'
import { litBy } from '../chart/lit.ts'
import { questFacts } from '../chart/quest-facts.ts'
import { StateChart } from '../chart/state-chart.tsx'
import { hashOf } from '../route.ts'
import { Button } from '../ui/button.tsx'
import { Card } from '../ui/card.tsx'
import { Empty } from '../ui/empty.tsx'
import { ErrorNote } from '../ui/error-note.tsx'
import { Ghost } from '../ui/ghost.tsx'
import { ContextCard } from './context-card.tsx'
import { descriptionOf } from './description.ts'
import { InstanceHeader } from './instance-header.tsx'
import { useInstance, useMachine } from './instance-source.ts'
import { ProgressRail } from './progress-rail.tsx'
import { railOf } from './rail.ts'
import { SendCard } from './send-card.tsx'
import { TimelineCard } from './timeline-card.tsx'
import { TimersCard } from './timers-card.tsx'
import './instance.css'

const ABSENT = 404
const SILENT = 503

export function InstancePage({ id }: { readonly id: string }) {
  const { instance, failure, refresh } = useInstance(id)
  const machine = useMachine()
  const questName = instance?.questName
  useEffect(() => {
    if (questName !== undefined) document.title = `${questName} · ${id.slice(0, 8)} · Quest Console`
  }, [questName, id])
  if (instance === null) {
    if (failure === null) return <Waiting id={id} />
    return <Untold id={id} failure={failure} onRetry={refresh} />
  }
  return (
    <article class="instance">
      <InstanceHeader id={id} instance={instance} />
      <Notes instance={instance} failure={failure} onRetry={refresh} />
      <ProgressRail steps={railOf(instance)} state={instance.state} />
      <div class="instance-columns">
        <div class="instance-main">
          <ChartCard instance={instance} machine={machine} />
          <TimelineCard instance={instance} />
        </div>
        <div class="instance-side">
          <TimersCard instance={instance} />
          <SendCard id={id} instance={instance} />
          <ContextCard instance={instance} />
        </div>
      </div>
    </article>
  )
}

interface ChartCardProps {
  readonly instance: Instance
  readonly machine: Machine | null
}

/** The graph is of the definition: an operation colours the chart, and lays nothing out again. */
function ChartCard({ instance, machine }: ChartCardProps) {
  const { definition, quest, rules, currentStageIndex, stages, state } = instance
  const graph = useMemo(
    () => (machine === null ? null : chartGraph(machine, questFacts(quest, rules.advance))),
    // Of one definition there is one quest.
    [machine, definition, rules.advance],
  )
  const lit = useMemo(() => (machine === null ? undefined : litBy(machine, instance)), [machine, instance])
  const stage = `stage ${Math.min(currentStageIndex + 1, stages)} of ${stages}`
  return (
    <Card title="Statechart" subtitle={state === 'registering' ? undefined : stage} isFlush aside={<Legend />}>
      {graph === null ? (
        <div class="chart-ghost" />
      ) : (
        <StateChart graph={graph} lit={lit} stageWords={stage} description={descriptionOf(instance)} />
      )}
    </Card>
  )
}

function Legend() {
  return (
    <ul class="chart-legend" aria-hidden="true">
      <li data-tone="taken">taken</li>
      <li data-tone="possible">possible</li>
      <li data-tone="timer">timer</li>
    </ul>
  )
}

interface NotesProps {
  readonly instance: Instance
  readonly failure: Failure | null
  readonly onRetry: () => void
}

function Notes({ instance, failure, onRetry }: NotesProps) {
  if (failure?.status === ABSENT || instance.state === 'destroyed') return <Ended instance={instance} />
  if (failure?.status === SILENT) {
    return (
      <Note title={`${instance.owner.name} does not answer`} onRetry={onRetry}>
        <span>This is how the instance was last seen. It goes on as soon as its shard has an owner again.</span>
        {failure.details.map(detail => (
          <span class="dim" key={detail}>
            {detail}
          </span>
        ))}
      </Note>
    )
  }
  if (failure !== null) return <ErrorNote failure={failure} onRetry={onRetry} />
  if (live.value.phase !== 'reconnecting') return null
  return (
    <Note title="Not live just now">
      <span>The connection is being made again; until then this is how the instance was last seen.</span>
    </Note>
  )
}

function Ended({ instance: { journal, questId } }: { readonly instance: Instance }) {
  const last = journal.at(-1)
  const failed = journal.flatMap(({ messages }) => messages).find(({ type }) => type === 'FAILED')
  const reason = typeof failed?.reason === 'string' ? failed.reason.replaceAll('_', ' ') : undefined
  const how = failed !== undefined ? `failed${reason === undefined ? '' : ` (${reason})`}` : 'came to its end'
  return (
    <div class="note" data-tone={failed === undefined ? 'teal' : 'amber'} role="status">
      <strong>It ended</strong>
      <span>
        It {how}
        {last === undefined ? '' : `, by ${last.event.type} at ${timeOf(last.at)}`}. What is shown here is kept for a
        while, and then forgotten.
      </span>
      <a class="note-link" href={hashOf({ page: 'instances', search: `quest:${questId}` })}>
        Others of this quest
      </a>
    </div>
  )
}

const timeOf = (at: number) => new Date(at).toLocaleTimeString([], { hour12: false })

interface NoteProps {
  readonly title: string
  readonly onRetry?: () => void
  readonly children: ComponentChildren
}

function Note({ title, onRetry, children }: NoteProps) {
  return (
    <div class="note" data-tone="amber" role="status">
      <strong>{title}</strong>
      {children}
      {onRetry === undefined ? null : (
        <Button size="small" onClick={onRetry}>
          Ask again
        </Button>
      )}
    </div>
  )
}

function Untold({
  id,
  failure,
  onRetry,
}: {
  readonly id: string
  readonly failure: Failure
  readonly onRetry: () => void
}) {
  if (failure.status === ABSENT) {
    return (
      <Empty isPage title="There is no such instance">
        <p>
          <code>{id}</code> is not one of the instances that live now. It may have ended, and been forgotten since; or
          its id was not copied whole.
        </p>
        <p>
          <a class="button" href={hashOf({ page: 'instances', search: '' })}>
            All instances
          </a>
        </p>
      </Empty>
    )
  }
  if (failure.status === SILENT) {
    return (
      <Empty isPage title="Its owner does not answer">
        <p>Nobody can tell how {id.slice(0, 8)} is until its shard has an owner that answers. Nothing of it is lost.</p>
        {failure.details.map(detail => (
          <p key={detail}>{detail}</p>
        ))}
        <p>
          <Button onClick={onRetry}>Ask again</Button>{' '}
          <a class="button" href={hashOf({ page: 'shards' })}>
            Shards
          </a>
        </p>
      </Empty>
    )
  }
  return <ErrorNote failure={failure} onRetry={onRetry} />
}

/** The page's own shape, still. */
function Waiting({ id }: { readonly id: string }) {
  return (
    <article class="instance" aria-busy="true">
      <header class="instance-head">
        <div class="instance-title">
          <h1>
            <Ghost width={180} />
          </h1>
          <span class="instance-id mono dim">{id}</span>
        </div>
      </header>
      <div class="card rail-ghost" />
      <div class="instance-columns">
        <div class="instance-main">
          <Card title="Statechart" isFlush>
            <div class="chart-ghost" />
          </Card>
          <Card title="Timeline" />
        </div>
        <div class="instance-side">
          <Card title="Timers" />
          <Card title="Send command" />
          <Card title="Context" />
        </div>
      </div>
    </article>
  )
}
