/**
 * An inspector on a port of this machine, before a View that a test holds in its hand, and clients that keep what they
 * are sent. Answers as the API does, not more.
 */
import { createServer, type Server } from 'node:http'
import WebSocket from 'ws'
import type { Instance, Operation } from '../../src/api/documents.ts'
import type { Change, InstanceFound } from '../../src/api/view.ts'
import type { Clock } from '../../src/clock.ts'
import { systemClock } from '../../src/clock.ts'
import type { InstanceId } from '../../src/contract/ids.ts'
import { foreignOrigin } from '../../src/http/access.ts'
import { createInspectServer, type InspectServerOptions } from '../../src/inspect/inspect-server.ts'
import { silentLog } from '../../src/log.ts'
import { quest } from '../support/definitions.ts'

export const ID = '0f8fad5b-d9cb-869f-a165-70867728950e' as InstanceId
export const OTHER_ID = '7c9e6679-7425-80de-944b-e07fc1f90ae7' as InstanceId

export type FakeView = ReturnType<typeof fakeView>

/** Instances by id; `tell` is what a watch hears. */
export function fakeView() {
  const found = new Map<InstanceId, InstanceFound>()
  const watches = new Set<(change: Change) => void>()
  return {
    found,
    watches,
    instance: async (id: InstanceId): Promise<InstanceFound> => found.get(id) ?? { kind: 'absent' },
    watch: (_: readonly InstanceId[] | undefined, changed: (change: Change) => void) => {
      watches.add(changed)
      return () => void watches.delete(changed)
    },
    set(id: InstanceId, next: InstanceFound) {
      found.set(id, next)
      for (const changed of watches) changed({ ids: [id], isMore: false, isPopulation: false, operationsPerSecond: 1 })
    },
  }
}

export interface Scene {
  /** `ws://host:port` */
  readonly url: string
  readonly inspect: ReturnType<typeof createInspectServer>
  close(): Promise<void>
}

export async function inspectScene(
  view: InspectServerOptions['view'],
  {
    clock = systemClock,
    isAllowed = () => true,
  }: { clock?: Clock; isAllowed?: InspectServerOptions['isAllowed'] } = {},
): Promise<Scene> {
  const inspect = createInspectServer({ view, isAllowed, foreignOrigin, clock, log: silentLog })
  const server: Server = createServer((_, response) => response.end())
  server.on('upgrade', inspect.upgrade)
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('the server has no port')
  return {
    url: `ws://127.0.0.1:${address.port}`,
    inspect,
    close: async () => {
      await inspect.close()
      await new Promise(resolve => server.close(resolve))
    },
  }
}

export type Frame = Readonly<Record<string, unknown>> & { readonly type: string }

export interface Client {
  readonly socket: WebSocket
  readonly frames: readonly Frame[]
  /** The code and reason of the end. */
  readonly ended: Promise<{ readonly code: number; readonly reason: string }>
}

export function connect(
  url: string,
  headers: Readonly<Record<string, string>> = {},
  options: { readonly autoPong?: boolean } = {},
): Client {
  const socket = new WebSocket(url, { headers, ...options })
  const frames: Frame[] = []
  socket.on('message', data => frames.push(JSON.parse(String(data))))
  socket.on('error', () => {})
  const ended = new Promise<{ code: number; reason: string }>(resolve => {
    socket.on('close', (code, reason) => resolve({ code, reason: String(reason) }))
  })
  return { socket, frames, ended }
}

/** The HTTP answer to a connection that is refused. */
export function refusal(url: string, headers: Readonly<Record<string, string>> = {}) {
  return new Promise<{ status: number; detail: string }>((resolve, reject) => {
    const socket = new WebSocket(url, { headers })
    socket.on('open', () => reject(new Error(`${url} was accepted`)))
    socket.on('error', () => {})
    socket.on('unexpected-response', (_, response) => {
      let body = ''
      response.on('data', chunk => {
        body += chunk
      })
      response.on('end', () => {
        const { errors } = JSON.parse(body)
        resolve({ status: response.statusCode ?? 0, detail: errors[0].detail })
      })
    })
  })
}

/** `mill_pq` in its first stage, ten minutes to go, three operations in its journal. */
export function instance(overrides: Partial<Instance> = {}): Instance {
  const { definition, reference } = mill()
  return {
    questId: definition.questId,
    questName: definition.name,
    definition: reference,
    state: 'active',
    currentStageIndex: 0,
    stages: 2,
    tenant: { id: '083839c6-c47c-42a6-9585-76492795d123', region: 'GMS', majorVersion: 83, minorVersion: 1 },
    worldId: 0,
    channelId: 1,
    partyId: 88213,
    characters: [{ characterId: 30011, level: 35 }, { characterId: 30012 }],
    registeredAt: 1_000_000,
    startedAt: 1_001_000,
    nextTimer: { name: 'quest', dueAt: 1_601_000, seconds: 600, target: 'failed' },
    lastOperation: null,
    shard: 3,
    owner: { name: 'replica-1', url: 'http://replica-1:8080' },
    timers: [{ name: 'quest', dueAt: 1_601_000, seconds: 600, target: 'failed' }],
    stageStartedAt: 1_001_000,
    stageState: { itemCounts: { '4001008': 3 }, monsterKills: {}, customData: {}, attempts: 1 },
    conditions: [],
    rules: { advance: 'command', requirements: 'enforce', lobbyLimitSeconds: 0, bonusLimitSeconds: 0 },
    commands: [],
    bytes: 600,
    journal: [
      operation({ sequence: 1, at: 1_000_000, event: { type: 'REGISTER' }, from: null, to: 'registering' }),
      operation({ sequence: 2, at: 1_001_000, event: { type: 'START' }, from: 'registering' }),
      operation({ sequence: 3, at: 1_002_000, event: { type: 'STAGE_CLEAR_ATTEMPT' } }),
    ],
    isWhole: true,
    quest: { ...definition },
    ...overrides,
  }
}

export function operation(overrides: Partial<Operation> = {}): Operation {
  return {
    sequence: 1,
    at: 1_000_000,
    durationMs: 0.2,
    cause: { kind: 'command', topic: 'commands', partition: 0, offset: 7 },
    event: { type: 'STAGE_ADVANCE' },
    from: 'active',
    to: 'active',
    stageIndex: 0,
    messages: [],
    deadlines: { quest: 1_601_000 },
    ...overrides,
  }
}

export function mill() {
  const compiled = quest()
  return { definition: compiled.definition, reference: `${compiled.definition.questId}@0123abcd` }
}
