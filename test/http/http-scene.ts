/**
 * An HTTP app on a memory log with the public topics made, and what its answers hold. Of instances it tells what fake
 * views do; of quests it knows none.
 */
import type { Clock } from '../../src/clock.ts'
import { systemClock, systemRandom } from '../../src/clock.ts'
import type { LogRecord } from '../../src/contract/log-record.ts'
import { makeCatalogue } from '../../src/definitions/catalogue.ts'
import { createHttpApp, type HttpAppOptions, type ReplicaStatus } from '../../src/http/http-app.ts'
import { silentLog } from '../../src/log.ts'
import { createMemoryLog } from '../../src/transport/memory/memory-log.ts'
import { createMemoryTransport } from '../../src/transport/memory/memory-transport.ts'
import { FakeView } from '../api/fake-view.ts'

export const TOPICS = { commands: 'C', statusEvents: 'S', characterCommands: 'W', deadLetters: 'D' }
const PARTITIONS = 3

/** Of a replica `a` of the release 1.2.3, with views of its own. */
export function fakeApi() {
  return {
    view: new FakeView(),
    localView: new FakeView(),
    catalogue: makeCatalogue([]),
    definitionFiles: async () => ({ catalogue: makeCatalogue([]), faults: [], files: [] }),
    rules: { requirements: 'enforce', advance: 'command', lobbyLimitSeconds: 3600, bonusLimitSeconds: 1800 },
    replica: { name: 'a', url: 'http://a:8080' },
    version: '1.2.3',
    identity: () => 'cluster/prefix/a',
  } as const satisfies HttpAppOptions['api']
}

export async function httpScene(more: Partial<HttpAppOptions> = {}, clock: Clock = systemClock) {
  const log = createMemoryLog({ clock, clusterId: 'test' })
  const transport = createMemoryTransport(log, { name: 'box', advertisedUrl: '' })
  const topic = { partitions: PARTITIONS, replicationFactor: 1, config: {} }
  await transport.admin.createTopics(Object.values(TOPICS).map(name => ({ ...topic, topic: name })))
  const closing = new AbortController()
  const status: { current: ReplicaStatus } = { current: { isLive: true, missing: [], shards: { '0': 'running' } } }
  const app = createHttpApp({
    status: () => status.current,
    metrics: { contentType: 'text/plain; version=0.0.4', exposition: async () => 'up 1\n' },
    api: fakeApi(),
    transport,
    topics: TOPICS,
    consoleWrites: true,
    clock,
    random: systemRandom,
    log: silentLog,
    closing: closing.signal,
    ...more,
  })
  const appender = transport.openAppender('test')
  return {
    app,
    log,
    transport,
    closing,
    setStatus: (current: ReplicaStatus) => {
      status.current = current
    },
    write: (name: string, value: string | Buffer | null, partition = 0, headers: LogRecord['headers'] = []) =>
      appender.append([
        { topic: name, partition, key: null, value: typeof value === 'string' ? Buffer.from(value) : value, headers },
      ]),
    post: (body: unknown, headers: Record<string, string> = {}) =>
      app.request('/api/commands', {
        method: 'POST',
        headers: { 'content-type': 'application/json', ...headers },
        body: typeof body === 'string' ? body : JSON.stringify(body),
      }),
    /** All that is on a topic. */
    written: (name: string): readonly LogRecord[] =>
      log.partitions(name).flatMap(partition => partition.read(0, Number.POSITIVE_INFINITY).records),
  }
}

/** The `detail` of each error of a JSON:API answer. */
export async function details(response: Response): Promise<readonly string[]> {
  const body: unknown = await response.json()
  if (typeof body !== 'object' || body === null || !('errors' in body) || !Array.isArray(body.errors)) return []
  return body.errors.map((error: { detail?: unknown }) => String(error.detail))
}
