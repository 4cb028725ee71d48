/**
 * The quests that this installation knows, with who plays them now and what `party-quests check` says of each. Shows
 * what GET /api/definitions says.
 */
import type { Definition, State } from '../../../src/api/documents.ts'
import { getDefinitions } from '../api/client.ts'
import { durationWords, listOf, numberOf, stagesOf } from '../instance/quest-words.ts'
import { hashOf } from '../route.ts'
import { Badge, StateBadge } from '../ui/badge.tsx'
import { Card } from '../ui/card.tsx'
import { Empty } from '../ui/empty.tsx'
import { ErrorNote, SilenceNotes } from '../ui/error-note.tsx'
import { GhostRows } from '../ui/ghost.tsx'
import { Table } from '../ui/table.tsx'
import { number } from '../ui/words.ts'
import { useAsked } from './asked.ts'
import './definitions.css'

const COLUMNS = ['quest', 'definition', 'stages', 'time', 'instances', 'checks']
const WIDTHS = [160, 200, 40, 60, 120, 60]
const PLAYED: readonly State[] = ['registering', 'active', 'cleared', 'completed', 'bonus']

export function DefinitionsPage() {
  const { value, failure, refresh } = useAsked('definitions', getDefinitions)
  const quests = value?.data ?? []
  return (
    <div class="definitions">
      <header class="definitions-head">
        <h1>Definitions</h1>
        <p class="dim">
          {value === null
            ? ' '
            : `${number(quests.length)} loaded, ${number(quests.filter(hasFaults).length)} with faults`}
        </p>
      </header>
      {failure === null ? null : <ErrorNote failure={failure} onRetry={refresh} />}
      <SilenceNotes silent={value?.meta.silent ?? []} />
      {value !== null && quests.length === 0 ? (
        <Empty title="No quest is loaded">
          <p>Put a definition into the folder that DEFINITIONS_DIR names, check it, and start the service again:</p>
          <pre>party-quests check definitions/my_quest.json</pre>
        </Empty>
      ) : (
        <Card isFlush>
          <Table caption="Quests that this installation knows" columns={COLUMNS}>
            {value === null && failure === null ? <GhostRows rows={7} widths={WIDTHS} /> : null}
            {quests.map(({ id, attributes }) => (
              <Row key={id} id={id} definition={attributes} />
            ))}
          </Table>
        </Card>
      )}
    </div>
  )
}

const hasFaults = ({ attributes: { findings } }: { attributes: Definition }) =>
  findings.some(({ severity }) => severity === 'fault')

function Row({ id, definition }: { readonly id: string; readonly definition: Definition }) {
  const { name, questId, isCurrent, quest } = definition
  return (
    <tr>
      <th scope="row">
        <a class="definition-name" href={hashOf({ page: 'definition', ref: id })}>
          {name}
        </a>
      </th>
      <td class="mono dim" title={id}>
        {questId}
        {isCurrent ? null : <Badge>older, played to its end</Badge>}
      </td>
      <td class="number">{stagesOf(quest).length}</td>
      <td class="dim">{durationWords(numberOf(quest.duration))}</td>
      <td>
        <Population definition={definition} />
      </td>
      <td>
        <Checks findings={definition.findings} />
      </td>
    </tr>
  )
}

/** Links to them, where there are any. */
export function Population({ definition: { instances, questId } }: { readonly definition: Definition }) {
  const shown = PLAYED.filter(state => (instances[state] ?? 0) > 0)
  if (shown.length === 0) return <span class="faint">none now</span>
  return (
    <span class="population">
      {shown.map(state => (
        <a
          key={state}
          href={hashOf({ page: 'instances', search: `quest:${questId} state:${state}` })}
          aria-label={`${instances[state]} ${state}, to the list`}
        >
          <StateBadge state={state} /> <span class="number">{number(instances[state] ?? 0)}</span>
        </a>
      ))}
    </span>
  )
}

export const SEVERITY_TONES = { fault: 'red', warning: 'amber', note: 'blue' } as const
const SEVERITIES = ['fault', 'warning', 'note'] as const

function Checks({ findings }: Pick<Definition, 'findings'>) {
  if (listOf(findings).length === 0) return <Badge tone="teal">all well</Badge>
  return (
    <span class="population">
      {SEVERITIES.map(severity => {
        const count = findings.filter(finding => finding.severity === severity).length
        return count === 0 ? null : (
          <Badge key={severity} tone={SEVERITY_TONES[severity]}>
            {count} {severity}
            {count === 1 ? '' : 's'}
          </Badge>
        )
      })}
    </span>
  )
}
