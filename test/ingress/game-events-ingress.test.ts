/** The ingress of the game's events on the memory log: what is ours is forwarded, all else passed over, and no topic is needed. */
import { afterEach, expect, test } from 'vitest'
import { readShardCommand } from '../../src/contract/shard-command.ts'
import { tenantHeaders } from '../../src/contract/tenant.ts'
import { TransportUnavailableError } from '../../src/errors.ts'
import { GameEventsIngress } from '../../src/ingress/game-events-ingress.ts'
import { NeighbourTopics } from '../../src/neighbour-topics.ts'
import { silentTelemetry } from '../../src/telemetry.ts'
import type { Intercept } from '../../src/transport/memory/fault-gate.ts'
import { createMemoryLog } from '../../src/transport/memory/memory-log.ts'
import { createMemoryTransport } from '../../src/transport/memory/memory-transport.ts'
import { ManualClock } from '../support/manual-clock.ts'
import { recordedLog } from '../support/recorded-log.ts'
import { TENANT } from '../support/tenants.ts'

const OURS = 'f603d23c-cf25-8045-8f62-aa057b6b7b65'
const NIL = '00000000-0000-0000-0000-000000000000'
const killed = (instance: unknown) =>
  JSON.stringify({ worldId: 0, channelId: 1, mapId: 1, instance, uniqueId: 1, monsterId: 2, type: 'KILLED', body: {} })

class Scene {
  readonly clock = new ManualClock()
  readonly #log = createMemoryLog({ clock: this.clock, clusterId: 'c', intercept: call => this.#intercept(call) })
  readonly #sender = createMemoryTransport(this.#log, { name: 'sender', advertisedUrl: '' }).openAppender('sender')
  readonly #open: { close(): Promise<void> }[] = []
  #intercept: Intercept = () => {}

  constructor(...topics: readonly string[]) {
    this.make('shards', ...topics)
  }

  make(...topics: readonly string[]): void {
    this.#log.createTopics(topics.map(topic => ({ topic, partitions: 1, replicationFactor: 1, config: {} })))
  }

  remake(topic: string): void {
    this.#log.deleteTopic(topic)
    this.make(topic)
  }

  intercept(intercept: Intercept): void {
    this.#intercept = intercept
  }

