/**
 * One quest: its stages, its chart, and what `party-quests check` says of it. Shows what GET /api/definitions/{ref}
 * says, in words for people.
 */
import { useEffect, useMemo } from 'preact/hooks'
import type { Definition } from '../../../src/api/documents.ts'
import { getDefinition } from '../api/client.ts'
import { chartGraph } from '../chart/graph.ts'
import { questFacts } from '../chart/quest-facts.ts'
import { StateChart } from '../chart/state-chart.tsx'
import { useMachine } from '../instance/instance-source.ts'
import {
  durationWords,
  listOf,
  numberOf,
  objectOf,
  type StageFacts,
  stagesOf,
  textOf,
} from '../instance/quest-words.ts'
import { hashOf } from '../route.ts'
import { Badge } from '../ui/badge.tsx'
import { Card } from '../ui/card.tsx'
import { Empty } from '../ui/empty.tsx'
import { ErrorNote, SilenceNotes } from '../ui/error-note.tsx'
import { Ghost } from '../ui/ghost.tsx'
import { Table } from '../ui/table.tsx'
import { useAsked } from './asked.ts'
import { Population, SEVERITY_TONES } from './definitions-page.tsx'
import './definitions.css'

const ABSENT = 404

export function DefinitionPage({ definition: ref }: { readonly definition: string }) {
  const { value, failure, refresh } = useAsked(ref, signal => getDefinition(ref, signal))
  const name = value?.data.attributes.name
  useEffect(() => {
    if (name !== undefined) document.title = `${name} · Definitions · Quest Console`
  }, [name])
  if (value === null) {
    if (failure === null) return <Waiting />
    if (failure.status !== ABSENT) {
      return (
        <Empty isPage title="Nobody can tell now">
          <ErrorNote failure={failure} onRetry={refresh} />
        </Empty>
      )
    }
    return (
      <Empty isPage title="There is no such definition">
        <p>
          <code>{ref}</code> is not loaded, and no instance plays it any more.
        </p>
        <p>
          <a class="button" href={hashOf({ page: 'definitions' })}>
            All definitions
          </a>
        </p>
      </Empty>
    )
  }
  const definition = value.data.attributes
  return (
    <article class="definitions">
      <header class="definitions-head">
        <h1>{definition.name}</h1>
        <span class="mono dim">{definition.definition}</span>
        {definition.isCurrent ? null : <Badge>older: only played to its end</Badge>}
        <span class="definitions-aside">
          <Population definition={definition} />
        </span>
      </header>
      {failure === null ? null : <ErrorNote failure={failure} onRetry={refresh} />}
      <SilenceNotes silent={value.meta.silent} />
      <Findings findings={definition.findings} />
      <Stages definition={definition} />
      <div class="definition-columns">
        <Chart definition={definition} />
        <Facts quest={definition.quest} />
      </div>
    </article>
  )
}

const STAGE_COLUMNS = ['#', 'stage', 'kind', 'maps', 'is cleared with', 'time', 'then']

function Stages({ definition: { quest } }: { readonly definition: Definition }) {
  const stages = stagesOf(quest)
  return (
    <Card title="Stages" subtitle={stages.length} isFlush>
      <Table caption="Stages of the quest" columns={STAGE_COLUMNS}>
        {stages.map((stage, index) => (
          <tr key={`${index} ${stage.name}`}>
            <td class="number faint">{index + 1}</td>
            <th scope="row" class="definition-name">
              {stage.name}
            </th>
            <td class="dim">{stage.type}</td>
            <td class="number" title={stage.mapIds.join(', ')}>
              {stage.mapIds[0]}
              {stage.mapIds.length > 1 ? <span class="faint"> +{stage.mapIds.length - 1}</span> : null}
            </td>
            <td class="mono definition-conditions">
              {stage.conditions.length > 0 ? (
                stage.conditions.join(', ')
              ) : (
                <span class="faint">{stage.isScripted ? 'any attempt, by a script' : 'any attempt'}</span>
              )}
            </td>
            <td>{durationWords(stage.duration)}</td>
            <td class="dim">{follows(stage, index, stages.length, quest)}</td>
          </tr>
        ))}
      </Table>
    </Card>
  )
}

