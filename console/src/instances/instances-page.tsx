/**
 * The list of instances: search, counts by state, and rows that follow what happens.
 */
import { type Signal, useSignal } from '@preact/signals'
import { useCallback, useEffect, useMemo } from 'preact/hooks'
import { live } from '../api/live.ts'
import { navigate } from '../navigation.ts'
import { Card } from '../ui/card.tsx'
import { Empty } from '../ui/empty.tsx'
import { ErrorNote, SilenceNotes } from '../ui/error-note.tsx'
import { Ghost } from '../ui/ghost.tsx'
import { number } from '../ui/words.ts'
import './instances.css'
import { InstanceTable } from './instance-table.tsx'
import { InstanceList } from './list.ts'
import { SearchBox } from './search-box.tsx'
import { StateBar } from './state-bar.tsx'

const FAULT_ID = 'search-fault'

export function InstancesPage({ search }: { readonly search: string }) {
  const list = useList(search)
  const selected = useSignal<string | undefined>(undefined)
  const onSearch = useCallback((next: string, isFinal: boolean) => {
    navigate({ page: 'instances', search: next }, { replace: !isFinal })
  }, [])
  const found = list.found.value
  const failure = list.failure.value
  const isFault = failure?.status === 400
  return (
    <>
      <div class="page-head">
        <h1>Instances</h1>
        <p class="dim">
          {isFault ? null : found === undefined ? (
            <Ghost width={110} />
          ) : (
            `${number(found.total)} ${search === '' ? 'live' : 'found'}`
          )}
        </p>
      </div>
      <Card class="finder">
        <SearchBox search={search} faultId={isFault ? FAULT_ID : undefined} onSearch={onSearch} />
        {isFault ? (
          <p class="fault" id={FAULT_ID} role="alert">
            {failure.details.join(' ')}
          </p>
        ) : null}
        {isFault ? null : <StateBar found={found} search={search} onSearch={onSearch} />}
      </Card>
      {found === undefined ? null : <SilenceNotes silent={found.silent} />}
      {failure === undefined || isFault ? null : <ErrorNote failure={failure} onRetry={() => list.retry()} />}
      <Rows list={list} selected={selected} isFault={isFault} />
    </>
  )
}

interface RowsProps {
  readonly list: InstanceList
  readonly selected: Signal<string | undefined>
  readonly isFault: boolean
}

function Rows({ list, selected, isFault }: RowsProps) {
  const found = list.found.value
  if (isFault) return null
  if (found?.total === 0) return list.search === '' ? <NoInstances /> : <NothingFound search={list.search} />
  // Failed before anything came: the note says it, and ghosts would promise more.
  if (found === undefined && list.failure.value !== undefined) return null
  return <InstanceTable list={list} selected={selected} />
}

function NoInstances() {
  const { hello } = live.value
  return (
    <Card isFlush>
      <Empty title="No quest is being played">
        <p>
          An instance begins with a REGISTER command on the command topic, and shows up here as it is committed. Try:
        </p>
        <pre>npx party-quests send REGISTER --quest henesys_pq --party 7 --character 1001 --channel 1</pre>
        {hello?.durable === false ? (
          <p>
            This replica runs on the embedded log: what it holds ends with its process. <code>npm run demo</code> plays
            quests on one.
          </p>
        ) : null}
      </Empty>
    </Card>
  )
}

function NothingFound({ search }: { readonly search: string }) {
  return (
    <Card isFlush>
      <Empty title="Nothing is found">
        <p>
          No live instance fits <code>{search}</code>. Instances that ended are not kept.
        </p>
        <a class="button" href="#/instances">
          Show all
        </a>
      </Empty>
    </Card>
  )
}

/** A list of its own for each search. */
function useList(search: string): InstanceList {
  const list = useMemo(() => new InstanceList(search), [search])
  useEffect(() => () => list.close(), [list])
  return list
}
