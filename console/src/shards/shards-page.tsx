/**
 * The shards: who owns each and how it does, those in trouble first.
 */
import type { Document, Shard } from '../../../src/api/documents.ts'
import { getShards } from '../api/client.ts'
import { usePolled } from '../api/polled.ts'
import { ErrorNote, SilenceNotes } from '../ui/error-note.tsx'
import { Ghost } from '../ui/ghost.tsx'
import { Ago } from '../ui/time.tsx'
import { counted } from '../ui/words.ts'
import { GhostShardCard, ShardCard } from './shard-card.tsx'
import './shards.css'
import { inOrderOfTrouble, verdictOf } from './trouble.ts'

const EVERY_MS = 2000
/** The default of SHARDS. */
const GHOSTS = 12
const TROUBLES_SHOWN = 2

export function ShardsPage() {
  const { polled, again } = usePolled<Document<'Shards'>>(getShards, EVERY_MS)
  const { value, failure } = polled.value
  const shards = inOrderOfTrouble(value?.data.map(({ attributes }) => attributes) ?? [])
  const highest = Math.max(0, ...shards.flatMap(({ history }) => history))
  return (
    <>
      <div class="page-head">
        <h1>Shards</h1>
        <p class="dim">{value === undefined ? <Ghost width={240} /> : <Summary shards={shards} />}</p>
        <div class="page-aside">
          <Troubles shards={shards} />
        </div>
      </div>
      {failure === undefined ? null : <ErrorNote failure={failure} onRetry={again} />}
      {value === undefined ? null : <SilenceNotes silent={value.meta.silent} />}
      <ul class="shards" aria-busy={value === undefined}>
        {value === undefined && failure === undefined
          ? Array.from({ length: GHOSTS }, (_, at) => <GhostShardCard key={`ghost ${at}`} />)
          : shards.map(shard => <ShardCard key={shard.shard} shard={shard} highest={highest} />)}
      </ul>
    </>
  )
}

function Summary({ shards }: { readonly shards: readonly Shard[] }) {
  const owners = new Set(shards.flatMap(({ owner }) => (owner === null ? [] : [owner.name])))
  const instances = shards.reduce((sum, shard) => sum + shard.instances, 0)
  const since = shards.flatMap(({ ownedSince }) => ownedSince ?? [])
  return (
    <>
      {counted(shards.length, 'shard')} · {counted(owners.size, 'replica')} · {counted(instances, 'instance')}
      {since.length === 0 ? null : (
        <>
          {' '}
          · last rebalance <Ago at={Math.max(...since)} />
        </>
      )}
    </>
  )
}

function Troubles({ shards }: { readonly shards: readonly Shard[] }) {
  const bad = shards.filter(shard => verdictOf(shard).severity === 'bad')
  const more = bad.length - TROUBLES_SHOWN
  return (
    <>
      {bad.slice(0, TROUBLES_SHOWN).map(shard => (
        <span class="pill trouble" data-tone="red" key={shard.shard}>
          shard {shard.shard}: {verdictOf(shard).words}
        </span>
      ))}
      {more > 0 ? (
        <span class="pill" data-tone="red">
          and {counted(more, 'shard')} more
        </span>
      ) : null}
    </>
  )
}