/** What comes after a stage, and after its time. */
function follows(stage: StageFacts, index: number, count: number, quest: Definition['quest']): string {
  const bonus = objectOf(quest.bonus)
  const end = bonus.entry === 'auto' ? 'bonus' : 'completed'
  const next = index + 1 < count ? `stage ${index + 2}` : end
  const stay = stage.warpType === 'none' && index + 1 < count ? ', without a warp' : ''
  const late = stage.duration === 0 ? '' : `; out of time: ${stage.onTimeout === 'fail' ? 'failed' : 'the same'}`
  return `${next}${stay}${late}`
}

function Chart({ definition: { quest, definition, name } }: { readonly definition: Definition }) {
  const machine = useMachine()
  const advance = quest.advance === 'automatic' ? 'automatic' : 'command'
  const graph = useMemo(
    () => (machine === null ? null : chartGraph(machine, questFacts(quest, advance))),
    [machine, definition, advance],
  )
  const count = stagesOf(quest).length
  return (
    <Card title="Life of an instance" subtitle="as this quest has it" isFlush>
      {graph === null ? (
        <div class="chart-ghost" />
      ) : (
        <StateChart
          graph={graph}
          lit={undefined}
          stageWords={count === 1 ? 'the stage' : `each of ${count} stages`}
          description={`Statechart of ${name}: ${graph.nodes.map(node => node.name).join(', ')}.`}
        />
      )}
    </Card>
  )
}

function Facts({ quest }: Pick<Definition, 'quest'>) {
  const registration = objectOf(quest.registration)
  const bonus = objectOf(quest.bonus)
  const requirements = listOf(quest.startRequirements).map(requirementWords)
  const facts: readonly (readonly [string, string])[] = [
    ['whole quest', durationWords(numberOf(quest.duration))],
    ['registers', registration.type === 'individual' ? 'one by one' : 'a party'],
    [
      'starts',
      registration.mode === 'timed'
        ? `after ${durationWords(numberOf(registration.duration))}, or by START`
        : 'at once',
    ],
    ['needs', requirements.length === 0 ? 'nothing' : requirements.join(', ')],
    [
      'a cleared stage',
      quest.advance === 'automatic'
        ? 'goes on by itself'
        : quest.advance === 'command'
          ? 'waits for STAGE_ADVANCE'
          : 'as ADVANCE says',
    ],
    [
      'bonus',
      quest.bonus === undefined || quest.bonus === null
        ? 'none'
        : `map ${numberOf(bonus.mapId)}, ${bonus.entry === 'auto' ? 'at once' : 'by hand'}${numberOf(bonus.duration) === 0 ? '' : `, ${durationWords(numberOf(bonus.duration))}`}`,
    ],
    ['exit', `map ${numberOf(quest.exit)}`],
  ]
  return (
    <Card title="Rules">
      <dl class="definition-facts">
        {facts.map(([name, words]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{words}</dd>
          </div>
        ))}
      </dl>
    </Card>
  )
}

const SIGNS: Readonly<Record<string, string>> = { eq: '=', gte: '≥', lte: '≤', gt: '>', lt: '<' }
const MEASURES: Readonly<Record<string, string>> = {
  party_size: 'party of',
  level_min: 'lowest level',
  level_max: 'highest level',
}

function requirementWords(given: unknown): string {
  const { type, operator, value } = objectOf(given)
  const sign = SIGNS[textOf(operator)] ?? textOf(operator)
  const what = MEASURES[textOf(type)] ?? textOf(type)
  const words = type === 'party_size' && operator === 'eq' ? what : `${what} ${sign}`
  // Not to be broken within: `≥ 35` alone on a line says nothing.
  return `${words} ${numberOf(value)}`.replaceAll(' ', '\u00a0')
}

function Findings({ findings }: Pick<Definition, 'findings'>) {
  if (findings.length === 0) return null
  return (
    <Card title="Checks" subtitle="what party-quests check says">
      <ul class="findings">
        {findings.map(({ severity, path, reason, cure }) => (
          <li key={`${path} ${reason}`} class="finding">
            <Badge tone={SEVERITY_TONES[severity]}>{severity}</Badge>
            <div>
              <p>
                <code>{path}</code> {reason}
              </p>
              {cure === '' ? null : <p class="dim">{cure}</p>}
            </div>
          </li>
        ))}
      </ul>
    </Card>
  )
}

function Waiting() {
  return (
    <article class="definitions" aria-busy="true">
      <header class="definitions-head">
        <h1>
          <Ghost width={220} />
        </h1>
      </header>
      <Card title="Stages" isFlush>
        <div class="definition-ghost" />
      </Card>
    </article>
  )
}
