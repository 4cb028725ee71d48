/**
 * Promise: what is wrong at the start is told at once, in one message that lists all of it, with exit code 2. A broker
 * that is away is no fault: the service says that it is not ready, and is when the broker comes.
 */
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, it } from 'vitest'
import { type KafkaCluster, startCluster } from '../../scripts/kafka-broker/cluster.ts'
import { makeTopics } from '../../scripts/kafka-broker/cluster-admin.ts'
import { freePort } from '../../scripts/kafka-broker/free-ports.ts'
import { describeWithKafkaAndJava } from '../support/brokers.ts'
import { eventually } from '../support/eventually.ts'
import { serviceProcesses } from '../support/service-process.ts'
import { publicTopics, SHARDS, serviceEnv } from './installation.ts'

const BROKER_LIMIT_MS = 90_000

describeWithKafkaAndJava('at the start', kafka => {
  const start = serviceProcesses()
  const endings: (() => Promise<unknown>)[] = []
  afterAll(async () => {
    for (const end of endings) await end()
  })
  const env = async (name: string) =>
    serviceEnv(kafka.bootstrap, `${kafka.topicPrefix()}-${name}`, name, await freePort())

  it('all that is wrong with topics is one message, and the exit code is 2', async () => {
    const settings = await env('topics')
    const prefix = settings.INTERNAL_TOPIC_PREFIX
    const topics = publicTopics(prefix)
    await makeTopics(kafka.bootstrap, [
      { topic: topics.commands, partitions: 1 },
      { topic: topics.character, partitions: 1 },
      { topic: topics.deadLetters, partitions: 1 },
      { topic: `${prefix}.shard-commands`, partitions: SHARDS - 1 },
      { topic: `${prefix}.shard-state`, partitions: SHARDS, config: { 'cleanup.policy': 'delete' } },
    ])
    const service = start({ name: 'topics', env: { ...settings, CREATE_TOPICS: 'internal' } })

    expect(await service.untilExit()).toEqual({ code: 2, signal: null })
    expect(service.errors).toMatch(/3 faults/)
    expect(service.errors).toMatch(`topic ${topics.status} does not exist`)
    expect(service.errors).toMatch(`${prefix}.shard-commands has ${SHARDS - 1} partitions and SHARDS is ${SHARDS}`)
    expect(service.errors).toMatch(`${prefix}.shard-state has cleanup.policy=delete`)
  })

  it('all that is wrong with variables and definitions is one message, and the exit code is 2', async () => {
    const dir = await mkdtemp(join(tmpdir(), 'party-quests-faulty-'))
    endings.push(() => rm(dir, { recursive: true }))
    await writeFile(
      join(dir, 'mapless.json'),
      JSON.stringify(quest({ stages: [{ index: 0, type: 'boss', mapIds: [] }] })),
    )
    await writeFile(join(dir, 'torn.json'), '{"questId": "torn_pq",')
    const settings = { ...(await env('variables')), SHARDS: 'many', LOG_LEVEL: 'loud', DEFINITIONS_DIR: dir }
    const service = start({ name: 'variables', env: settings })

    expect(await service.untilExit()).toEqual({ code: 2, signal: null })
    for (const named of [/SHARDS.*many/, /LOG_LEVEL.*loud/, /mapless\.json/, /torn\.json/]) {
      expect(service.errors).toMatch(named)
    }
  })

  it(
    'a broker that is away is waited for, /readyz says so, and a signal still ends it with 0',
    async () => {
      const brokerPort = await freePort()
      const settings = { ...(await env('waiting')), BOOTSTRAP_SERVERS: `127.0.0.1:${brokerPort}` }
      const service = start({ name: 'waiting', env: settings })
      const impatient = start({
        name: 'impatient',
        env: { ...settings, REPLICA_NAME: 'impatient', REST_PORT: String(await freePort()) },
      })
      for (const waiting of [service, impatient]) {
        await eventually(async () => {
          expect(await waiting.readiness()).toEqual({
            status: 503,
            missing: [expect.stringMatching(/^no broker has let us in yet(: .*BOOTSTRAP_SERVERS.*)?$/)],
          })
          return true
        })
      }
      expect(await impatient.terminate()).toEqual({ code: 0, signal: null })

      const cluster: KafkaCluster = await startCluster({ port: brokerPort, version: kafka.version })
      endings.push(() => cluster.close())
      await service.untilReady()
      expect(await service.terminate()).toEqual({ code: 0, signal: null })
    },
    BROKER_LIMIT_MS,
  )
})

function quest(overrides: object): object {
  return {
    questId: 'mapless_pq',
    name: 'Nowhere',
    registration: { type: 'party', mode: 'instant' },
    exit: 900,
    ...overrides,
  }
}