  async ingress(name: string) {
    const log = recordedLog()
    const counts: Record<string, number> = {}
    const fatal: unknown[] = []
    const transport = createMemoryTransport(this.#log, { name, advertisedUrl: '' })
    const { clock } = this
    const { admin } = transport
    const ingress = new GameEventsIngress({
      ...{ transport, admin, clock, log, groupPrefix: 'pq', shardCommands: 'shards', shards: 1, shardCommandsId: 'i' },
      topics: { character: 'characters', monster: 'monsters' },
      random: { fraction: () => 0.5, bytes: count => Buffer.alloc(count) },
      telemetry: {
        ...silentTelemetry,
        gameEvents: (game, outcome, count) => {
          counts[`${game} ${outcome}`] = (counts[`${game} ${outcome}`] ?? 0) + count
        },
      },
      onFatal: error => fatal.push(error),
    })
    const none = { reactorCommands: null, systemMessages: null, mapCommands: null }
    const neighbours = new NeighbourTopics({
      topics: { ...none, characterEvents: 'characters', monsterEvents: 'monsters' },
      ...{ admin, clock, log, onLook: found => ingress.follow(found) },
    })
    this.#open.push(neighbours, ingress)
    await neighbours.start()
    await this.clock.settle()
    return { ingress, neighbours, log, counts, fatal }
  }

  async tell(value: string, topic = 'monsters', headers = tenantHeaders(TENANT)): Promise<void> {
    await this.#sender.append([{ topic, partition: 0, key: null, value: Buffer.from(value), headers }])
    await this.clock.settle()
  }

  /** Offsets of the origins, copies among them. */
  forwarded(): readonly (number | string)[] {
    const { records } = this.#log.partition({ topic: 'shards', partition: 0 }).read(0, Number.POSITIVE_INFINITY)
    return records.map(record => {
      const read = readShardCommand(record)
      return read.kind === 'forwarded' ? read.origin.offset : read.kind
    })
  }

  committed(game = 'monster'): number | undefined {
    return this.#log.group(`pq.ingress-${game}`).committed([{ topic: `${game}s`, partition: 0 }])[0]
  }

  async close(): Promise<void> {
    for (const open of this.#open) await open.close()
  }
}

let scene: Scene
afterEach(() => scene.close())

test('what is ours is forwarded, all else is passed over and counted, and the offsets of both are committed', async () => {
  scene = new Scene('monsters', 'characters')
  const { counts, fatal } = await scene.ingress('a')
  for (const value of [killed(NIL), killed(OURS), killed(NIL), killed(NIL)]) await scene.tell(value)
  await scene.tell(JSON.stringify({ type: 'LOGIN', body: {} }), 'characters')
  await scene.clock.advance(2000)
  expect(scene.forwarded()).toEqual([1])
  expect(counts).toEqual({ 'monster foreign': 3, 'monster forwarded': 1, 'character foreign': 1 })
  expect([scene.committed(), scene.committed('character'), fatal]).toEqual([4, 1, []])
})

test('malformed ones are counted and skipped, with one warning a minute', async () => {
  scene = new Scene('monsters')
  const { counts, log } = await scene.ingress('a')
  for (let times = 0; times < 3; times += 1) await scene.tell(killed(7))
  await scene.tell(killed(OURS), 'monsters', [])
  await scene.clock.advance(2000)
  expect([scene.forwarded(), counts, log.at('warn').length]).toEqual([[], { 'monster malformed': 4 }, 1])
  await scene.clock.advance(60_000)
  await scene.tell('{')
  await scene.clock.advance(2000)
  expect([log.at('warn').length, scene.committed()]).toEqual([2, 5])
})

test('what was told before anybody read the topic is of the past; a topic that comes later is read whole', async () => {
  scene = new Scene('monsters')
  await scene.tell(killed(OURS))
  await scene.ingress('a')
  await scene.tell(killed(OURS))
  scene.make('characters')
  await scene.tell(JSON.stringify({ type: 'LOGOUT', characterId: 1, body: {} }), 'characters')
  await scene.clock.advance(10_000)
  expect(scene.forwarded()).toEqual([1, 0])
})

test('where it began is kept: what comes before a first commit is not passed over after a crash', async () => {
  scene = new Scene('monsters')
  await scene.tell(killed(OURS))
  await scene.ingress('a')
  await scene.clock.advance(1000)
  scene.intercept(({ operation, replica }) => {
    if (operation === 'appender.append' && replica === 'a') throw new TransportUnavailableError('away')
  })
  await scene.tell(killed(OURS))
  await scene.close()
  await scene.ingress('b')
  await scene.clock.advance(1000)
  expect(scene.forwarded()).toEqual([1])
})

test('a topic that is missing is not read, said once and looked for again', async () => {
  scene = new Scene()
  const { log, fatal } = await scene.ingress('a')
  await scene.clock.advance(60_000)
  expect(log.at('info').filter(line => line.includes('missing')).length).toBe(1)
  expect([log.at('warn'), fatal]).toEqual([[], []])
  scene.make('monsters')
  await scene.clock.advance(5000)
  await scene.tell(killed(OURS))
  await scene.clock.advance(1000)
  expect(scene.forwarded()).toEqual([0])
})

test('a topic that was deleted and made again is read from its beginning, as another origin', async () => {
  scene = new Scene('monsters')
  const { log, fatal } = await scene.ingress('a')
  await scene.tell(killed(OURS))
  await scene.clock.advance(1000)
  scene.remake('monsters')
  await scene.clock.advance(6000)
  await scene.tell(killed(OURS))
  await scene.clock.advance(6000)
  expect([scene.forwarded(), fatal]).toEqual([[0, 0], []])
  expect(log.at('warn')).toContain('topic was deleted and made again: its events are lost')
})
