/**
 * What instance this is, in one line, and what can be taken from it: an inspector's address, a test fixture.
 */
import { useState } from 'preact/hooks'
import type { Instance } from '../../../src/api/documents.ts'
import { now } from '../api/live.ts'
import { hashOf } from '../route.ts'
import { StateBadge } from '../ui/badge.tsx'
import { Button } from '../ui/button.tsx'
import { countdown } from '../ui/words.ts'
import { AttachDialog } from './attach-dialog.tsx'
import { CopyButton } from './copy-button.tsx'
import { replayFile } from './replay-file.ts'

export function InstanceHeader({ id, instance }: { readonly id: string; readonly instance: Instance }) {
  const [isAttaching, setAttaching] = useState(false)
  const { questName, state, questId, definition, shard, owner } = instance
  return (
    <header class="instance-head">
      <div class="instance-title">
        <h1>{questName}</h1>
        <span class="instance-id mono dim" title={id}>
          {id}
        </span>
        <CopyButton text={id} what="the instance's id" />
      </div>
      <div class="instance-pills">
        <StateBadge state={state} />
        <a class="pill mono" href={hashOf({ page: 'definition', ref: definition })} title={definition}>
          {questId}
        </a>
        <a class="pill" href={hashOf({ page: 'shards' })} title={owner.url}>
          shard {shard} · {owner.name}
        </a>
        <span class="pill number">
          <Running instance={instance} />
        </span>
      </div>
      <div class="instance-actions">
        <Button onClick={() => setAttaching(true)}>Attach</Button>
        <Button
          hint="a JSON file that a test can play again"
          disabled={instance.journal.length === 0}
          onClick={() => download(id, instance)}
        >
          Export as test fixture
        </Button>
      </div>
      {isAttaching ? <AttachDialog id={id} onClose={() => setAttaching(false)} /> : null}
    </header>
  )
}

function Running({ instance: { state, startedAt, registeredAt, journal } }: { readonly instance: Instance }) {
  const since = startedAt ?? registeredAt
  const until = state === 'destroyed' ? (journal.at(-1)?.at ?? null) : null
  const word = state === 'destroyed' ? 'ran' : startedAt === null ? 'waiting' : 'running'
  return (
    <>
      {word} {countdown(Math.floor(((until ?? now.value) - since) / 1000) * 1000)}
    </>
  )
}

function download(id: string, instance: Instance): void {
  const text = `${JSON.stringify(replayFile(id, instance), null, 2)}\n`
  const url = URL.createObjectURL(new Blob([text], { type: 'application/json' }))
  const link = document.createElement('a')
  link.href = url
  link.download = `${instance.questId}-${id.slice(0, 8)}.replay.json`
  link.click()
  URL.revokeObjectURL(url)
}
