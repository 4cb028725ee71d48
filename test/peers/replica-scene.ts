/**
 * Replicas for the tests of src/peers/: instances that a View can be asked for, a View over a handful of them, and a
 * real HTTP server that answers for it as `/api` does. Knows no Kafka and no machine.
 */
import { createServer, type IncomingMessage, type RequestListener, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { getRequestListener } from '@hono/node-server'
import type { Instance, InstanceRow, Replica, Shard, Silence, StageNow, State } from '../../src/api/documents.ts'
import { REPLICA_HEADER, replicaIdentity } from '../../src/api/replica-header.ts'
import {
  type Change,
  type InstancesFound,
  type Row,
  SPREAD_DIGITS,
  SPREAD_PLACES,
  type View,
} from '../../src/api/view.ts'
import type { InstanceId } from '../../src/contract/ids.ts'
import { shardOfInstance } from '../../src/contract/shard-key.ts'
import type { Owner } from '../../src/peers/owners.ts'
import { fakeApi, httpScene } from '../http/http-scene.ts'

export const INSTALLATION = { clusterId: 'a cluster', prefix: 'party-quest' }
export const SHARDS = 6
export const never = new AbortController().signal

/** An id of that shard of SHARDS; they sort by `number`. */
export function idOf(shard: number, number = 0): InstanceId {
  const [first, last] = [number.toString(16).padStart(8, '0'), shard.toString(16).padStart(12, '0')]
  return `${first}-0000-8000-8000-${last}` as InstanceId
}

export function rowOf(id: InstanceId, state: State = 'active'): InstanceRow {
  return {
    questId: 'kerning',
    questName: 'First Time Together',
    definition: 'kerning@1',
    state,
    currentStageIndex: 0,
    stages: 1,
    tenant: { id: '083839c6-c47c-42a6-9585-76492795d123', region: 'GMS', majorVersion: 83, minorVersion: 1 },
    worldId: 0,
    channelId: 1,
    partyId: 0,
    characters: [],
    registeredAt: 1000,
    startedAt: null,
    nextTimer: null,
    lastOperation: null,
    shard: shardOfInstance(id, SHARDS),
  }
}

export const STAGE: StageNow = {
  timers: [],
  stageStartedAt: 1000,
  stageState: { itemCounts: {}, monsterKills: {}, customData: {}, attempts: 0 },
}

function spreadOf(ids: readonly InstanceId[]): readonly number[] {
  const spread = Array.from({ length: SPREAD_PLACES }, () => 0)
  for (const id of ids) {
    const place = Number.parseInt(id.slice(0, SPREAD_DIGITS), 16)
    spread[place] = (spread[place] ?? 0) + 1
  }
  return spread
}

export function instanceOf(id: InstanceId, owner: Replica): Instance {
  return {
    ...rowOf(id),
    owner,
    ...STAGE,
    conditions: [],
    rules: { advance: 'command', requirements: 'enforce', lobbyLimitSeconds: 0, bonusLimitSeconds: 0 },
    commands: [],
    bytes: 100,
    journal: [],
    isWhole: true,
    quest: { questId: 'kerning', name: 'First Time Together' },
  }
}

export function shardOf(shard: number, owner: Replica): Shard {
  return {
    shard,
    owner,
    phase: 'running',
    trouble: null,
    instances: 1,
    resident: 1,
    lag: 0,
    commitMs: null,
    batchRecords: null,
    timerLatenessMs: null,
    commitsPerSecond: 0,
    recordsPerSecond: 0,
    history: [],
    ownedSince: 1000,
  }
}

/** A View over instances of the shards that it holds; silent about any other. Of searches it knows `state:` alone. */
export interface FakeView extends View {
  readonly replica: Replica
  readonly held: Set<number>
  readonly instancesHeld: Map<InstanceId, State>
  /** Values of the dry runs that were asked for. */
  readonly dryRuns: string[]
  readonly watchers: Set<(change: Change) => void>
  /** Tells every watcher. */
  change(ids: readonly InstanceId[]): void
}

export function fakeView(replica: Replica, held: readonly number[], ids: readonly InstanceId[] = []): FakeView {
  const holds = new Set(held)
  const instances = new Map<InstanceId, State>(ids.map(id => [id, 'active']))
  const watchers = new Set<(change: Change) => void>()
  const dryRuns: string[] = []
  const silent = (id: InstanceId): { kind: 'silent'; silence: Silence } | undefined => {
    const shard = shardOfInstance(id, SHARDS)
    if (holds.has(shard)) return undefined
    return { kind: 'silent', silence: { replica, shards: [shard], reason: `shard ${shard} does not run here` } }
  }
  return {
    replica,
    held: holds,
    instancesHeld: instances,
    dryRuns,
    watchers,
    async instances({ search, after, size, include = [] }) {
      const holds = (state: State) => search.terms.every(term => term.kind !== 'state' || term.states.includes(state))
      const all = [...instances].filter(([, state]) => holds(state)).sort(([a], [b]) => (a < b ? -1 : 1))
      const rest = all.filter(([id]) => after === undefined || id > after)
      const states: InstancesFound['states'] = {}
      for (const [, state] of all) states[state] = (states[state] ?? 0) + 1
      const rows = rest.slice(0, size).map(([id, state]): Row => {
        const row = rowOf(id, state)
        return include.includes('stage') ? { id, row, stage: STAGE } : { id, row }
      })
      const found = { rows, hasMore: rest.length > size, total: all.length, states, silent: [] }
      return include.includes('spread') ? { ...found, spread: spreadOf(all.map(([id]) => id)) } : found
    },
    async instance(id) {
      return (
        silent(id) ?? (instances.has(id) ? { kind: 'found', instance: instanceOf(id, replica) } : { kind: 'absent' })
      )
    },
    async instanceSince(id) {
      const missing = silent(id)
      if (missing !== undefined) return missing
      if (!instances.has(id)) return { kind: 'absent' }
      const { quest: _, ...now } = instanceOf(id, replica)
      return { kind: 'found', instance: { ...now, isWhole: false } }
    },
    async dryRun({ id, value }) {
      const missing = silent(id)
      if (missing !== undefined) return missing
      dryRuns.push(value)
      return { kind: 'ran', result: { outcome: 'refused', code: 'INVALID_STATE', reason: `by ${replica.name}` } }
    },
    async counts() {
      const states: InstancesFound['states'] = {}
      for (const state of instances.values()) states[state] = (states[state] ?? 0) + 1
      return { quests: [{ definition: 'kerning@1', states }], silent: [] }
    },
    async shards() {
      return { shards: [...holds].map(shard => shardOf(shard, replica)), silent: [] }
    },
    watch(_, changed) {
      watchers.add(changed)
      return () => watchers.delete(changed)
    },
    change(changed) {
      for (const watcher of watchers) {
        watcher({ ids: changed, isMore: false, isPopulation: false, operationsPerSecond: 1 })
      }
    },
  }
}

export interface TestServer {
  readonly url: string
  readonly requests: readonly IncomingMessage[]
  /** Requests whose connection is open, and whose answer is not whole. */
  readonly underWay: number
  /** The most that were under way at once. */
  readonly underWayPeak: number
  /** Ends them all. */
  close(): Promise<void>
}

/** On 127.0.0.1, at a port of its own. */
export async function serve(listener: RequestListener, port = 0): Promise<TestServer> {
  const requests: IncomingMessage[] = []
  const underWay = new Set<ServerResponse>()
  let peak = 0
  const server: Server = createServer((request, response) => {
    requests.push(request)
    underWay.add(response)
    peak = Math.max(peak, underWay.size)
    response.on('close', () => underWay.delete(response))
    listener(request, response)
  })
  await new Promise<void>(resolve => server.listen(port, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    get underWay() {
      return underWay.size
    },
    get underWayPeak() {
      return peak
    },
    close: () =>
      new Promise(resolve => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

/** The headers of any answer of the replica of that name. */
export function headersOf(name: string, contentType = 'application/vnd.api+json'): Record<string, string> {
  return { 'content-type': contentType, [REPLICA_HEADER]: replicaIdentity(INSTALLATION, name) }
}

/** What a replica answers over HTTP whose own shards `local` tells of, and all shards `view`; to anybody without a token. */
export async function apiOf(
  local: FakeView,
  view: View = local,
  consoleToken?: string | undefined,
): Promise<RequestListener> {
  const { name } = local.replica
  const { app } = await httpScene({
    consoleToken,
    api: {
      ...fakeApi(),
      view,
      localView: local,
      replica: local.replica,
      identity: () => replicaIdentity(INSTALLATION, name),
    },
  })
  return getRequestListener(app.fetch)
}

export function ownerAt(name: string, url: string, shards: readonly number[] = [1, 2]): Owner {
  return { replica: { name, url }, reach: { kind: 'http', base: url }, shards }
}
