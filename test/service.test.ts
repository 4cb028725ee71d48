/** One replica from the outside: when it says that it is ready, what it does while the log is away, how it stops. */
import { afterEach, describe, expect, it } from 'vitest'
import { systemClock, systemRandom } from '../src/clock.ts'
import { readConfig } from '../src/config.ts'
import { makeCatalogue } from '../src/definitions/catalogue.ts'
import { TransportUnavailableError } from '../src/errors.ts'
import { Service } from '../src/service.ts'
import { silentTelemetry } from '../src/telemetry.ts'
import { silentTracer } from '../src/tracing.ts'
import type { LogCall } from '../src/transport/memory/fault-gate.ts'
import { createMemoryLog, type MemoryLog } from '../src/transport/memory/memory-log.ts'
import { createMemoryTransport } from '../src/transport/memory/memory-transport.ts'
import { quest } from './support/definitions.ts'
import { eventually } from './support/eventually.ts'
import { recordedLog } from './support/recorded-log.ts'

const running: Service[] = []
afterEach(async () => {
  await Promise.all(running.splice(0).map(service => service.close()))
})

const memoryLog = (intercept?: (call: LogCall) => void): MemoryLog =>
  createMemoryLog({ clock: systemClock, clusterId: 'here', ...(intercept && { intercept }) })

function replica(log: MemoryLog, name: string) {
  const lines = recordedLog()
  const service = new Service({
    config: { ...readConfig({ REPLICA_NAME: name, SHARDS: '4' }, { hostname: 'here' }), createTopics: 'all' },
    transport: createMemoryTransport(log, { name, advertisedUrl: '' }),
    catalogue: makeCatalogue([quest()]),
    lookupClient: { ask: () => Promise.reject(new Error('nobody asks')) },
    clock: systemClock,
    random: systemRandom,
    log: lines,
    telemetry: silentTelemetry,
    tracer: silentTracer,
    onFatal: error => {
      throw error
    },
  })
  running.push(service)
  return { service, lines }
}

const isReady = (service: Service) => service.status().missing.length === 0
const shardsOf = (service: Service) => Object.keys(service.status().shards).map(Number)

describe('a replica', () => {
  it('is ready when every shard assigned to it runs, and not before', async () => {
    const { service } = replica(memoryLog(), 'a')
    expect(service.status().missing).toEqual(['no broker has let us in yet'])
    await service.start()
    await eventually(() => isReady(service))
    expect(service.status().shards).toEqual({ 0: 'running', 1: 'running', 2: 'running', 3: 'running' })
  })

  it('tries again while the log is away, says so, and goes on when it is back', async () => {
    let isAway = true
    const log = memoryLog(({ operation, phase }) => {
      if (isAway && operation === 'connect' && phase === 'before') throw new TransportUnavailableError('away')
    })
    const { service, lines } = replica(log, 'a')
    const started = service.start()
    await eventually(() => lines.at('warn').includes('the log cannot be reached, trying again'))
    expect(service.status()).toMatchObject({ isLive: true, missing: ['no broker has let us in yet: away'] })
    isAway = false
    await started
    await eventually(() => isReady(service))
  })

  it('is not ready while the log refuses what is written, says why, and goes on when it takes it again', async () => {
    let refused: string | undefined
    const log = memoryLog(({ replica, operation, phase }) => {
      if (replica !== 'a' || operation !== refused || phase !== 'before') return
      throw new TransportUnavailableError('too few copies')
    })
    const { service } = replica(log, 'a')
    await service.start()
    await eventually(() => isReady(service))
    const sender = createMemoryTransport(log, { name: 'sender', advertisedUrl: '' }).openAppender('sender')
    const topic = readConfig({}, { hostname: 'here' }).topics.commands
    const send = () => sender.append([{ topic, partition: 0, key: null, value: Buffer.from('{}'), headers: [] }])
    for (const [operation, sentence] of [
      ['appender.append', /^the ingress cannot append what it read: too few copies$/],
      ['sink.write', /^shard \d is (closed|fencing|restoring): too few copies$/],
    ] as const) {
      refused = operation
      await send()
      await eventually(() => service.status().missing.some(one => sentence.test(one)))
      refused = undefined
      await eventually(() => isReady(service))
    }
  })

  it('that is closed while the log is away does not wait for it', async () => {
    const log = memoryLog(({ operation }) => {
      if (operation === 'connect') throw new TransportUnavailableError('away')
    })
    const { service, lines } = replica(log, 'a')
    const started = service.start()
    await eventually(() => lines.at('warn').length > 0)
    await service.close()
    await started
    expect(service.status().missing).toEqual(['the replica is stopping'])
  })

  it('shares the shards with another, and takes all of them when that one leaves', async () => {
    const log = memoryLog()
    const [a, b] = [replica(log, 'a').service, replica(log, 'b').service]
    await a.start()
    await b.start()
    await eventually(() => shardsOf(a).length === 2 && shardsOf(b).length === 2 && isReady(a) && isReady(b))
    await b.close()
    await eventually(() => shardsOf(a).length === 4 && isReady(a))
  })
})
