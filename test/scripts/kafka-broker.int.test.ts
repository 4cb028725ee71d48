/** The launcher: three nodes of the older version that we promise to run on, killed, frozen and started again. */
import { existsSync } from 'node:fs'
import { afterAll, beforeAll, expect, it } from 'vitest'
import type { BrokerNode } from '../../scripts/kafka-broker/broker-node.ts'
import { type KafkaCluster, startCluster } from '../../scripts/kafka-broker/cluster.ts'
import { makeTopics } from '../../scripts/kafka-broker/cluster-admin.ts'
import { askMetadata } from '../../scripts/kafka-broker/metadata-request.ts'
import { describeWithJava } from '../support/brokers.ts'
import { eventually } from '../support/eventually.ts'
import { javaProduce, readCommitted } from '../support/kafka/independent-client.ts'

const START_LIMIT_MS = 300_000
const TEST_LIMIT_MS = 60_000
const TOPIC = 'kept'

describeWithJava('a launched cluster of three', () => {
  let cluster: KafkaCluster
  let first: BrokerNode
  let others: string

  beforeAll(async () => {
    cluster = await startCluster({ version: '3.9.1', nodes: 3 })
    const [node, ...rest] = cluster.nodes
    if (node === undefined) throw new Error('a cluster without nodes')
    first = node
    others = rest.map(other => other.address).join(',')
    await makeTopics(cluster.bootstrap, [{ topic: TOPIC, partitions: 6 }])
  }, START_LIMIT_MS)
  afterAll(() => cluster?.close())

  const write = async (value: string): Promise<void> => {
    const records = Array.from({ length: 6 }, (_, partition) => ({ topic: TOPIC, partition, value }))
    await javaProduce(others, records)
  }
  const valuesOfEachPartition = async (bootstrap: string): Promise<readonly (readonly string[])[]> => {
    const records = await readCommitted(bootstrap, [TOPIC])
    return Array.from({ length: 6 }, (_, partition) =>
      records.filter(record => record.partition === partition).map(record => String(record.value)),
    )
  }

  it(
    'takes acknowledged writes for every partition while one node is killed, and has them when it is back',
    async () => {
      await write('before')
      const pid = first.pid
      await first.kill9()
      expect(first.alive).toBe(false)
      await write('meanwhile')
      await first.restart()
      expect(first.pid).not.toBe(pid)
      await write('after')
      expect(await valuesOfEachPartition(first.address)).toEqual(Array(6).fill(['before', 'meanwhile', 'after']))
    },
    TEST_LIMIT_MS,
  )

  it(
    'keeps a frozen node alive but silent until it goes on',
    async () => {
      first.stop()
      // The signal reaches the JVM's threads one after the other: what is running may answer once more.
      await eventually(() =>
        askMetadata(first.address, [], 500).then(
          () => false,
          () => true,
        ),
      )
      await expect(askMetadata(first.address, [], 500)).rejects.toThrow('did not answer')
      expect(first.alive).toBe(true)
      first.cont()
      expect((await askMetadata(first.address, [], 10_000)).brokers).toContain(first.address)
    },
    TEST_LIMIT_MS,
  )

  it(
    'leaves neither a process nor a file behind when it is closed, be a node down or frozen',
    async () => {
      const [, second, third] = cluster.nodes
      await second?.term()
      third?.stop()
      const pids = [first.pid, third?.pid ?? 0]
      await cluster.close()
      expect(cluster.nodes.filter(node => existsSync(node.dataDir) || existsSync(node.logFile))).toEqual([])
      for (const pid of pids) expect(() => process.kill(pid, 0)).toThrow('ESRCH')
      await cluster.close()
    },
    TEST_LIMIT_MS,
  )
})
