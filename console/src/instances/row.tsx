/**
 * One row of the list, and the same without data.
 */

import { hashOf } from '../route.ts'
import { StateBadge } from '../ui/badge.tsx'
import { Ghost } from '../ui/ghost.tsx'
import { Ago, Countdown } from '../ui/time.tsx'
import { counted } from '../ui/words.ts'
import type { Cause } from './cause.ts'
import { placeOf } from './cause.ts'
import type { Row } from './pages.ts'
import { Progress } from './progress.tsx'

interface InstanceRowProps {
  readonly row: Row
  /** Place among all, from 0. */
  readonly index: number
  readonly isSelected: boolean
}

const ID_SHOWN = 13

export function InstanceTableRow({ row: { id, attributes }, index, isSelected }: InstanceRowProps) {
  const { questName, questId, state, nextTimer, characters, partyId, lastOperation, shard } = attributes
  return (
    <tr class="instance-row" data-selected={isSelected} aria-rowindex={index + 2}>
      <th scope="row" class="c-id">
        <a class="mono" href={hashOf({ page: 'instance', id })} data-id={id} title={id}>
          {id.slice(0, ID_SHOWN)}
          <span class="id-rest">{id.slice(ID_SHOWN)}</span>
        </a>
        <span class="under dim">{questName}</span>
      </th>
      <td class="c-quest" title={questId}>
        {questName}
      </td>
      <td class="c-state">
        <StateBadge state={state} />
        <span class="under">
          <Progress of={attributes} />
        </span>
      </td>
      <td class="c-progress">
        <Progress of={attributes} />
      </td>
      <td class="c-timer">
        {nextTimer === null ? (
          <span class="faint">no timer</span>
        ) : (
          <>
            <Countdown dueAt={nextTimer.dueAt} /> <span class="faint mono">{nextTimer.name}</span>
          </>
        )}
      </td>
      <td class="c-party number">
        {partyId === 0 ? <span class="faint">none</span> : partyId}{' '}
        <span class="faint size" title={counted(characters.length, 'member')}>
          ×{characters.length}
        </span>
      </td>
      <td class="c-last">
        {lastOperation === null ? <span class="faint">not seen here</span> : <Last operation={lastOperation} />}
      </td>
      <td class="c-shard mono faint">
        s{shard}
        {lastOperation === null ? null : <span class="place"> · {placeOf(lastOperation.cause)}</span>}
      </td>
    </tr>
  )
}

function Last({
  operation,
}: {
  readonly operation: { readonly at: number; readonly type: string; readonly cause: Cause }
}) {
  return (
    <>
      {operation.type}{' '}
      <span class="faint">
        <Ago at={operation.at} />
      </span>
    </>
  )
}

/** Of the same height. */
export function GhostTableRow() {
  return (
    <tr class="instance-row">
      <th scope="row" class="c-id">
        <Ghost width={96} />
      </th>
      <td class="c-quest">
        <Ghost width={140} />
      </td>
      <td class="c-state">
        <Ghost width={62} />
      </td>
      <td class="c-progress">
        <Ghost width={90} />
      </td>
      <td class="c-timer">
        <Ghost width={76} />
      </td>
      <td class="c-party">
        <Ghost width={24} />
      </td>
      <td class="c-last">
        <Ghost width={150} />
      </td>
      <td class="c-shard">
        <Ghost width={60} />
      </td>
    </tr>
  )
}
