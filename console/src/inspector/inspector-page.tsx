/**
 * The receiver of Stately's inspector protocol: draws any XState 5 app that sends its frames to the relay, or that
 * opened this page as its inspector; with `?instance=<id>` in the hash, instances of this installation. Text only:
 * everything on it comes from outside.
 */
import { signal, useComputed, useSignal } from '@preact/signals'
import { useEffect } from 'preact/hooks'
import { route } from '../navigation.ts'
import { Badge, type Tone } from '../ui/badge.tsx'
import { Button } from '../ui/button.tsx'
import { Card } from '../ui/card.tsx'
import { Empty } from '../ui/empty.tsx'
import './inspector.css'
import { ActorList } from './actor-list.tsx'
import { ActorView } from './actor-view.tsx'
import { openMessages, openSocket, otherWindow, type SourceEvents, type SourceState } from './frame-sources.ts'
import { HowTo } from './how-to.tsx'
import { Inspected } from './inspected.ts'

interface SourceStatus {
  readonly state: SourceState
  readonly reason: string
}

/** Kept while the reader is on another page: an app that opened this window sends each frame once. */
const inspected = new Inspected()
/** What of it is on the screen: at most once a frame of the screen, however many frames came. */
const drawn = signal(present())
const opener = otherWindow()
const openerStatus = signal<SourceStatus | undefined>(undefined)
let isDrawPlanned = false

function present() {
  const { actors, problem, frames } = inspected
  return { actors, problem, frames }
}

function plan(): void {
  if (isDrawPlanned) return
  isDrawPlanned = true
  // Not requestAnimationFrame alone: a hidden tab has none, and must not be behind when it is looked at.
  window.setTimeout(() => {
    isDrawPlanned = false
    drawn.value = present()
  }, 16)
}

const events: Omit<SourceEvents, 'onState'> = {
  onFrame: read => {
    inspected.take(read)
    plan()
  },
  onBegin: () => {
    inspected.clear()
    plan()
  },
}

if (opener !== undefined && isInspector(location)) {
  openMessages(opener, { ...events, onState: (state, reason) => (openerStatus.value = { state, reason }) })
}

export function InspectorPage() {
  const status = useSignal<SourceStatus>({ state: 'connecting', reason: '' })
  const chosen = useSignal<string | undefined>(undefined)
  // Read anew when the route is: the hash alone says which instances.
  const asked = useComputed(() => (route.value.page === 'inspector' ? instancesOf(location.hash) : []))
  const instances = asked.value
  useEffect(() => {
    // With an app in the other window the relay would clear, at each connection, what that app sends only once.
    if (opener !== undefined && instances.length === 0) return undefined
    inspected.clear()
    plan()
    return openSocket(instances, { ...events, onState: (state, reason) => (status.value = { state, reason }) })
  }, [instances.join()])
  const { actors, problem, frames } = drawn.value
  const actor = actors.find(({ sessionId }) => sessionId === chosen.value) ?? actors[0]
  const shown = opener !== undefined && instances.length === 0 ? (openerStatus.value ?? status.value) : status.value
  return (
    <div class="inspector">
      <div class="inspector-head">
        <h1>Inspector</h1>
        <StatusBadge status={shown} what={whatOf(instances.length)} />
        <span class="faint" aria-live="off">
          {frames === 1 ? 'one frame' : `${frames} frames`}
        </span>
        <div class="inspector-tools">
          <Button
            size="small"
            disabled={actors.length === 0 && problem === undefined}
            onClick={() => {
              inspected.clear()
              plan()
            }}
          >
            Clear
          </Button>
        </div>
      </div>
      {problem === undefined ? null : (
        <div class="note" data-tone="amber" role="status">
          <strong>Not everything could be read ({problem.count})</strong>
          <span>The last: {problem.text}</span>
        </div>
      )}
      {actor === undefined ? (
        <Card>
          <Empty title={emptyTitle(instances.length, shown)}>
            {instances.length === 0 ? (
              <HowTo />
            ) : (
              <p>{shown.reason === '' ? 'It will be drawn here.' : shown.reason}</p>
            )}
          </Empty>
        </Card>
      ) : (
        <div class="inspector-columns">
          <Card title="Actors" subtitle={String(actors.length)}>
            <ActorList
              actors={actors}
              chosen={actor.sessionId}
              onChoose={sessionId => {
                chosen.value = sessionId
              }}
            />
          </Card>
          <div class="inspector-main">
            <ActorView key={actor.sessionId} actor={actor} />
          </div>
        </div>
      )}
    </div>
  )
}

const TONES: Readonly<Record<SourceState, Tone>> = { connecting: 'amber', open: 'teal', closed: 'red' }

function StatusBadge({ status, what }: { readonly status: SourceStatus; readonly what: string }) {
  const { state, reason } = status
  const words =
    state === 'open' ? `listening to ${what}` : state === 'closed' ? 'disconnected' : `connecting to ${what}`
  return (
    <span role="status" title={reason}>
      <Badge tone={TONES[state]}>{words}</Badge>
    </span>
  )
}

function emptyTitle(instances: number, { state, reason }: SourceStatus): string {
  if (instances === 0) return 'Nothing is being inspected'
  return state === 'closed' && reason !== '' ? 'Nothing to follow' : 'Waiting for the instance'
}

function whatOf(instances: number): string {
  if (instances === 0) return opener === undefined ? 'the relay' : 'the other window'
  return instances === 1 ? 'an instance' : `${instances} instances`
}

/** Other pages of the console are opened from other windows too, and have nothing to say to them. */
function isInspector({ hash, pathname }: Location): boolean {
  return /^#\/inspector(?:$|\?)/.test(hash) || pathname.endsWith('/inspector.html')
}

/** `#/inspector?instance=<id>&instance=<id>`. */
function instancesOf(hash: string): readonly string[] {
  return new URLSearchParams(hash.split('?')[1] ?? '').getAll('instance')
}
